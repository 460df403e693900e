"""Which call-backs are claimed, by whom, since when, and when the holder last gave a sign of life."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from records import access
from records.models import Enrolment, Staff, StaffTeam
from records.teams import CALLERS
from triage.callbacks.claims import CLAIM_LASTS
from triage.duty import people
from triage.levels import Level
from triage.models import Callback, CallbackState


@dataclass(frozen=True, slots=True)
class Held:
    """`counts`: nobody else may write into it now; without, the claim ran out at `until` and anybody may claim it.
    `alive_at` is the last sign of life of the holder's page, None while a worse reason waits to be acknowledged.
    """

    callback: uuid.UUID
    enrolment: Enrolment
    level: str
    due_at: datetime
    late: bool
    holder: Staff
    since: datetime
    until: datetime
    counts: bool
    alive_at: datetime | None
    worsened_at: datetime | None


def held(session: Session, *, staff: Staff, now: datetime, by: Staff | None = None, limit: int = 500) -> list[Held]:
    """Every claim within the teams of `staff`, or those of `by` alone, most urgent first."""
    holder = [Callback.claimed_by_id == by.id] if by is not None else [Callback.claimed_by_id.is_not(None)]
    found = (
        select(Callback)
        .join(Enrolment, Enrolment.id == Callback.enrolment_id)
        .where(Callback.state == CallbackState.OPEN, access.scope(staff), *holder)
        .options(
            joinedload(Callback.enrolment, innerjoin=True).joinedload(Enrolment.patient),
            joinedload(Callback.claimed_by),
        )
        .order_by(Callback.rank.desc(), Callback.due_at, Callback.id)
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [one for callback in session.scalars(found) if (one := _held(callback, now)) is not None]


def _held(callback: Callback, now: datetime) -> Held | None:
    holder, since, until = callback.claimed_by, callback.claimed_at, callback.claim_ends_at
    if holder is None or since is None or until is None:
        return None
    return Held(
        callback=callback.public_id,
        enrolment=callback.enrolment,
        level=Level(callback.rank).code,
        due_at=callback.due_at,
        late=callback.due_at < now,
        holder=holder,
        since=since,
        until=until,
        counts=until > now,
        alive_at=until - CLAIM_LASTS if callback.worsened_at is None else None,
        worsened_at=callback.worsened_at,
    )


@dataclass(frozen=True, slots=True)
class Colleague:
    """`at_work`: only then can something be handed over to them."""

    person: Staff
    at_work: bool


def colleagues(session: Session, *, staff: Staff, now: datetime) -> list[Colleague]:
    """Who works call-backs in one of the same teams as `staff`: those at work first, by name."""
    teams = access.team_ids(staff)
    found = (
        select(Staff)
        .where(
            Staff.id.in_(select(StaffTeam.staff_id).where(StaffTeam.team_id.in_(teams))),
            Staff.id != staff.id,
            Staff.disabled_at.is_(None),
            Staff.role.in_(CALLERS),
        )
        .order_by(Staff.name, Staff.id)
    )
    known = session.scalars(found).all()
    present = people.present(session, staff_ids=[one.id for one in known], now=now)
    return sorted((Colleague(one, one.id in present) for one in known), key=lambda one: not one.at_work)
