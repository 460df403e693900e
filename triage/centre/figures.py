"""How long patients waited for the first call, and whether that was in time. Pure.

One clock is one alert. It starts when the alert was raised and stops at the first call to the patient or the emergency
contact that was tried at or after that, whatever came of it; or when a person decided about the alert without another
call, if that was earlier. Waiting counts only while the centre is open, as targets do (triage.targets). Clocks that
still run count as longer than every other: a percentile that falls among them is not known yet, so that whoever was
never called makes no figure look better.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from records import clock
from triage.levels import Level
from triage.targets import Targets, open_on

PERCENTS = (50, 80, 90, 95)
MOST_DAYS = 400
"""Whoever waited longer has waited this long."""


@dataclass(frozen=True, slots=True)
class Clock:
    """`called_at` is None while it runs; `waited` is in seconds of the centre's hours, None as well."""

    team_id: int
    level: Level
    due_at: datetime
    called_at: datetime | None
    waited: int | None


@dataclass(frozen=True, slots=True)
class Times:
    """Of some clocks: how many, how many have stopped, percentiles and the longest wait in seconds (None: not known
    yet, because too many still run), and of those whose target is over (`judged`) how many were called in time.
    """

    alerts: int
    called: int
    percentiles: tuple[int | None, ...]
    longest: int | None
    judged: int
    within: int

    @property
    def share(self) -> float | None:
        return self.within / self.judged if self.judged else None


def open_seconds(hours: Targets, begins: datetime, ends: datetime) -> int:
    """For how many seconds between the two instants the centre was open."""
    if ends <= begins:
        return 0
    first = clock.local_day(begins, hours.zone)
    last = min(clock.local_day(ends, hours.zone), first + timedelta(days=MOST_DAYS))
    total = timedelta()
    for day in clock.days(first, last):
        opens, closes = open_on(hours, day)
        total += max(timedelta(), min(ends, closes) - max(begins, opens))
    return int(total.total_seconds())


def times(clocks: Iterable[Clock], *, now: datetime) -> Times:
    found = list(clocks)
    waits = sorted(one.waited for one in found if one.waited is not None)
    over = [one for one in found if one.due_at <= now]
    return Times(
        alerts=len(found),
        called=len(waits),
        percentiles=tuple(percentile(waits, len(found), percent) for percent in PERCENTS),
        longest=percentile(waits, len(found), 100),
        judged=len(over),
        within=sum(one.called_at is not None and one.called_at <= one.due_at for one in over),
    )


def percentile(waits: Sequence[int], clocks: int, percent: int) -> int | None:
    """The shortest wait within which `percent` of 100 of all `clocks` had stopped; `waits` are sorted, of those that
    have. None without any clock, and where it falls among those that still run.
    """
    if not clocks:
        return None
    place = max(1, math.ceil(clocks * percent / 100))
    return waits[place - 1] if place <= len(waits) else None
