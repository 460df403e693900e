"""The next hours: the calls that are to be expected, and those that can be made. Pure.

Expected is the mean of the same hour of the same weekday in the last four weeks, of the weeks that the centre has been
at work; and the tries that are due again. What can be made is the callers of the roster, for the part of the hour in
which the centre is open, at the pace of the latest call-backs. What cannot be made waits for the next hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from records import clock
from triage.levels import Level
from triage.targets import Targets, open_on

WEEKS = 4
AHEAD = 8
HOUR = timedelta(hours=1)
ENOUGH = 20
"""Call-backs from which a pace is told."""
A_CALL = 0.5
"""Less than half a call left over is none."""


@dataclass(frozen=True, slots=True)
class Window:
    """`hour` counts from the present one, which is 0; `week` is how many weeks ago, 0 for what comes."""

    hour: int
    week: int
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Coming:
    """One hour. `expected` calls by level, None where no week is known; `tries` are due again, `opening` check-ins
    will be asked, `ending` unanswered ones will be silences. `callers`, `capacity` (calls) and `left` (at its end) are
    None where they cannot be known.
    """

    begins: datetime
    ends: datetime
    expected: Mapping[Level, float] | None
    tries: int
    opening: int
    ending: int
    is_open: bool
    callers: float | None
    capacity: float | None
    left: float | None

    @property
    def calls(self) -> float | None:
        return None if self.expected is None else sum(self.expected.values()) + self.tries

    @property
    def overflows(self) -> bool:
        return self.is_open and self.left is not None and self.left >= A_CALL


def windows(now: datetime, zone: str, ahead: int = AHEAD) -> list[Window]:
    """What is left of this hour and the next ones, and each of them in the weeks before by the same local clock."""
    shown = clock.local(now, zone)
    first = now - timedelta(minutes=shown.minute, seconds=shown.second, microseconds=shown.microsecond)
    found = []
    for hour in range(ahead):
        begins = first + hour * HOUR
        found.append(Window(hour, 0, max(now, begins), begins + HOUR))
        found += [Window(hour, week, *_before(begins, week, zone)) for week in range(1, WEEKS + 1)]
    return found


def last_hour(now: datetime, zone: str) -> list[Window]:
    """The sixty minutes until now, and the same of the weeks before."""
    past = [Window(-1, week, *_before(now - HOUR, week, zone)) for week in range(1, WEEKS + 1)]
    return [Window(-1, 0, now - HOUR, now), *past]


def _before(begins: datetime, week: int, zone: str) -> tuple[datetime, datetime]:
    shown = clock.local(begins, zone)
    then = clock.instant(shown.date() - timedelta(weeks=week), shown.time(), zone)
    return then, then + HOUR


def mean(counts: Mapping[int, int], known: Sequence[int]) -> float | None:
    """`counts` by week; `known` are the weeks in which the centre was at work."""
    return sum(counts.get(week, 0) for week in known) / len(known) if known else None


def known_weeks(found: Iterable[Window], since: datetime | None) -> list[int]:
    """The weeks before that lie after the centre's first alert."""
    return [] if since is None else [one.week for one in found if one.week and one.begins >= since]


def share_open(hours: Targets, begins: datetime, ends: datetime) -> float:
    """The part of an hour, from 0 to 1, in which the centre is open between the two instants."""
    day = clock.local_day(begins, hours.zone)
    opens, closes = open_on(hours, day)
    return max(timedelta(), min(ends, closes) - max(begins, opens)) / HOUR


def pace(mean_seconds: float | None, counted: int) -> float | None:
    """Calls that one caller makes in an hour; None until enough are known."""
    return 3600 / mean_seconds if mean_seconds and counted >= ENOUGH else None


def project(waiting: int, hours: Sequence[Coming]) -> list[Coming]:
    """The same hours with what is left at the end of each, from what waits now."""
    left: float | None = waiting
    found: list[Coming] = []
    for one in hours:
        if left is not None and one.calls is not None and one.capacity is not None:
            left = max(0.0, left + one.calls - one.capacity)
        else:
            left = None
        found.append(replace(one, left=left))
    return found


def first_overflow(hours: Sequence[Coming]) -> Coming | None:
    return next((one for one in hours if one.overflows), None)


def local_hour(moment: datetime, zone: str) -> tuple[int, int]:
    """(day of the week, Monday is 0; hour of the day)."""
    shown = clock.local(moment, zone)
    return shown.weekday(), shown.hour
