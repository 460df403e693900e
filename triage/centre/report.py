"""The report of a shift: what was done, how long patients waited, by team, level and person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, raiseload

from records import clock
from records.models import Programme, Staff, Team
from records.refusals import Refused, Sentence
from triage.centre import load, work
from triage.centre.figures import Clock, Times, times
from triage.centre.work import Done, Escalated
from triage.levels import Level
from triage.models import AttemptOutcome, DispositionKind, EventKind

LONGEST = timedelta(days=31)
WEEK = timedelta(days=7)
USUAL = timedelta(days=28)
"""What the load by hour is of when the period is too short to have each hour of a week."""


class TooLong(Refused):
    """More than a page waits for."""

    def __init__(self) -> None:
        super().__init__(Sentence("Choose at most %(days)s days.", {"days": LONGEST.days}))


class OutOfOrder(Refused):
    def __init__(self) -> None:
        super().__init__(Sentence("The end is before the beginning. Choose a later end."))


@dataclass(frozen=True, slots=True)
class Tally:
    """What one person, one team or everybody did. `held` are seconds, of `timed` decisions."""

    tried: int
    reached: int
    decided: Mapping[str, int]
    said: int
    useful: int
    held: int
    timed: int
    lapsed: int
    taken_over: int
    handed_over: int

    @property
    def decisions(self) -> int:
        return sum(self.decided.values())

    @property
    def mean_held(self) -> float | None:
        return self.held / self.timed if self.timed else None


@dataclass(frozen=True, slots=True)
class Report:
    """`clocks`, `calls`, `decisions` and `events` are as they were read; everything else is counted from them."""

    begins: datetime
    ends: datetime
    now: datetime
    teams: Sequence[Team]
    people: Mapping[int, Staff]
    clocks: Sequence[Clock]
    calls: Sequence[Done]
    decisions: Sequence[Done]
    events: Sequence[Done]
    escalated: Sequence[Escalated]
    load: load.Load

    def times(self, team_id: int | None = None, level: Level | None = None) -> Times:
        wanted = (one for one in self.clocks if team_id in (None, one.team_id) and level in (None, one.level))
        return times(wanted, now=self.now)

    def tally(self, *, team_id: int | None = None, staff_ids: Iterable[int] | None = None) -> Tally:
        """Of one team or all, of some people or everybody, whom the service's own doings go with."""
        only = None if staff_ids is None else set(staff_ids)
        calls, decisions, events = (
            [one for one in found if team_id in (None, one.team_id) and (only is None or one.staff_id in only)]
            for found in (self.calls, self.decisions, self.events)
        )
        return _tally(calls, decisions, events)

    def escalations(self, team_id: int | None = None) -> tuple[int, int]:
        """How many, and at how many there was nobody."""
        found = [one for one in self.escalated if team_id in (None, one.team_id)]
        return sum(one.total for one in found), sum(one.nobody for one in found)


def _tally(calls: Sequence[Done], decisions: Sequence[Done], events: Sequence[Done]) -> Tally:
    return Tally(
        tried=sum(one.total for one in calls),
        reached=sum(one.total for one in calls if one.code == AttemptOutcome.REACHED),
        decided={kind.value: _count(decisions, kind) for kind in DispositionKind if _count(decisions, kind)},
        said=sum(one.said for one in decisions),
        useful=sum(one.useful for one in decisions),
        held=sum(one.held for one in decisions),
        timed=sum(one.timed for one in decisions),
        lapsed=_count(events, EventKind.EXPIRED),
        taken_over=_count(events, EventKind.TAKEN_OVER),
        handed_over=_count(events, EventKind.HANDED_OVER),
    )


def _count(found: Sequence[Done], code: str) -> int:
    return sum(one.total for one in found if one.code == code)


def report(
    session: Session,
    *,
    teams: Sequence[Team],
    programmes: Sequence[Programme],
    zone: str,
    begins: datetime,
    ends: datetime,
    now: datetime,
) -> Report:
    """Of alerts, calls and decisions from `begins` on and before `ends`. Eight statements.

    Raises OutOfOrder, TooLong.
    """
    if ends <= begins:
        raise OutOfOrder
    if ends - begins > LONGEST + timedelta(hours=1):  # a month may hold the night in which clocks are put back
        raise TooLong
    team_ids = [team.id for team in teams]
    asked = work.asked_of(team_ids, begins, ends)
    calls, decisions = work.calls(session, asked), work.decisions(session, asked)
    events = work.events(session, asked, now=now)
    seen = {one.staff_id for one in (*calls, *decisions, *events) if one.staff_id is not None}
    return Report(
        begins=begins,
        ends=ends,
        now=now,
        teams=teams,
        people=_people(session, seen),
        clocks=list(work.clocks(session, asked, {one.id: one for one in programmes})),
        calls=calls,
        decisions=decisions,
        events=events,
        escalated=work.escalated(session, asked),
        load=_load(session, team_ids, begins, min(ends, now), zone),
    )


def _people(session: Session, seen: Collection[int]) -> dict[int, Staff]:
    known = select(Staff).where(Staff.id.in_(seen)).options(raiseload(Staff.teams))
    return {one.id: one for one in session.scalars(known)} if seen else {}


def _load(session: Session, team_ids: Sequence[int], begins: datetime, ends: datetime, zone: str) -> load.Load:
    """Of the whole days of the period, where it has every day of a week, else of the four weeks up to its end; from the
    first day on which anything happened: the weeks before a centre began say nothing of its hours.
    """
    last = clock.local_day(ends - timedelta(microseconds=1), zone)
    first = clock.local_day(begins, zone) if ends - begins >= WEEK else last - USUAL + timedelta(days=1)
    asked = work.asked_of(team_ids, *days_of(first, last, zone))
    opened, tried = work.opened(session, asked), work.tried(session, asked)
    began = min((clock.local_day(at, zone) for at, _ in (*opened, *tried)), default=first)
    return load.by_hour(max(first, began), last, opened, tried, zone)


def days_of(first: date, last: date, zone: str) -> tuple[datetime, datetime]:
    return clock.instant(first, time(0), zone), clock.instant(last + timedelta(days=1), time(0), zone)
