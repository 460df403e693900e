"""Passing call-backs on: a whole list to a colleague at the end of a shift, or one up to a physician who answers."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session, joinedload

from records import access
from records.models import Enrolment, Role, Staff, StaffSession, StaffTeam
from records.teams import CALLERS
from triage import notices
from triage.callbacks import events
from triage.callbacks.claims import ACKNOWLEDGED_WITHIN, append, hold
from triage.models import Callback, CallbackState, Duty, EventKind, NoticeKind, Shift
from triage.refusals import ColleagueElsewhere, NoSuchColleague, NothingToHandOver

AT_WORK = timedelta(minutes=15)
"""Somebody whose browser was last seen within this is at work."""


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
    """Give call-backs that one holds, all or the chosen ones, to a colleague, who is told and has them afresh.

    All of them or none. Raises NoSuchColleague (disabled, oneself, or does not work call-backs), ColleagueElsewhere,
    NothingToHandOver.
    """
    if to_staff.id == from_staff.id or not works_calls(to_staff):
        raise NoSuchColleague
    mine = _locked(session, from_staff, now, callbacks)
    if not mine:
        raise NothingToHandOver
    if not {callback.team_id for callback in mine} <= set(access.team_ids(to_staff)):
        raise ColleagueElsewhere(to_staff.name)
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


def works_calls(staff: Staff) -> bool:
    return staff.disabled_at is None and staff.role in CALLERS


def _locked(session: Session, holder: Staff, now: datetime, chosen: Collection[uuid.UUID] | None) -> Sequence[Callback]:
    """In the order of their ids, so that two lists which cross wait for each other instead of deadlocking."""
    wanted = [Callback.public_id.in_(chosen)] if chosen is not None else []
    found = (
        select(Callback)
        .join(Enrolment, Enrolment.id == Callback.enrolment_id)
        .where(
            Callback.claimed_by_id == holder.id,
            Callback.claim_ends_at > now,
            Callback.state == CallbackState.OPEN,
            access.scope(holder),
            *wanted,
        )
        .options(joinedload(Callback.enrolment, innerjoin=True))
        .order_by(Callback.id)
        .with_for_update(of=Callback)
        .execution_options(populate_existing=True)
    )
    return session.scalars(found).all()


@dataclass(frozen=True, slots=True)
class Answering:
    """A physician who can be asked now: `on_call` by the rota, else at work at this moment."""

    name: str
    on_call: bool


def answering(session: Session, *, team_id: int, now: datetime) -> list[Answering]:
    """Who answers when a call-back of this team is handed up, those on call first."""
    on_call = (
        exists()
        .where(
            Shift.staff_id == Staff.id,
            Shift.team_id == team_id,
            Shift.duty == Duty.ON_CALL,
            Shift.from_at <= now,
            Shift.until_at > now,
            Shift.cancelled_at.is_(None),
        )
        .label("on_call")
    )
    at_work = exists().where(
        StaffSession.staff_id == Staff.id,
        StaffSession.seen_at > now - AT_WORK,
        StaffSession.ends_at > now,
        StaffSession.revoked_at.is_(None),
    )
    in_team = Staff.id.in_(select(StaffTeam.staff_id).where(StaffTeam.team_id == team_id))
    found = (
        select(Staff.name, on_call)
        .where(Staff.role == Role.PHYSICIAN, Staff.disabled_at.is_(None), in_team, or_(on_call, at_work))
        .order_by(on_call.desc(), Staff.name)
    )
    return [Answering(name, is_on_call) for name, is_on_call in session.execute(found)]
