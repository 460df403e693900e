"""Reaching one call-back by its public id, within the teams of a member of staff."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from records import access
from records.models import Enrolment, Staff
from triage.models import Attempt, Callback, CallbackState, Disposition
from triage.refusals import CallbackClosed, NotFound, TakenBy

Row = TypeVar("Row", Attempt, Disposition)


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


def lock(session: Session, *, callback: uuid.UUID, staff: Staff) -> Callback:
    """The call-back, open or not, locked until the transaction ends, so that nothing is added to it meanwhile.

    Raises NotFound.
    """
    session.execute(select(Callback.id).where(Callback.public_id == callback).with_for_update())
    return find(session, callback=callback, staff=staff)


def already(session: Session, model: type[Row], callback: Callback, form_key: uuid.UUID | None) -> Row | None:
    """What this form wrote when it came before, as on a double click; asked under the lock, so both cannot miss it."""
    if form_key is None:
        return None
    return session.scalar(select(model).where(model.callback_id == callback.id, model.form_key == form_key))


def refuse_not_ours(callback: Callback, staff: Staff, now: datetime) -> None:
    """Raises CallbackClosed, and TakenBy when somebody else holds it."""
    refuse_closed(callback)
    refuse_taken(callback, staff, now)


def refuse_closed(callback: Callback) -> None:
    if callback.state != CallbackState.OPEN:
        raise CallbackClosed


def refuse_taken(callback: Callback, staff: Staff, now: datetime) -> None:
    """Claims end by comparison with `now`; nobody has to sweep them."""
    holder, until = callback.claimed_by, callback.claim_ends_at
    if holder is not None and until is not None and until > now and holder.id != staff.id:
        raise TakenBy(holder.name, until)
