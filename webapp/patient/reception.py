"""From what a form sent to the service that stores and assesses it. The script has a shorter way: see `sending`."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import request

from questionnaires import versions
from questionnaires.answers import RawAnswers, Validated, canonical_bytes, validate
from questionnaires.models import Checkin, Door, Informant, QuestionnaireVersion
from questionnaires.schema import Questionnaire
from records import clock, texts
from records.audit import Actor
from records.db import db
from records.models import Enrolment
from triage import intake
from webapp.patient import finding

OWNERS = uuid.UUID("5d1b0a52-6f0b-5b9e-9d37-3b0a3c6f2b11")


@dataclass(frozen=True)
class Sent:
    """One sending, read. `version` is the one the page was made from, `questionnaire` its parsed form."""

    enrolment: Enrolment
    version: QuestionnaireVersion
    questionnaire: Questionnaire
    validated: Validated
    language: str
    checkin: Checkin | None
    informant: str = Informant.PATIENT


def owner_of(enrolment: Enrolment) -> str:
    """An opaque mark of one follow-up, so that a shared phone never sends one person's answers as another's."""
    return mark(enrolment.public_id)


def mark(follow_up: uuid.UUID) -> str:
    return str(uuid.uuid5(OWNERS, str(follow_up)))


def is_of(enrolment: Enrolment, told: Mapping[str, object]) -> bool:
    """Whether a page was this person's, as far as it says so: on a shared phone it may be older than the session."""
    return told.get("owner", "") in ("", owner_of(enrolment))


def facts_of(enrolment: Enrolment) -> dict[str, bool]:
    return {"has-oximeter": enrolment.has_oximeter}


def read(enrolment: Enrolment, raw: RawAnswers, told: Mapping[str, object]) -> Sent:
    """Never raises on what was sent: an unknown version counts as the one in force, a foreign check-in as none."""
    current, questionnaire = versions.in_force(db.session, programme_id=enrolment.programme_id, now=clock.now())
    version = current
    if (told.get("questionnaire") or current.url, told.get("version")) != (current.url, current.version):
        version = finding.asked(db.session, enrolment=enrolment, current=current, told=told) or current
        questionnaire = versions.parsed(version)
    language = told.get("language")
    public_id = finding.as_uuid(told.get("checkin"))
    return Sent(
        enrolment=enrolment,
        version=version,
        questionnaire=questionnaire,
        validated=validate(questionnaire, raw, facts=_known_facts(questionnaire, enrolment)),
        language=texts.best(language if isinstance(language, str) else None),
        checkin=finding.own_checkin(db.session, enrolment=enrolment, public_id=public_id),
        informant=informant_of(told),
    )


def informant_of(told: Mapping[str, object]) -> str:
    """Who says they answer; whoever does not say is the patient."""
    return Informant.CARER if told.get("informant") == Informant.CARER else Informant.PATIENT


def _known_facts(questionnaire: Questionnaire, enrolment: Enrolment) -> dict[str, bool]:
    return {name: fact for name, fact in facts_of(enrolment).items() if name in questionnaire.by_link_id}


def key_of(text: str | None, sent: Sent) -> uuid.UUID:
    """The key a form carries; for a spoilt one, a key made from the answers, so that they are still taken once."""
    given = finding.as_uuid(text)
    return given or uuid.uuid5(sent.enrolment.public_id, canonical_bytes(sent.validated.answers).decode())


def submit(sent: Sent, *, key: uuid.UUID, completed_at: datetime | None = None) -> intake.Receipt:
    """Stores and assesses; the caller commits."""
    submission = intake.Submission(
        enrolment_id=sent.enrolment.id,
        key=key,
        version_id=sent.version.id,
        answers=sent.validated.answers,
        dropped=sent.validated.not_in_force(),
        language=sent.language,
        door=Door.PHONE,
        informant=sent.informant,
        completed_at=completed_at,
        checkin=sent.checkin.public_id if sent.checkin else None,
    )
    actor = Actor.patient(sent.enrolment.patient, request.remote_addr)
    return intake.submit(db.session, submission=submission, actor=actor, now=clock.now())
