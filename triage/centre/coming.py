"""Reads what the forecast of the next hours needs, of the whole centre: its callers work for all teams together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from records.models import Programme
from triage import roster
from triage.centre import forecast
from triage.centre.forecast import Coming, Window
from triage.levels import Level

# The alert that opened a call-back was raised at the same instant, in the same statement.
ARRIVED = text("""
    SELECT w.hour, w.week, o.team_id, o.rank, count(*) AS total
    FROM unnest(CAST(:hours AS int[]), CAST(:weeks AS int[]), CAST(:begins AS timestamptz[]),
            CAST(:ends AS timestamptz[])) w (hour, week, begins, ends)
    CROSS JOIN LATERAL (
        SELECT a.callback_id, c.team_id, max(a.rank) AS rank FROM alerts a JOIN callbacks c ON c.id = a.callback_id
        WHERE a.raised_at >= w.begins AND a.raised_at < w.ends AND c.opened_at = a.raised_at
        GROUP BY a.callback_id, c.team_id
    ) o GROUP BY w.hour, w.week, o.team_id, o.rank
""")
DUE = text("""
    SELECT w.hour,
        (SELECT count(*) FROM enrolments e WHERE e.state = 'active' AND e.next_checkin_at >= w.begins
           AND e.next_checkin_at < w.ends) AS opening,
        (SELECT count(*) FROM checkins k WHERE k.state = 'open' AND k.closes_at >= w.begins AND k.closes_at < w.ends)
            AS ending,
        (SELECT count(*) FROM callbacks c WHERE c.state = 'open' AND c.next_try_at >= w.begins
           AND c.next_try_at < w.ends) AS tries
    FROM unnest(CAST(:hours AS int[]), CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[]))
        w (hour, begins, ends)
""")
NOW = text("""
    SELECT (SELECT raised_at FROM alerts ORDER BY id LIMIT 1) AS since,
        (SELECT count(*) FROM callbacks WHERE state = 'open' AND incident_id IS NULL
           AND (next_try_at IS NULL OR next_try_at <= :now)) AS waiting,
        pace.counted, pace.seconds
    FROM (SELECT count(*) AS counted, avg(held_seconds) AS seconds FROM (
        SELECT held_seconds FROM dispositions WHERE held_seconds > 0 ORDER BY id DESC LIMIT 500) latest) pace
""")


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Patients who came into the queue in the last sixty minutes, and on average in the same of the weeks before; by
    team, None where no such week is known.
    """

    now: Mapping[int, int]
    usual: Mapping[int, float] | None

    def total(self, teams: Iterable[int]) -> int:
        return sum(self.now.get(team, 0) for team in teams)

    def usual_total(self, teams: Iterable[int]) -> float | None:
        return None if self.usual is None else sum(self.usual.get(team, 0.0) for team in teams)


@dataclass(frozen=True, slots=True)
class Outlook:
    """`pace` is calls in an hour by one caller, None until enough are known; `waiting` could be called now."""

    hours: Sequence[Coming]
    waiting: int
    pace: float | None
    has_roster: bool
    arrivals: Arrivals


def outlook(session: Session, *, programmes: Sequence[Programme], zone: str, now: datetime) -> Outlook:
    """Three statements and one for each programme's roster."""
    coming, past = forecast.windows(now, zone), forecast.last_hour(now, zone)
    state = session.execute(NOW, {"now": now}).one()
    pace = forecast.pace(float(state.seconds) if state.seconds else None, state.counted)
    found = _arrived(session, [one for one in [*coming, *past] if one.week or one.hour < 0])
    due = {row.hour: row for row in session.execute(DUE, _asked(one for one in coming if not one.week))}
    rosters = [(one, roster.roster(session, programme_id=one.id)) for one in programmes]
    hours = []
    for one in (one for one in coming if not one.week):
        weeks = forecast.known_weeks((other for other in coming if other.hour == one.hour), state.since)
        callers = _callers(one, rosters)
        part = (one.ends - one.begins) / forecast.HOUR
        hours.append(
            Coming(
                begins=one.begins,
                ends=one.ends,
                expected=_expected(found, one.hour, weeks, part),
                tries=due[one.hour].tries,
                opening=due[one.hour].opening,
                ending=due[one.hour].ending,
                is_open=any(forecast.share_open(each, one.begins, one.ends) > 0 for each in programmes),
                callers=callers,
                capacity=None if callers is None or pace is None else callers * pace,
                left=None,
            )
        )
    return Outlook(
        hours=forecast.project(state.waiting, hours),
        waiting=state.waiting,
        pace=pace,
        has_roster=any(known for _, known in rosters),
        arrivals=_arrivals(found, forecast.known_weeks(past, state.since)),
    )


Found = dict[tuple[int, int], dict[tuple[int, Level], int]]
"""By (hour, week), then by (team, level)."""


def _arrived(session: Session, windows: Sequence[Window]) -> Found:
    found: Found = {}
    for row in session.execute(ARRIVED, _asked(windows)):
        found.setdefault((row.hour, row.week), {})[row.team_id, Level(row.rank)] = row.total
    return found


def _asked(windows: Iterable[Window]) -> dict[str, list[object]]:
    rows = [(one.hour, one.week, one.begins, one.ends) for one in windows]
    names = ("hours", "weeks", "begins", "ends")
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


def _expected(found: Found, hour: int, weeks: Sequence[int], part: float) -> dict[Level, float] | None:
    """For the part of the hour that is to come."""
    if not weeks:
        return None
    totals: dict[Level, float] = {}
    for week in weeks:
        for (_, level), count in found.get((hour, week), {}).items():
            totals[level] = totals.get(level, 0) + count * part / len(weeks)
    return totals


def _callers(one: Window, rosters: Sequence[tuple[Programme, roster.Roster]]) -> float | None:
    """Caller-hours of this window; None while nobody has written any roster."""
    if not any(known for _, known in rosters):
        return None
    return sum(
        known.get(forecast.local_hour(one.begins, programme.zone), 0)
        * forecast.share_open(programme, one.begins, one.ends)
        for programme, known in rosters
    )


def _arrivals(found: Found, weeks: Sequence[int]) -> Arrivals:
    now, usual = _by_team(found.get((-1, 0), {})), [_by_team(found.get((-1, week), {})) for week in weeks]
    teams = {team for one in usual for team in one}
    means = {team: sum(one.get(team, 0) for one in usual) / len(weeks) for team in teams}
    return Arrivals(now, means if weeks else None)


def _by_team(counted: Mapping[tuple[int, Level], int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for (team, _), count in counted.items():
        found[team] = found.get(team, 0) + count
    return found
