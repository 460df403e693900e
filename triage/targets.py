"""By when a person must have called: the programme's targets, counted in the centre's hours. Pure."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Protocol

from records import clock
from triage.levels import Level


class Hours(Protocol):
    """When the centre is open, every day, in `zone`."""

    @property
    def zone(self) -> str: ...
    @property
    def opens(self) -> time: ...
    @property
    def closes(self) -> time: ...


class Targets(Hours, Protocol):
    """What of a programme decides when a call is due; targets are in minutes."""

    @property
    def red_minutes(self) -> int: ...
    @property
    def orange_minutes(self) -> int: ...
    @property
    def silent_minutes(self) -> int: ...


def target_minutes(programme: Targets, level: Level) -> int:
    """An urgent silence ranks above orange, so it never waits longer than an orange one."""
    if level >= Level.RED:
        return programme.red_minutes
    if level >= Level.SILENT_URGENT:
        return min(programme.orange_minutes, programme.silent_minutes)
    return programme.orange_minutes if level >= Level.ORANGE else programme.silent_minutes


def opening(programme: Hours, moment: datetime) -> datetime:
    """`moment` while the centre is open, else when it opens next."""
    return clock.next_opening(moment, programme.opens, programme.closes, programme.zone)


def due_at(programme: Targets, level: Level, raised_at: datetime) -> datetime:
    """The target of `level` after `raised_at`, of which only the minutes count in which the centre is open: what comes
    when it is closed, or just before it closes, is due in the morning. Never before an opening and never after a
    closing, which itself is still in time.
    """
    return later(programme, raised_at, timedelta(minutes=target_minutes(programme, level)))


def later(programme: Hours, moment: datetime, span: timedelta) -> datetime:
    """When the centre has been open for `span` since `moment`."""
    left, day = span, clock.local_day(moment, programme.zone)
    while True:
        begins, ends = open_on(programme, day)
        moment = max(moment, begins)
        if moment < ends:
            if moment + left <= ends:
                return moment + left
            left -= ends - moment
        day += timedelta(days=1)


def open_on(programme: Hours, day: date) -> tuple[datetime, datetime]:
    """When the centre opens and closes on `day` of its own calendar."""
    return clock.instant(day, programme.opens, programme.zone), clock.instant(day, programme.closes, programme.zone)
