"""What the rules say of moved answers where they stand now, and of later answers that looked back on them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from questionnaires.models import Checkin, Response
from records import driver
from records.models import Enrolment
from triage import intake_reading, reasons
from triage.assess import Assessment as Said
from triage.assess import CompiledProtocol
from triage.callbacks.raising import Raise, key_of, raise_alerts
from triage.intake import Submission, assess_read
from triage.intake_reading import Read
from triage.levels import Level
from triage.models import AlertKind, Assessment, MovedAnswer
from triage.moving.checkins import given_at
from triage.outcome_models import Snooze
from triage.snoozed import SnoozeEnd
from triage.targets import due_at

MOST_LATER = 40
"""Later answers looked at anew, the nearest first; what lies further ahead looks back on these."""


@dataclass(frozen=True, slots=True)
class LookedBack:
    """Later answers, and what the rules say of them today while the moved ones still stand where they stood."""

    response: Response
    level: Level
    code: str


def as_it_was(assessed: Assessment) -> dict[str, Any]:
    """Everything that was said of the answers in the file they leave."""
    names = ("level", "call_15", "facts", "limits", "explanation", "snoozed")
    plain = {name: getattr(assessed, name) for name in names}
    ids = {"id": str(assessed.public_id), "protocol_version_id": assessed.protocol_version_id}
    return plain | ids | {"assessed_at": assessed.assessed_at.isoformat()}


def assess_anew(
    session: Session, *, moved: Sequence[MovedAnswer], responses: Sequence[Response], to: Enrolment, now: datetime
) -> None:
    """By the protocol in force, for the right patient, whose clock starts now. Also what shows no warning sign comes
    before a caller: the patient may have been told something else.
    """
    for one, mark in zip(responses, moved, strict=True):
        read, protocol, said = _assess(session, one, now)
        assessment = session.scalars(select(Assessment).where(Assessment.response_id == one.id)).one()
        _rewrite(assessment, read, said, to, now)
        session.flush()
        if said.level >= Level.ORANGE:
            _end_snooze(session, to, now)
        told = reasons.from_assessment(protocol.document, said) if said.level >= Level.ORANGE else []
        alert = Raise(
            key=key_of(AlertKind.MOVED, one.public_id, mark.public_id),
            enrolment_id=to.id,
            team_id=to.team_id,
            kind=AlertKind.ANSWERS if told else AlertKind.MOVED,
            rank=said.level if told else Level.SILENT,
            reasons=[*told, reasons.from_code("moved-here")],
            due_at=due_at(read.situation.centre, said.level if told else Level.SILENT, now),
            checkin_id=one.checkin_id,
            assessment_id=assessment.id,
        )
        raise_alerts(session, alerts=[alert], now=now)


def looking_back(
    session: Session, moving: Sequence[Response], here: Enrolment, target: Enrolment, *, now: datetime
) -> list[LookedBack]:
    """Before the move: the later answers of both patients, as the rules judge them today."""
    ids = [one.id for one in moving]
    found = []
    for enrolment, since, code in (
        (here, moving[0].due_at, "moved-away"),
        (target, given_at(moving[0]), "moved-before"),
    ):
        later = select(Response).where(
            Response.enrolment_id == enrolment.id, Response.due_at > since, Response.id.not_in(ids)
        )
        for one in session.scalars(later.order_by(Response.due_at, Response.id).limit(MOST_LATER)):
            found.append(LookedBack(one, _assess(session, one, now)[2].level, code))
    return found


def raise_newly_worse(session: Session, was: Sequence[LookedBack], *, mark: uuid.UUID, now: datetime) -> None:
    """After the move: what is worse than it was, and than what was said when it came in. What was said then stays."""
    alerts = []
    for one in was:
        read, protocol, said = _assess(session, one.response, now)
        stored = session.scalar(select(Assessment.level).where(Assessment.response_id == one.response.id))
        if said.level <= max(one.level, Level.from_code(stored or Level.GREEN.code)):
            continue
        told = reasons.from_assessment(protocol.document, said)
        alerts.append(
            Raise(
                key=key_of(AlertKind.MOVED, one.response.public_id, mark),
                enrolment_id=one.response.enrolment_id,
                team_id=read.situation.team_id,
                kind=AlertKind.MOVED,
                rank=said.level,
                reasons=[*told, reasons.from_code(one.code)],
                due_at=due_at(read.situation.centre, said.level, now),
                checkin_id=one.response.checkin_id,
            )
        )
    raise_alerts(session, alerts=alerts, now=now)


def _assess(session: Session, one: Response, now: datetime) -> tuple[Read, CompiledProtocol, Said]:
    """As a submission of these answers is assessed, at the place where they stand."""
    session.flush()
    checkin = session.get(Checkin, one.checkin_id) if one.checkin_id else None
    read = intake_reading.read(
        driver.under(session),
        enrolment_id=one.enrolment_id,
        key=one.key,
        checkin=checkin.public_id if checkin else None,
        given_at=given_at(one),
        now=now,
    )
    submission = Submission(
        enrolment_id=one.enrolment_id,
        key=one.key,
        version_id=one.version_id,
        answers=one.answers,
        language=one.language,
        door=one.door,
        informant=one.informant,
        completed_at=one.completed_at,
    )
    return read, *assess_read(session, read, submission, now)


def _rewrite(assessment: Assessment, read: Read, said: Said, to: Enrolment, now: datetime) -> None:
    """One assessment for one response; what it said before is kept beside (MovedAnswer.before)."""
    assert read.situation.protocol_id is not None
    assessment.enrolment_id, assessment.protocol_version_id = to.id, read.situation.protocol_id
    assessment.level, assessment.call_15 = said.level.code, said.call_15
    assessment.facts, assessment.limits, assessment.explanation = said.facts, said.own_limits, said.explanation
    assessment.assessed_at, assessment.snoozed = now, False
    assessment.relived_at = assessment.relived_same = None


def _end_snooze(session: Session, enrolment: Enrolment, now: datetime) -> None:
    """Whatever alerts ends the rule that is put off."""
    running = update(Snooze).where(Snooze.enrolment_id == enrolment.id, Snooze.ended_at.is_(None))
    session.execute(running.values(ended_at=now, ended_why=SnoozeEnd.MEANWHILE))
