"""One call-back, one caller: claims decided under the row's lock, which end by themselves and can be taken over."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, update
from sqlalchemy.orm import Session

from records import audit
from records.audit import Actor
from records.models import Staff
from triage import notices
from triage.callbacks import events
from triage.callbacks.finding import find, lock, refuse_closed, refuse_not_ours, refuse_taken
from triage.models import Callback, CallbackState, EventKind, NoticeKind
from triage.refusals import ClaimEnded

CLAIM_LASTS = timedelta(minutes=15)
RENEWED_EVERY = timedelta(minutes=2)
"""An open page asks more often, so that it hears of a worse alert in time; nothing is written more often than this."""
ACKNOWLEDGED_WITHIN = timedelta(minutes=2)
"""How long a worse alert leaves a claim standing whose holder has not said that they saw it."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """The call-back is yours until `claim_ends_at`. `worsened_at`: when a worse alert came that you have not said you
    saw; until you do, nothing else makes the claim last longer.
    """

    callback: uuid.UUID
    enrolment: uuid.UUID
    claim_ends_at: datetime
    worsened_at: datetime | None = None


def claim(
    session: Session, *, callback: uuid.UUID, staff: Staff, now: datetime, from_address: str | None = None
) -> Claimed:
    """Take a call-back that nobody holds, or hold on to one's own. Raises TakenBy, CallbackClosed, NotFound."""
    found = lock(session, callback=callback, staff=staff)
    refuse_not_ours(found, staff, now)
    if is_held(found, now):
        return renew(session, callback=callback, staff=staff, now=now)
    return taken_by(session, found, staff=staff, now=now, from_address=from_address)


def renew(session: Session, *, callback: uuid.UUID, staff: Staff, now: datetime) -> Claimed:
    """The open page's own sign of life: hold one's own call-back for another while. While a worse alert waits to be
    acknowledged nothing is prolonged, and the answer says so. No viewer of the queue sees a change.

    Raises ClaimEnded when the claim had ended and nobody else has it, TakenBy, CallbackClosed, NotFound.
    """
    found = find(session, callback=callback, staff=staff)
    refuse_not_ours(found, staff, now)
    if not is_held(found, now):
        raise ClaimEnded
    if found.worsened_at is None and ends_of(found) < now + CLAIM_LASTS - RENEWED_EVERY:
        _prolong(session, found, staff, now)
    return _claimed(found)


def _prolong(session: Session, callback: Callback, staff: Staff, now: datetime) -> None:
    """A compare-and-set: what happened since it was read, a take-over or a worse alert, stands. Raises ClaimEnded."""
    kept = session.execute(
        update(Callback)
        .where(
            Callback.id == callback.id,
            Callback.state == CallbackState.OPEN,
            Callback.claimed_by_id == staff.id,
            Callback.claim_ends_at > now,
        )
        .values(claim_ends_at=case((Callback.worsened_at.is_(None), now + CLAIM_LASTS), else_=Callback.claim_ends_at))
        .execution_options(synchronize_session=False)
        .returning(Callback.id)
    ).one_or_none()
    session.refresh(callback, ["claim_ends_at", "worsened_at"])
    if kept is None:
        raise ClaimEnded


def acknowledge(
    session: Session, *, callback: uuid.UUID, staff: Staff, now: datetime, from_address: str | None = None
) -> Claimed:
    """ "I have seen the worse reason": the claim lasts again. Saying it twice changes nothing.

    Raises ClaimEnded, TakenBy, CallbackClosed, NotFound.
    """
    found = lock(session, callback=callback, staff=staff)
    refuse_not_ours(found, staff, now)
    if not is_held(found, now):
        raise ClaimEnded
    if found.worsened_at is None:
        return renew(session, callback=callback, staff=staff, now=now)
    found.worsened_at, found.claim_ends_at = None, now + CLAIM_LASTS
    found.version += 1
    events.record(session, callback_id=found.id, kind=EventKind.ACKNOWLEDGED, now=now, staff=staff)
    append(session, "callback.acknowledged", found, staff, from_address, now)
    return _claimed(found)


def take_over(
    session: Session, *, callback: uuid.UUID, staff: Staff, now: datetime, from_address: str | None = None
) -> Claimed:
    """Take a call-back from whoever holds it, with both names on record; they are told. Raises CallbackClosed,
    NotFound.
    """
    found = lock(session, callback=callback, staff=staff)
    refuse_closed(found)
    former = found.claimed_by
    if former is None or former.id == staff.id or not is_held(found, now):
        return claim(session, callback=callback, staff=staff, now=now, from_address=from_address)
    hold(found, staff, now)
    names = {"from": str(former.public_id)}
    events.record(session, callback_id=found.id, kind=EventKind.TAKEN_OVER, now=now, staff=staff, **names)
    notices.tell(session, staff_id=former.id, kind=NoticeKind.TAKEN_OVER, now=now, callback_id=found.id, by=staff)
    append(session, "callback.taken-over", found, staff, from_address, now, names)
    return _claimed(found)


def release(
    session: Session, *, callback: uuid.UUID, staff: Staff, now: datetime, from_address: str | None = None
) -> None:
    """Give one's own call-back back to the queue; what is not one's own stays as it is. Raises NotFound, TakenBy."""
    found = lock(session, callback=callback, staff=staff)
    refuse_taken(found, staff, now)
    if found.claimed_by_id != staff.id:
        return
    was_held = let_go(session, found, now=now)
    found.version += 1
    if not was_held:
        return
    events.record(session, callback_id=found.id, kind=EventKind.RELEASED, now=now, staff=staff)
    append(session, "callback.released", found, staff, from_address, now)


def is_held(callback: Callback, now: datetime) -> bool:
    """Somebody's claim counts at `now`."""
    return callback.claim_ends_at is not None and callback.claim_ends_at > now


def taken_by(session: Session, callback: Callback, *, staff: Staff, now: datetime, from_address: str | None) -> Claimed:
    """Give a locked call-back that nobody holds to `staff`, with whose claim had run out before on record. Who lost it
    by not acknowledging a worse reason is told who has it.
    """
    former, lost = callback.claimed_by_id, callback.worsened_at is not None
    let_go(session, callback, now=now)
    if former is not None and lost and former != staff.id:
        notices.tell(session, staff_id=former, kind=NoticeKind.WORSENED, now=now, callback_id=callback.id, by=staff)
    hold(callback, staff, now)
    events.record(session, callback_id=callback.id, kind=EventKind.CLAIMED, now=now, staff=staff)
    append(session, "callback.claimed", callback, staff, from_address, now)
    return _claimed(callback)


def hold(callback: Callback, staff: Staff, now: datetime) -> None:
    """Whoever takes a call-back has its reasons before them: a worse one waits for nobody's word any more."""
    callback.claimed_by_id, callback.claimed_at, callback.claim_ends_at = staff.id, now, now + CLAIM_LASTS
    callback.worsened_at = None
    callback.version += 1


def let_go(session: Session, callback: Callback, *, now: datetime) -> bool:
    """Nobody holds a locked call-back any more. A claim that had run out before is noted with the instant at which it
    did. True when a claim still counted.
    """
    held, former, ended = is_held(callback, now), callback.claimed_by_id, callback.claim_ends_at
    if former is not None and ended is not None and not held:
        events.expired(session, callback_id=callback.id, staff_id=former, at=ended)
    if former is not None:
        callback.worsened_at = None
        callback.claimed_by_id = callback.claimed_at = callback.claim_ends_at = None
    return held


def ends_of(callback: Callback) -> datetime:
    """Of a claimed call-back."""
    assert callback.claim_ends_at is not None
    return callback.claim_ends_at


def _claimed(callback: Callback) -> Claimed:
    return Claimed(callback.public_id, callback.enrolment.public_id, ends_of(callback), callback.worsened_at)


def append(
    session: Session,
    action: str,
    callback: Callback,
    staff: Staff,
    from_address: str | None,
    now: datetime,
    details: dict[str, str] | None = None,
) -> None:
    """The act on the patient's audit trail; last, for it locks the trail's head."""
    audit.append(
        session,
        actor=Actor.staff(staff, from_address),
        action=action,
        subject=("enrolment", callback.enrolment.public_id),
        now=now,
        details={"callback": str(callback.public_id), **(details or {})},
    )
