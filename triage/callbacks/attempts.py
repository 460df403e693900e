"""Telephone calls that were tried, and what follows when several reach nobody."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from records import audit, contacts, patients
from records.audit import Actor
from records.crypto import Sealed
from records.models import Enrolment, Staff
from records.models.contacts import ContactOutcome
from triage.callbacks.finding import already, lock, refuse_not_ours
from triage.callbacks.raising import Raise, key_of, raise_alerts
from triage.levels import Level
from triage.models import Alert, AlertKind, Attempt, AttemptOutcome, Callback
from triage.refusals import BeforeOpening, InFuture, InPast, NoteTooLong, UnknownCode
from triage.silence import judge, situation_of
from triage.situation import local_day
from triage.targets import due_at

LONGEST_NOTE = 4000
CLOCKS_DIFFER = timedelta(minutes=1)
CALLED_BEFORE = timedelta(hours=1)
"""A call may have been made shortly before its reason was written down, as when staff enter answers for a patient."""


def add_attempt(
    session: Session,
    *,
    callback: uuid.UUID,
    staff: Staff,
    outcome: str,
    now: datetime,
    note: str = "",
    at: datetime | None = None,
    next_try_at: datetime | None = None,
    form_key: uuid.UUID | None = None,
    from_address: str | None = None,
) -> Attempt:
    """Record one call. When as many as the protocol says have reached nobody, the call-back goes to the doctor as red.
    The same `form_key` again gives the first call and records nothing.

    Raises UnknownCode, InFuture, BeforeOpening, InPast (the next try), NoteTooLong, NotFound, CallbackClosed, TakenBy.
    """
    code = known_outcome(outcome)
    check_note(note)
    moment = past(at, now)
    if next_try_at is not None and next_try_at <= now:
        raise InPast
    found = lock(session, callback=callback, staff=staff)
    before = already(session, Attempt, found, form_key)
    if before is not None:
        return before
    refuse_not_ours(found, staff, now)
    if moment < found.opened_at - CALLED_BEFORE:
        raise BeforeOpening
    attempt = _store(session, found, staff, code, note, moment, form_key)
    found.first_called_at = min(moment, found.first_called_at or moment)
    found.next_try_at = None if code is AttemptOutcome.REACHED else next_try_at
    found.version += 1
    _note_contact(session, found, attempt)
    if code is not AttemptOutcome.REACHED:
        _hand_to_physician(session, found, attempt, now)
    details = {"callback": str(found.public_id), "attempt": str(attempt.public_id), "outcome": code.value}
    subject = ("enrolment", found.enrolment.public_id)
    actor = Actor.staff(staff, from_address)
    audit.append(session, actor=actor, action="callback.attempted", subject=subject, now=now, details=details)
    return attempt


def known_outcome(code: str) -> AttemptOutcome:
    try:
        return AttemptOutcome(code)
    except ValueError as error:
        raise UnknownCode(code=code[:40]) from error


def past(at: datetime | None, now: datetime) -> datetime:
    """When something happened; a clock that is a little fast is forgiven."""
    if at is not None and at > now + CLOCKS_DIFFER:
        raise InFuture
    return min(at or now, now)


def check_note(note: str) -> None:
    if len(note) > LONGEST_NOTE:
        raise NoteTooLong(most=LONGEST_NOTE)


def sealed_note(enrolment: Enrolment, note: str, *, table: str, public_id: uuid.UUID) -> Sealed | None:
    if not note.strip():
        return None
    text = note.strip().replace("\0", "\ufffd")
    return patients.seal_for(enrolment.patient, text, table=table, column="note", public_id=public_id)


def _store(
    session: Session,
    callback: Callback,
    staff: Staff,
    code: AttemptOutcome,
    note: str,
    at: datetime,
    form_key: uuid.UUID | None,
) -> Attempt:
    public_id = uuid.uuid4()
    attempt = Attempt(
        public_id=public_id,
        callback_id=callback.id,
        staff_id=staff.id,
        outcome=code,
        note=sealed_note(callback.enrolment, note, table="attempts", public_id=public_id),
        form_key=form_key,
        at=at,
    )
    session.add(attempt)
    session.flush()
    return attempt


def _note_contact(session: Session, callback: Callback, attempt: Attempt) -> None:
    reached = attempt.outcome == AttemptOutcome.REACHED
    contacts.note(
        session,
        enrolment_id=callback.enrolment_id,
        source=attempt.public_id,
        about=callback.public_id,
        channel="call",
        purpose="callback",
        outcome=ContactOutcome.DELIVERED if reached else ContactOutcome.FAILED,
        at=attempt.at,
    )


def _hand_to_physician(session: Session, callback: Callback, attempt: Attempt, now: datetime) -> None:
    """A rule of the protocol that fires because of the failed calls, and would not without them, makes it red; once,
    until a person has dealt with it.
    """
    session.flush()
    standing = select(Alert.id).where(
        Alert.callback_id == callback.id, Alert.kind == AlertKind.UNREACHED, Alert.closed_at.is_(None)
    )
    if session.scalar(standing.limit(1)) is not None:
        return
    known = situation_of(session, enrolment_id=callback.enrolment_id, now=now)
    on = local_day(known, now)
    verdict = judge(session, known, on=on, code=AlertKind.UNREACHED.value)
    before = judge(session, replace(known, failed_calls=0), on=on, code=AlertKind.UNREACHED.value)
    if verdict.level < Level.RED or not verdict.fired - before.fired:
        return
    alert = Raise(
        key=key_of(AlertKind.UNREACHED, attempt.public_id),
        enrolment_id=callback.enrolment_id,
        team_id=callback.team_id,
        kind=AlertKind.UNREACHED,
        rank=Level.RED,
        reasons=verdict.reasons,
        due_at=due_at(known.centre, Level.RED, now),
        for_physician=True,
    )
    raise_alerts(session, alerts=[alert], now=now)
    session.refresh(callback)
