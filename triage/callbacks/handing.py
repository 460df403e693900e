"""Passing call-backs on: a whole list to a colleague at the end of a shift, or back to the queue from who has left."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload

from records import access
from records.models import Enrolment, Staff
from records.teams import CALLERS
from triage import notices
from triage.callbacks import events
from triage.callbacks.claims import ACKNOWLEDGED_WITHIN, append, hold, let_go
from triage.duty import people
from triage.models import Callback, CallbackState, EventKind, NoticeKind
from triage.refusals import ColleagueAway, ColleagueElsewhere, NoSuchColleague, NothingToHandOver


@dataclass(frozen=True, slots=True)
class HandedOver:
    """`callbacks` are now held by the colleague; those of the list that had ended meanwhile are not among them."""

    callbacks: tuple[uuid.UUID, ...]


def hand_over(
    session: Session,
    *,
    from_staff: Staff,
    to_staff: Staff,
    now: datetime,
    callbacks: Collection[uuid.UUID] | None = None,
    from_address: str | None = None,
) -> HandedOver:
    """Give call-backs that one holds, all or the chosen ones, to a colleague at work, who is told and has them afresh.

    All of them or none. Raises NoSuchColleague (disabled, oneself, or does not work call-backs), NothingToHandOver,
    ColleagueElsewhere, ColleagueAway.
    """
    if to_staff.id == from_staff.id or not works_calls(to_staff):
        raise NoSuchColleague
    chosen = [] if callbacks is None else [Callback.public_id.in_(callbacks)]
    mine = _locked(session, from_staff, now, access.scope(from_staff), *chosen)
    if not mine:
        raise NothingToHandOver
    if not {callback.team_id for callback in mine} <= set(access.team_ids(to_staff)):
        raise ColleagueElsewhere(to_staff.name)
    if not people.present(session, staff_ids=[to_staff.id], now=now):
        raise ColleagueAway(to_staff.name)
    names = {"from": str(from_staff.public_id), "to": str(to_staff.public_id)}
    for callback in mine:
        worsened = callback.worsened_at
        hold(callback, to_staff, now)
        callback.worsened_at = worsened  # nobody has said yet that they saw it, and the clock of that runs on
        if worsened is not None and callback.claim_ends_at is not None:
            callback.claim_ends_at = min(callback.claim_ends_at, now + ACKNOWLEDGED_WITHIN)
        events.record(session, callback_id=callback.id, kind=EventKind.HANDED_OVER, now=now, staff=from_staff, **names)
    notices.tell(
        session,
        staff_id=to_staff.id,
        kind=NoticeKind.HANDED_OVER,
        now=now,
        callback_id=mine[0].id if len(mine) == 1 else None,
        by=from_staff,
        number=len(mine),
    )
    for callback in mine:
        append(session, "callback.handed-over", callback, from_staff, from_address, now, names)
    return HandedOver(tuple(callback.public_id for callback in mine))


def free_all(session: Session, *, holder: Staff, by: Staff, now: datetime, from_address: str | None = None) -> int:
    """Whatever `holder` holds, also of a team that they have left, is anybody's again, as when `by` has ended their
    access; returns how many.
    """
    theirs = _locked(session, holder, now)
    for callback in theirs:
        let_go(session, callback, now=now)
        callback.version += 1
        events.record(session, callback_id=callback.id, kind=EventKind.RELEASED, now=now, staff=by)
    for callback in theirs:
        append(session, "callback.released", callback, by, from_address, now, {"from": str(holder.public_id)})
    return len(theirs)


def works_calls(staff: Staff) -> bool:
    return staff.disabled_at is None and staff.role in CALLERS


def _locked(session: Session, holder: Staff, now: datetime, *wanted: ColumnElement[bool]) -> Sequence[Callback]:
    """In the order of their ids, so that two lists which cross wait for each other instead of deadlocking."""
    found = (
        select(Callback)
        .join(Enrolment, Enrolment.id == Callback.enrolment_id)
        .where(
            Callback.claimed_by_id == holder.id,
            Callback.claim_ends_at > now,
            Callback.state == CallbackState.OPEN,
            *wanted,
        )
        .options(joinedload(Callback.enrolment, innerjoin=True))
        .order_by(Callback.id)
        .with_for_update(of=Callback)
        .execution_options(populate_existing=True)
    )
    return session.scalars(found).all()
