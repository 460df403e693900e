"""Telephone calls that were tried, and what follows when several reach nobody."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from records import audit, clock, contacts, patients
from records import enrolment as enrolments
from records.audit import Actor
from records.crypto import Sealed
from records.models import Enrolment, Staff
from records.models.contacts import ContactOutcome
from triage.callbacks import claims, events, tries
from triage.callbacks.finding import already, lock, refuse_not_ours
from triage.callbacks.unreached import hand_to_physician
from triage.levels import Level
from triage.models import Alert, Attempt, AttemptOutcome, Callback, Called, EventKind, NextStep
from triage.refusals import (
    BeforeOpening,
    CentreClosed,
    InFuture,
    InPast,
    NoteTooLong,
    NothingPlanned,
    NotVerified,
    RedSoon,
    RedToday,
    UnknownCode,
)

LONGEST_NOTE = 4000
LONGEST_RED = timedelta(hours=1)
"""So long a red may wait whose patient was not reached, and any red over midnight, where a centre is open at night."""
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
    called: str = Called.PATIENT,
    verified: bool | None = None,
    next_try_at: datetime | None = None,
    form_key: uuid.UUID | None = None,
    from_address: str | None = None,
) -> Attempt:
    """Record one call, made at `at`, and what follows when it reached nobody (see tries.after): the patient again, at
    `next_try_at` if the caller says when; then the emergency contact; then a physician decides. Of a call that reached
    somebody `verified` says whether name and date of birth were asked and right; without that it reached nobody.

    A call-back that nobody holds any more is taken again by writing into it. When as many calls as the protocol says
    have reached nobody, it goes to the doctor as red. The same `form_key` again gives the first call, and no other.

    Raises UnknownCode, NotVerified, InFuture, BeforeOpening, InPast, CentreClosed, RedToday or RedSoon (the
    next try), NoteTooLong, NotFound, CallbackClosed, TakenBy.
    """
    code, whom = known_outcome(outcome), known_called(called)
    check_note(note)
    moment = past(at, now)
    if code is not AttemptOutcome.REACHED:
        verified = None
    elif verified is None:
        raise NotVerified
    found = lock(session, callback=callback, staff=staff)
    before = already(session, Attempt, found, form_key)
    if before is not None:
        return before
    refuse_not_ours(found, staff, now)
    if moment < found.opened_at - CALLED_BEFORE:
        raise BeforeOpening
    if next_try_at is not None:
        refuse_try(found, next_try_at, now, is_reached=code is AttemptOutcome.REACHED and bool(verified))
    hold(session, found, staff, now, from_address)
    attempt = _store(session, found, staff, moment, note, form_key, outcome=code, called=whom, verified=verified)
    found.first_called_at = min(moment, found.first_called_at or moment)
    found.version += 1
    _note_contact(session, found, attempt)
    _go_on(session, found, attempt, staff, next_try_at, now)
    details = {"callback": str(found.public_id), "attempt": str(attempt.public_id), "outcome": code.value}
    if whom is Called.CONTACT:
        details["called"] = whom.value
    subject = ("enrolment", found.enrolment.public_id)
    actor = Actor.staff(staff, from_address)
    audit.append(session, actor=actor, action="callback.attempted", subject=subject, now=now, details=details)
    return attempt


def plan_try(session: Session, *, callback: uuid.UUID, staff: Staff, at: datetime, now: datetime) -> None:
    """Another hour for a try that is planned; who is called then stays. Raises InPast, CentreClosed, RedToday, RedSoon,
    NothingPlanned, NotFound, CallbackClosed, TakenBy.
    """
    found = lock(session, callback=callback, staff=staff)
    refuse_not_ours(found, staff, now)
    calls = _calls(session, found)
    refuse_try(found, at, now, is_reached=bool(calls) and tries.has_reached(calls[-1]))
    if found.next_try_at is None:
        raise NothingPlanned
    found.next_try_at = at
    found.version += 1
    _tell(session, found, staff, now)


def refuse_try(callback: Callback, at: datetime, now: datetime, *, is_reached: bool) -> None:
    """The next try lies ahead, while the centre is open; what is red is not left until the next day, nor for longer
    than LONGEST_RED when the last call reached nobody.
    """
    programme = callback.enrolment.programme
    if at <= now:
        raise InPast
    if not clock.is_open(at, programme.opens, programme.closes, programme.zone):
        raise CentreClosed(opens=f"{programme.opens:%H:%M}", closes=f"{programme.closes:%H:%M}")
    another_day = clock.local_day(at, programme.zone) != clock.local_day(now, programme.zone)
    if callback.rank >= Level.RED and at - now > LONGEST_RED:
        if another_day:
            raise RedToday
        if not is_reached:
            raise RedSoon


def hold(session: Session, callback: Callback, staff: Staff, now: datetime, from_address: str | None) -> None:
    """A page sent after its claim had ended, with nobody in it since, goes on with the call."""
    if callback.claimed_by_id == staff.id and callback.claim_ends_at is not None and callback.claim_ends_at > now:
        return
    unseen = callback.worsened_at if callback.claimed_by_id == staff.id else None
    claims.claim(session, callback=callback.public_id, staff=staff, now=now, from_address=from_address)
    session.refresh(callback)
    if unseen is not None:  # their page was opened before it got worse, and does not show it
        callback.worsened_at, callback.claim_ends_at = unseen, now + claims.ACKNOWLEDGED_WITHIN


def known_outcome(code: str) -> AttemptOutcome:
    try:
        return AttemptOutcome(code)
    except ValueError as error:
        raise UnknownCode(code=code[:40]) from error


def known_called(code: str) -> Called:
    try:
        return Called(code)
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
    at: datetime,
    note: str,
    form_key: uuid.UUID | None,
    *,
    outcome: AttemptOutcome,
    called: Called,
    verified: bool | None,
) -> Attempt:
    public_id = uuid.uuid4()
    attempt = Attempt(
        public_id=public_id,
        callback_id=callback.id,
        staff_id=staff.id,
        outcome=outcome,
        called=called,
        verified=verified,
        note=sealed_note(callback.enrolment, note, table="attempts", public_id=public_id),
        form_key=form_key,
        at=at,
    )
    session.add(attempt)
    session.flush()
    return attempt


def _note_contact(session: Session, callback: Callback, attempt: Attempt) -> None:
    contacts.note(
        session,
        enrolment_id=callback.enrolment_id,
        source=attempt.public_id,
        about=callback.public_id,
        channel="call",
        purpose="callback",
        outcome=ContactOutcome.DELIVERED if tries.has_reached(attempt) else ContactOutcome.FAILED,
        at=attempt.at,
    )


def _go_on(
    session: Session, callback: Callback, attempt: Attempt, staff: Staff, wanted: datetime | None, now: datetime
) -> None:
    """What comes next stands on the call-back and on the call that led to it."""
    if tries.has_reached(attempt):
        callback.next_step, callback.next_try_at = NextStep.CALL_PATIENT, wanted
    else:
        _try_again(session, callback, attempt, wanted, now)
    attempt.next_try_at = callback.next_try_at
    if not tries.has_reached(attempt) or wanted is not None:
        _tell(session, callback, staff, now)


def _try_again(session: Session, callback: Callback, attempt: Attempt, wanted: datetime | None, now: datetime) -> None:
    found = tries.after(
        _calls(session, callback),
        at=attempt.at,
        centre=callback.enrolment.programme,
        rank=callback.rank,
        has_contact=bool(enrolments.particulars(callback.enrolment).emergency_phone),
        latest=_came_since(session, callback, attempt.at),
    )
    planned = found.at if found.at is not None and found.at > now else None
    callback.next_step, callback.next_try_at = found.step, wanted or planned
    if callback.worsened_at is not None and callback.worsened_at > attempt.at:
        callback.next_try_at = None
    if found.step is NextStep.PHYSICIAN:
        callback.for_physician, callback.next_try_at = True, None
    if hand_to_physician(session, callback, attempt, now):
        callback.next_try_at = None


def _calls(session: Session, callback: Callback) -> list[Attempt]:
    query = select(Attempt).where(Attempt.callback_id == callback.id).order_by(Attempt.at, Attempt.id)
    return list(session.scalars(query))


def _came_since(session: Session, callback: Callback, at: datetime) -> datetime | None:
    """By when the most urgent of what came in after that call is due: the call was not about it."""
    standing = select(Alert.due_at).where(
        Alert.callback_id == callback.id, Alert.closed_at.is_(None), Alert.raised_at > at
    )
    return session.scalar(standing.order_by(Alert.rank.desc(), Alert.due_at).limit(1))


def _tell(session: Session, callback: Callback, staff: Staff, now: datetime) -> None:
    at = callback.next_try_at.isoformat() if callback.next_try_at else None
    events.record(
        session, callback_id=callback.id, kind=EventKind.NEXT_TRY, now=now, staff=staff, step=callback.next_step, at=at
    )
