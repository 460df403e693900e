"""What the pages tell of stored questionnaire versions: who made and published them, where they are asked, how many
answers hold them, and what the rules make of them.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from flask import abort
from sqlalchemy import func, select

from questionnaires import publication, publishing, versions
from questionnaires.models import QuestionnaireInForce, QuestionnaireVersion, Response
from questionnaires.schema import Questionnaire
from questionnaires.versions import Asked
from records.db import db
from records.models import Programme, Staff
from triage import enforcement
from triage.asked_facts import Misfit
from webapp.admin.questionnaire_words import Told, told
from webapp.extensions import language


@dataclass(frozen=True)
class Row:
    version: QuestionnaireVersion
    questionnaire: Questionnaire
    author: Staff | None
    publisher: Staff | None
    answers: int
    asked: list[Asked] = field(default_factory=list)


@dataclass(frozen=True)
class Fit:
    """What putting a version in force for one programme would mean."""

    programme: Programme
    misfits: tuple[Misfit, ...]
    lacking: list[Told]


def programmes_by_name() -> list[Programme]:
    return list(db.session.scalars(select(Programme).order_by(Programme.slug)))


def rows(now: datetime) -> list[Row]:
    """Every version, those of one questionnaire together, newest first."""
    return _described(versions.every(db.session), now)


def row(version: QuestionnaireVersion, now: datetime) -> Row:
    return _described([version], now)[0]


def find(public_id: uuid.UUID) -> QuestionnaireVersion:
    """The version of that public id, or 404."""
    found = db.session.scalar(select(QuestionnaireVersion).where(QuestionnaireVersion.public_id == public_id))
    return found if found is not None else abort(404)


def _described(found: list[QuestionnaireVersion], now: datetime) -> list[Row]:
    ids = [version.id for version in found]
    counted = (
        select(Response.version_id, func.count()).where(Response.version_id.in_(ids)).group_by(Response.version_id)
    )
    answers = dict(db.session.execute(counted.group_by(Response.version_id)).all())
    wanted = {by for version in found for by in (version.created_by_id, version.published_by_id) if by is not None}
    people = {one.id: one for one in db.session.scalars(select(Staff).where(Staff.id.in_(wanted)))}
    bound = versions.asked(db.session, now=now)
    return [
        Row(
            version,
            versions.parsed(version),
            people.get(version.created_by_id or 0),
            people.get(version.published_by_id or 0),
            answers.get(version.id, 0),
            bound.get(version.id, []),
        )
        for version in found
    ]


def obstacles(version: QuestionnaireVersion) -> tuple[list[Told], list[Told]]:
    """What keeps a draft from being published, and what its publisher must decide about."""
    questionnaire = versions.parsed(version)
    languages = publication.languages_wanted(db.session, url=version.url)
    found = publishing.obstacles(questionnaire, languages)
    firm = [one for one in found if one.code not in publishing.DECIDABLE]
    open_to = [one for one in found if one.code in publishing.DECIDABLE]
    return told(firm, language(), questionnaire), told(open_to, language(), questionnaire)


def fits(version: QuestionnaireVersion, now: datetime) -> list[Fit]:
    return [fit(version, programme, now) for programme in programmes_by_name()]


def fit(version: QuestionnaireVersion, programme: Programme, now: datetime) -> Fit:
    misfits = enforcement.found(db.session, version=version, programme=programme, now=now)
    lacking = publication.untranslated(version, programme.languages)
    return Fit(programme, misfits, told(lacking, language(), versions.parsed(version)))


def against(version: QuestionnaireVersion, now: datetime) -> QuestionnaireVersion | None:
    """What this version would replace: the one of the same questionnaire that is asked now."""
    current = (
        select(QuestionnaireVersion)
        .join(QuestionnaireInForce, QuestionnaireInForce.version_id == QuestionnaireVersion.id)
        .where(QuestionnaireVersion.url == version.url, QuestionnaireVersion.id != version.id)
        .where(QuestionnaireInForce.from_at <= now)
        .order_by(QuestionnaireInForce.from_at.desc())
    )
    return db.session.scalar(current.limit(1))
