"""A week of a team's rota as it is shown: each day's shifts, and the hours that nobody covers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from records import clock
from records.db import db
from records.models import Programme, Team
from triage.duty import shifts
from triage.duty.gaps import Gap, gaps
from triage.models import Duty, Shift

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class DayOfRota:
    day: date
    shifts: Sequence[Shift]
    gaps: Sequence[Gap]


@dataclass(frozen=True)
class Week:
    """`gaps` are only of what is still to come: nobody can cover an hour that is over."""

    team: Team
    monday: date
    zone: str
    days: Sequence[DayOfRota]
    gaps: Sequence[Gap]
    on_call_now: Sequence[str]
    leading_now: Sequence[str]

    @property
    def before(self) -> date:
        return self.monday - WEEK

    @property
    def after(self) -> date:
        return self.monday + WEEK

    @property
    def last(self) -> date:
        return self.monday + timedelta(days=6)


def zone_of(programmes: Sequence[Programme]) -> str:
    return programmes[0].zone if programmes else "Europe/Paris"


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def week_of(team: Team, monday: date, now: datetime) -> Week:
    programmes = shifts.programmes_of(db.session(), team_id=team.id)
    zone = zone_of(programmes)
    begins, ends = clock.instant(monday, time(), zone), clock.instant(monday + WEEK, time(), zone)
    found = shifts.between(db.session(), team_ids=[team.id], from_at=begins, until_at=ends)
    from_at = min(max(begins, now), ends)
    empty = gaps(found, programmes, from_at=from_at, until_at=ends) if from_at < ends else []
    days = [_day(monday + timedelta(days=number), zone, found, empty) for number in range(7)]
    on_call, leading = (
        [person.name for person in shifts.on_call(db.session(), team_id=team.id, now=now, duty=duty)]
        for duty in (Duty.ON_CALL, Duty.LEAD)
    )
    return Week(team, monday, zone, days, empty, on_call, leading)


def _day(day: date, zone: str, found: Sequence[Shift], empty: Sequence[Gap]) -> DayOfRota:
    begins, ends = clock.instant(day, time(), zone), clock.instant(day + timedelta(days=1), time(), zone)
    return DayOfRota(
        day,
        [shift for shift in found if shift.from_at < ends and shift.until_at > begins],
        [
            Gap(gap.duty, max(gap.from_at, begins), min(gap.until_at, ends))
            for gap in empty
            if gap.from_at < ends and gap.until_at > begins
        ],
    )
