"""From an answer to what is done about it, in one transaction: one read, pure decisions, one write.

Nothing is turned away: late, paused, discharged, without a check-in, sent twice, sent again with other content. What
came in under a key is never changed; the same key with other content is stored beside it as a correction, which is
assessed like any answer and takes no alert back.

Every door leads here: the patient's page, staff on the telephone, sheets of paper. Answers by text message or by voice,
when they come, are one more caller of `submit`: the check-in that the message or the call was about is `checkin`, the
provider's id of the last message makes the key, and what could not be understood is stored as unreadable.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy.orm import Session

from questionnaires.models import Door, Informant
from records import audit, driver
from records.audit import Actor
from records.driver import Driver
from triage import intake_reading, protocols, reasons
from triage.assess import Assessment, CompiledProtocol, assess
from triage.facts import gather
from triage.intake_reading import Asked, Moved, Read, read_for_session
from triage.intake_writing import write
from triage.levels import Level
from triage.receipts import Receipt, receipt, receipt_of
from triage.refusals import ProtocolUnsigned
from triage.situation import inputs, local_day
from triage.snoozed import SnoozeEnd, ended_by
from triage.targets import due_at

__all__ = ["Read", "Receipt", "Submission", "read_for_session", "receipt", "submit"]

TRIES = 3


@dataclass(frozen=True, slots=True)
class Submission:
    """What came in by a door. `answers` is in the stored shape of `questionnaires.answers`; `dropped` what was sent
    beside it and is not assessed; `version_id` the questionnaire version the patient was asked with; `checkin` the
    public id of the check-in of the link, or None for the one that is open now, if any.

    `completed_at` is the phone's claim; of a sheet of paper it is when the sheet was filled in, and stands for `now` in
    finding a check-in and in the history. `informant` says who gave the answers, `recorded_by_id` who of staff typed.
    `how_to` are the linkIds whose instructions were seen, None where the door cannot tell.
    """

    enrolment_id: int
    key: uuid.UUID
    version_id: int
    answers: Mapping[str, Any]
    language: str
    door: str = Door.PHONE
    informant: str = Informant.PATIENT
    dropped: Mapping[str, Any] | None = None
    completed_at: datetime | None = None
    checkin: uuid.UUID | None = None
    recorded_by_id: int | None = None
    how_to: Sequence[str] | None = None

    def given_at(self, now: datetime) -> datetime:
        """When the answers were given, as far as somebody of staff vouches for it."""
        return self.completed_at or now if self.door == Door.PAPER else now

    def digest(self) -> bytes:
        """What makes two submissions the same."""
        content = [dict(self.answers), dict(self.dropped or {})]
        return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).digest()

    def amending_key(self) -> uuid.UUID:
        """The key under which this content is a correction of another content of the same key."""
        return uuid.uuid5(self.key, self.digest().hex())


def submit(
    session: Session,
    *,
    submission: Submission,
    actor: Actor,
    now: datetime,
    found: Read | None = None,
    line: Driver | None = None,
) -> Receipt:
    """Store and assess `submission`; sent again, return the first result. The caller commits, then says "received".

    Two statements, or one when the caller has read already: `found`, of the same key and check-in. When another request
    wins the race for the key, its result is read in a further one. They go over `line`, or over the session's own
    connection. Raises ProtocolUnsigned for a real patient whom no signed protocol assesses, which inviting refuses.
    """
    line = line or driver.under(session)
    for _ in range(TRIES):
        found = found or intake_reading.read(
            line,
            enrolment_id=submission.enrolment_id,
            key=submission.key,
            checkin=submission.checkin,
            given_at=submission.given_at(now),
            now=now,
        )
        if found.moved is not None:
            submission, found = _follow(submission, found.moved), None
            continue
        stored = _stored(found, submission)
        if stored is not None:
            return _first_result(session, submission, stored, now)
        protocol, assessment = assess_read(session, found, submission, now)
        rows = _rows(found, submission, protocol, assessment, now)
        written = write(line, {**rows, **_audited(found, rows, submission, actor, now)})
        if written is not None:
            return receipt_of(
                found.situation.centre,
                protocol.document,
                response=rows["response"],
                assessment=assessment,
                language=submission.language,
                late=rows["late"],
                received_at=now,
                now=now,
                amends=found.first is not None,
                snoozed=written.snoozed,
            )
        found = None
    raise RuntimeError("a response under this key appears and disappears")  # rows of responses are never removed


def _follow(submission: Submission, moved: Moved) -> Submission:
    """Answers sent again from a page whose answers were of somebody else and have been moved: the same ones, or their
    correction, wherever those stand now. Never new ones of the patient whose file they left.
    """
    return replace(submission, enrolment_id=moved.enrolment_id, key=moved.key, checkin=None)


def _stored(found: Read, submission: Submission) -> uuid.UUID | None:
    """The response that holds this very content already."""
    if found.first is None:
        return None
    digest = submission.digest()
    return found.first.public_id if found.first.digest == digest else found.corrections.get(digest)


def _first_result(session: Session, submission: Submission, stored: uuid.UUID, now: datetime) -> Receipt:
    first = receipt(
        session, enrolment_id=submission.enrolment_id, response=stored, language=submission.language, now=now
    )
    assert first is not None
    return first.again()


def assess_read(
    session: Session, found: Read, submission: Submission, now: datetime
) -> tuple[CompiledProtocol, Assessment]:
    known = found.situation
    if known.protocol_id is None or known.protocol_digest is None:
        raise ProtocolUnsigned
    protocol = protocols.compiled(session, version_id=known.protocol_id, digest=known.protocol_digest)
    reported_at = found.first.due_at if found.first else submission.given_at(now)
    on = found.checkin.local_on if found.checkin else local_day(known, reported_at)
    given = inputs(known, protocol, answers=submission.answers, on=on, at=_due_at(found, submission, now))
    return protocol, assess(protocol, gather(protocol.facts.values(), given), own_limits=known.own_limits)


def _due_at(found: Read, submission: Submission, now: datetime) -> datetime:
    """When the answers were due, before which everything is earlier; a correction stands where the first answer did."""
    if found.first:
        return found.first.due_at
    return found.checkin.opens_at if found.checkin else submission.given_at(now)


def _is_older(submission: Submission, checkin: Asked) -> bool:
    """Filled in before this check-in opened, without naming it, and sent only now: it must not end today's silence."""
    filled = submission.completed_at
    return submission.checkin != checkin.public_id and filled is not None and filled < checkin.opens_at


def _rows(
    found: Read, submission: Submission, protocol: CompiledProtocol, assessment: Assessment, now: datetime
) -> dict[str, Any]:
    """The values of everything that is written."""
    known, checkin, first = found.situation, found.checkin, found.first
    response, digest, alerting = uuid.uuid4(), submission.digest(), assessment.level >= Level.ORANGE
    snooze = found.snooze if alerting else None
    ends = ended_by(snooze, assessment, now) if snooze else SnoozeEnd.MEANWHILE
    late = checkin is not None and (now >= checkin.closes_at or checkin.state == "missed")
    return {
        "response": response,
        "assessment": uuid.uuid4(),
        "patient_id": known.patient_id,
        "enrolment_id": known.enrolment_id,
        "team_id": known.team_id,
        "checkin_id": checkin.id if checkin else None,
        "answers_checkin_id": checkin.id if checkin and not late and not _is_older(submission, checkin) else None,
        "version_id": submission.version_id,
        "key": submission.amending_key() if first else submission.key,
        "amends_id": first.id if first else None,
        "content_digest": digest,
        "answers": _json(submission.answers),
        "dropped": _json(submission.dropped) if submission.dropped else None,
        "door": submission.door,
        "informant": submission.informant,
        "language": submission.language,
        "late": late,
        "due_at": _due_at(found, submission, now),
        "completed_at": submission.completed_at,
        "recorded_by_id": submission.recorded_by_id,
        "how_to": _json(submission.how_to) if submission.how_to is not None else None,
        "now": now,
        "protocol_id": known.protocol_id,
        "level": assessment.level.code,
        "call_15": assessment.call_15,
        "facts": _json(assessment.facts),
        "limits": _json(assessment.own_limits),
        "explanation": _json(assessment.explanation),
        "alerting": alerting,
        "snooze_id": snooze.id if snooze and ends is None else None,
        "snooze_ends": ends or SnoozeEnd.MEANWHILE,
        "rank": int(assessment.level),
        "call_due_at": due_at(known.centre, assessment.level, now) if alerting else now,
        "alert_key": f"answers:{response}",
        "reasons": _json(reasons.from_assessment(protocol.document, assessment)) if alerting else "[]",
    }


def _audited(
    found: Read, rows: Mapping[str, Any], submission: Submission, actor: Actor, now: datetime
) -> dict[str, Any]:
    details = {"response": str(rows["response"]), "door": submission.door, "late": rows["late"]}
    if submission.informant != Informant.PATIENT:
        details["informant"] = submission.informant
    if found.checkin:
        details["checkin"] = str(found.checkin.public_id)
    if found.first:
        details["amends"] = str(found.first.public_id)
    subject = ("enrolment", found.situation.enrolment)
    return audit.parameters(actor=actor, action="answers.submitted", subject=subject, now=now, details=details)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
