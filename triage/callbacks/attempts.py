"""Telephone calls that were tried, written down once and by who holds the call-back."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from records import audit, contacts, patients
from records.audit import Actor
from records.crypto import Sealed
from records.models import Enrolment, Staff
from records.models.contacts import ContactOutcome
from triage.callbacks import claims, planning, tries
from triage.callbacks.finding import already, lock, refuse_not_ours
from triage.models import Attempt, AttemptOutcome, Callback, Called
from triage.refusals import BeforeOpening, InFuture, NoteTooLong, NotVerified, UnknownCode

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

    Raises UnknownCode, NotVerified, InFuture, BeforeOpening, InPast, CentreClosed, RedToday, RedSoon or
    SilenceToday (the next try), NoteTooLong, NotFound, CallbackClosed, TakenBy.
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
        planning.refuse_try(found, next_try_at, now, is_reached=code is AttemptOutcome.REACHED and bool(verified))
    hold(session, found, staff, now, from_address)
    attempt = _store(session, found, staff, moment, note, form_key, outcome=code, called=whom, verified=verified)
    found.first_called_at = min(moment, found.first_called_at or moment)
    found.version += 1
    _note_contact(session, found, attempt)
    planning.go_on(session, found, attempt, staff, next_try_at, now)
    details = {"callback": str(found.public_id), "attempt": str(attempt.public_id), "outcome": code.value}
    if whom is Called.CONTACT:
        details["called"] = whom.value
    subject = ("enrolment", found.enrolment.public_id)
    actor = Actor.staff(staff, from_address)
    audit.append(session, actor=actor, action="callback.attempted", subject=subject, now=now, details=details)
    return attempt


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
