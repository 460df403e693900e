"""What a patient who was told of a call may say to it in one figure: that they are worse, or that it does not suit."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from records import audit
from records.enrolment import subject_of
from records.models import Enrolment
from triage import reasons, targets
from triage.announcing import calls
from triage.callbacks import events
from triage.callbacks.claims import ACKNOWLEDGED_WITHIN
from triage.callbacks.raising import key_of, raise_alert
from triage.levels import Level
from triage.models import AlertKind, Callback, CallbackEvent, CallbackState, EventKind, NextStep, Reply

PUT_OFF_FOR = timedelta(hours=1)
MOST_PUT_OFF = 2
"""A call-back is put off so many times in a day by its patient; then it stays where it is."""


def worse(session: Session, *, enrolment: Enrolment, cause: uuid.UUID, now: datetime) -> None:
    """Raise it as red, once for each `cause` (the text that said so), and wake whatever was put off."""
    raise_alert(
        session,
        enrolment=enrolment,
        kind=AlertKind.ASKED,
        rank=Level.RED,
        key=key_of(AlertKind.ASKED, cause, enrolment.public_id),
        reasons=[reasons.from_code("asked-worse")],
        now=now,
    )
    callback = _open_one(session, enrolment)
    assert callback is not None, "raised by this statement, or standing already"
    _wake(callback, now)
    _note(session, callback, Reply.WORSE, EventKind.SAID_WORSE, cause, now)
    _audit(session, enrolment, "patient.said-worse", cause, now)


def later(session: Session, *, enrolment: Enrolment, cause: uuid.UUID, now: datetime) -> datetime | None:
    """Put the next call off by PUT_OFF_FOR of the centre's hours and return when it is due. A red is never put off,
    nor another call-back more than MOST_PUT_OFF times a day: that is only noted, and None.
    """
    callback = _open_one(session, enrolment)
    if callback is None:
        return None
    put_off = callback.rank < Level.RED and _times_put_off(session, callback, now) < MOST_PUT_OFF
    after = None
    if put_off:
        at = targets.later(enrolment.programme, now, PUT_OFF_FOR)
        callback.next_try_at = after = max(at, callback.next_try_at or at)
    _note(session, callback, Reply.LATER, EventKind.SAID_LATER, cause, now, at=after.isoformat() if after else None)
    _audit(session, enrolment, "patient.said-later", cause, now)
    return after


def _open_one(session: Session, enrolment: Enrolment) -> Callback | None:
    """The call-back that stands for this patient, locked until the transaction ends."""
    query = select(Callback).where(Callback.enrolment_id == enrolment.id, Callback.state == CallbackState.OPEN)
    return session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()


def _wake(callback: Callback, now: datetime) -> None:
    """As a worse alert does it to what was less urgent (triage.intake_writing): this one may have been red before."""
    callback.next_try_at = callback.incident_id = None
    callback.next_step = NextStep.CALL_PATIENT
    if callback.claim_ends_at is not None and callback.claim_ends_at > now:
        callback.worsened_at = callback.worsened_at or now
        callback.claim_ends_at = min(callback.claim_ends_at, now + ACKNOWLEDGED_WITHIN)


def _note(
    session: Session,
    callback: Callback,
    reply: Reply,
    kind: EventKind,
    cause: uuid.UUID,
    now: datetime,
    **details: Any,
) -> None:
    callback.version += 1
    told = calls.latest(session, callback_id=callback.id)
    if told is not None:
        told.reply, told.replied_at = reply, now
    events.record(session, callback_id=callback.id, kind=kind, now=now, cause=str(cause), **details)


def _times_put_off(session: Session, callback: Callback, now: datetime) -> int:
    said = select(func.count()).select_from(CallbackEvent)
    said = said.where(CallbackEvent.callback_id == callback.id, CallbackEvent.kind == EventKind.SAID_LATER)
    return session.scalars(said.where(CallbackEvent.at > now - calls.BOUND_OVER)).one()


def _audit(session: Session, enrolment: Enrolment, action: str, cause: uuid.UUID, now: datetime) -> None:
    actor, subject = audit.Actor.patient(enrolment.patient), subject_of(enrolment)
    audit.append(session, actor=actor, action=action, subject=subject, now=now, details={"text": str(cause)})
