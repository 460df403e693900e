"""One call-back, one caller: claims by compare-and-set, which end by themselves and can be taken over."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, or_, update
from sqlalchemy.orm import Session

from records import access, audit
from records.audit import Actor
from records.models import Enrolment, Staff
from triage.callbacks.finding import find, refuse_closed, refuse_taken
from triage.models import Callback, CallbackState
from triage.refusals import CallbackClosed

CLAIM_LASTS = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Claimed:
    """The call-back is yours until `claim_ends_at`."""

    callback: uuid.UUID
    enrolment: uuid.UUID
    claim_ends_at: datetime


def claim(
    session: Session, *, callback: uuid.UUID, staff: Staff, now: datetime, from_address: str | None = None
) -> Claimed:
    """Take a call-back that nobody holds, or hold on to one's own. Raises TakenBy, CallbackClosed, NotFound."""
    free = or_(Callback.claimed_by_id.is_(None), Callback.claim_ends_at <= now)
    taken = _set(session, callback, staff, now, free)
    if taken is not None:
        _audit(session, "callback.claimed", callback, taken, staff, from_address, now)
        return taken
    return renew(session, callback=callback, staff=staff, now=now)


def renew(session: Session, *, callback: uuid.UUID, staff: Staff, now: datetime) -> Claimed:
    """Hold one's own call-back for another while. Raises TakenBy, CallbackClosed, NotFound."""
    kept = _set(session, callback, staff, now, Callback.claimed_by_id == staff.id)
    if kept is None:
        found = find(session, callback=callback, staff=staff)
        refuse_closed(found)
        refuse_taken(found, staff, now)
        raise CallbackClosed  # freed between the two looks: look at the queue again
    return kept


def take_over(
    session: Session, *, callback: uuid.UUID, staff: Staff, now: datetime, from_address: str | None = None
) -> Claimed:
    """Take a call-back from whoever holds it, with both names on record. Raises CallbackClosed, NotFound."""
    found = find(session, callback=callback, staff=staff)
    refuse_closed(found)
    former = found.claimed_by.public_id if found.claimed_by else None
    taken = _set(session, callback, staff, now, Callback.claimed_by_id.is_not_distinct_from(found.claimed_by_id))
    if taken is None:
        return claim(session, callback=callback, staff=staff, now=now, from_address=from_address)
    details = {"from": str(former)} if former and former != staff.public_id else {}
    _audit(session, "callback.taken-over", callback, taken, staff, from_address, now, details)
    return taken


def release(
    session: Session, *, callback: uuid.UUID, staff: Staff, now: datetime, from_address: str | None = None
) -> None:
    """Give one's own call-back back to the queue; what is not one's own stays as it is. Raises NotFound, TakenBy."""
    found = find(session, callback=callback, staff=staff)
    refuse_taken(found, staff, now)
    freed = session.execute(
        update(Callback)
        .where(Callback.public_id == callback, Callback.claimed_by_id == staff.id)
        .values(claimed_by_id=None, claimed_at=None, claim_ends_at=None, version=Callback.version + 1)
        .returning(Callback.id)
    ).first()
    if freed is not None:
        given_back = Claimed(callback, found.enrolment.public_id, now)
        _audit(session, "callback.released", callback, given_back, staff, from_address, now)


def _set(
    session: Session, callback: uuid.UUID, staff: Staff, now: datetime, condition: ColumnElement[bool]
) -> Claimed | None:
    """The compare-and-set: one UPDATE decides, whoever else tries at the same moment. Holding on keeps the hour since
    which one has it.
    """
    ends = now + CLAIM_LASTS
    held = and_(Callback.claimed_by_id == staff.id, Callback.claim_ends_at > now)
    since = case((held, Callback.claimed_at), else_=now)
    enrolment = (
        session.execute(
            update(Callback)
            .where(
                Callback.public_id == callback,
                Callback.state == CallbackState.OPEN,
                Callback.enrolment_id == Enrolment.id,
                and_(access.scope(staff), condition),
            )
            .values(claimed_by_id=staff.id, claimed_at=since, claim_ends_at=ends, version=Callback.version + 1)
            .returning(Enrolment.public_id)
            .execution_options(synchronize_session=False)
        )
    ).scalar_one_or_none()
    return Claimed(callback, enrolment, ends) if enrolment is not None else None


def _audit(
    session: Session,
    action: str,
    callback: uuid.UUID,
    claimed: Claimed,
    staff: Staff,
    from_address: str | None,
    now: datetime,
    details: dict[str, str] | None = None,
) -> None:
    audit.append(
        session,
        actor=Actor.staff(staff, from_address),
        action=action,
        subject=("enrolment", claimed.enrolment),
        now=now,
        details={"callback": str(callback), **(details or {})},
    )
