"""The short way of the phone's script: one read that finds session, check-in and rules, one write of everything.

Both statements stand for themselves: the write is whole or nothing, and what it rests on is decided by its key. So
there is no transaction around them, which would cost two more round trips.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy.orm import Session

from questionnaires import versions
from questionnaires.answers import raw_from_json, validate
from questionnaires.models import Door
from questionnaires.schema import Questionnaire
from records import crypto, texts
from records.audit import Actor
from records.db import db
from records.driver import Driver
from records.fields import is_readable
from triage import intake
from webapp.patient import finding, reception

Body = Mapping[str, Any]


def look(line: Driver, body: Body, *, token: str, key: uuid.UUID, now: datetime) -> intake.Read | None:
    """What deciding needs; None without a running session, or when the answers are of another person's follow-up."""
    version, url = body.get("version"), body.get("questionnaire")
    found = intake.read_for_session(
        line,
        digest=crypto.digest_token(token),
        key=key,
        checkin=finding.as_uuid(body.get("checkin")),
        version=version if isinstance(version, str) and is_readable(version) else None,
        url=url if isinstance(url, str) and is_readable(url) else None,
        now=now,
    )
    ours = found is not None and body.get("owner") == reception.mark(found.situation.enrolment)
    return found if ours else None


def store(
    line: Driver,
    found: intake.Read,
    body: Body,
    *,
    key: uuid.UUID,
    completed_at: datetime | None,
    from_address: str | None,
    now: datetime,
) -> intake.Receipt:
    """Never raises on what was sent. On disk when it returns. The session is for what is seldom read: the documents of
    versions that this process meets for the first time, and the first result of answers sent again.
    """
    session = cast(Session, db.session)
    if found.version_id is None or found.version_digest is None:
        raise versions.NothingInForce("the programme has no questionnaire in force")
    questionnaire = versions.parsed_by(session, version_id=found.version_id, digest=found.version_digest)
    known = {"has-oximeter": found.situation.has_oximeter}
    facts = {name: fact for name, fact in known.items() if name in questionnaire.by_link_id}
    validated = validate(questionnaire, raw_from_json(body.get("answers")), facts=facts)
    submission = intake.Submission(
        enrolment_id=found.situation.enrolment_id,
        key=key,
        version_id=found.version_id,
        answers=validated.answers,
        dropped=validated.not_in_force(),
        language=language_of(body),
        door=Door.PHONE,
        informant=reception.informant_of(body),
        completed_at=completed_at,
        checkin=finding.as_uuid(body.get("checkin")),
        how_to=how_to_of(body, questionnaire),
    )
    actor = Actor("patient", found.situation.patient, from_address)
    return intake.submit(session, submission=submission, actor=actor, now=now, found=found, line=line)


def how_to_of(body: Body, questionnaire: Questionnaire) -> list[str] | None:
    """The questions whose instructions were opened, in their order; None of a page that did not say."""
    told = body.get("how_to")
    if not isinstance(told, list):
        return None
    opened = {link_id for link_id in told if isinstance(link_id, str)}
    return [item.link_id for item in questionnaire.questions if item.link_id in opened]


def language_of(body: Body) -> str:
    language = body.get("language")
    return texts.best(language if isinstance(language, str) else None)
