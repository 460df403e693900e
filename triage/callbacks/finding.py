"""Reaching one call-back by its public id, within the teams of a member of staff."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from records import access
from records.models import Enrolment, Staff
from triage.models import Callback, CallbackState
from triage.refusals import CallbackClosed, NotFound, TakenBy


def find(session: Session, *, callback: uuid.UUID, staff: Staff) -> Callback:
    """The call-back with its enrolment and holder, open or not. Raises NotFound, also for another team's."""
    found = session.scalar(
        select(Callback)
        .join(Enrolment, Enrolment.id == Callback.enrolment_id)
        .where(Callback.public_id == callback, access.scope(staff))
        .options(joinedload(Callback.enrolment), joinedload(Callback.claimed_by))
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def lock(session: Session, *, callback: uuid.UUID, staff: Staff, now: datetime) -> Callback:
    """The open call-back, locked until the transaction ends, so that nothing is added to it meanwhile.

    Raises NotFound, CallbackClosed, and TakenBy when somebody else holds it.
    """
    session.execute(select(Callback.id).where(Callback.public_id == callback).with_for_update())
    found = find(session, callback=callback, staff=staff)
    refuse_closed(found)
    refuse_taken(found, staff, now)
    return found


def refuse_closed(callback: Callback) -> None:
    if callback.state != CallbackState.OPEN:
        raise CallbackClosed


def refuse_taken(callback: Callback, staff: Staff, now: datetime) -> None:
    """Claims end by comparison with `now`; nobody has to sweep them."""
    holder, until = callback.claimed_by, callback.claim_ends_at
    if holder is not None and until is not None and until > now and holder.id != staff.id:
        raise TakenBy(holder.name, until)
