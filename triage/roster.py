"""How many callers a programme has at work in each hour of the week, on the centre's clock."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, time

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from records import audit
from records.audit import Actor
from records.models import Programme, Staff
from triage.drafting_models import RosterHour
from triage.refusals import Refused

Hour = tuple[int, int]
"""(day of the week, Monday is 0; hour of the day)."""
Roster = Mapping[Hour, int]

WEEK = 7
MOST_CALLERS = 9999


class RosterChanged(Refused):
    message = "Somebody else has changed these hours meanwhile. Look at theirs, then send yours again."


class RosterOutOfHours(Refused):
    message = "Callers can only be at work while the centre is open."


def open_hours(programme: Programme) -> range:
    """The hours of the day in which the centre is open for any part."""
    last = programme.closes.hour + (1 if programme.closes > time(programme.closes.hour) else 0)
    return range(programme.opens.hour, last)


def roster(session: Session, *, programme_id: int) -> dict[Hour, int]:
    """The hours that have any caller; empty when nobody has written a roster yet."""
    found = select(RosterHour).where(RosterHour.programme_id == programme_id, RosterHour.callers > 0)
    return {(row.weekday, row.hour): row.callers for row in session.scalars(found)}


def mark(known: Roster) -> str:
    """What tells one roster from another, for whoever saves over what they saw."""
    content = ",".join(f"{day}.{hour}.{known[day, hour]}" for day, hour in sorted(known))
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def save(
    session: Session,
    *,
    programme: Programme,
    callers: Roster,
    seen: str,
    staff: Staff,
    now: datetime,
    from_address: str | None = None,
) -> None:
    """The whole week takes the place of the one that `seen` (see `mark`) was read from. Raises RosterChanged,
    RosterOutOfHours, ValueError for a number that is no number of callers.
    """
    wanted = {hour: count for hour, count in callers.items() if count}
    if not all(0 <= count <= MOST_CALLERS for count in wanted.values()):
        raise ValueError("a number of callers is from 0 to 9999")
    hours = open_hours(programme)
    if not all(0 <= day < WEEK and hour in hours for day, hour in wanted):
        raise RosterOutOfHours
    session.execute(select(Programme.id).where(Programme.id == programme.id).with_for_update(key_share=True))
    if mark(roster(session, programme_id=programme.id)) != seen:
        raise RosterChanged
    session.execute(delete(RosterHour).where(RosterHour.programme_id == programme.id))
    session.add_all(
        RosterHour(programme_id=programme.id, weekday=day, hour=hour, callers=count)
        for (day, hour), count in wanted.items()
    )
    audit.append(
        session,
        actor=Actor.staff(staff, from_address),
        action="roster.changed",
        subject=audit.SYSTEM_SUBJECT,
        now=now,
        details={"programme": programme.slug, "hours": len(wanted), "callers": sum(wanted.values())},
    )
