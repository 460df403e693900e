"""When a call can be expected, from what stands before it in the queue. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Protocol

from records import clock

STEP = timedelta(minutes=5)
NARROWEST = timedelta(minutes=15)
USUAL_SECONDS, SHORTEST_SECONDS, LONGEST_SECONDS = 360, 60, 1800
"""How long a call keeps a caller where nothing better is known, and the least and the most that is believed."""
EARLIER, LATER = 3, 5
"""Fourths of the expected wait: from three of them to five, for no queue keeps its pace."""


class Hours(Protocol):
    @property
    def zone(self) -> str: ...
    @property
    def opens(self) -> time: ...
    @property
    def closes(self) -> time: ...


@dataclass(frozen=True)
class Pace:
    """`callers` at work, each of whom a call keeps for `seconds`."""

    callers: int = 1
    seconds: int = USUAL_SECONDS

    def wait(self, ahead: int) -> timedelta:
        """Until it is the turn of a call that has `ahead` before it."""
        seconds = min(max(self.seconds, SHORTEST_SECONDS), LONGEST_SECONDS)
        return timedelta(seconds=ahead * seconds // max(self.callers, 1))


Window = tuple[datetime, datetime]


def window(*, ahead: int, pace: Pace, hours: Hours, now: datetime) -> Window:
    """From when until when the call can be expected: within the centre's hours of one day, rounded outwards to STEP and
    at least NARROWEST wide (or the whole of shorter hours). More calls before it never make it earlier.
    """
    wait = pace.wait(ahead)
    start = worked(hours, now, wait * EARLIER / 4)
    opens, closes = _day(hours, start)
    end = worked(hours, now, wait * LATER / 4 + NARROWEST)
    from_at = max(opens, min(_down(start), closes - NARROWEST))
    return from_at, min(closes, max(_up(end), from_at + NARROWEST))


def outwards(from_at: datetime, until_at: datetime) -> Window:
    return _down(from_at), _up(until_at)


def worked(hours: Hours, moment: datetime, span: timedelta) -> datetime:
    """The instant at which the centre has been open for `span` since `moment`."""
    at = clock.next_opening(moment, hours.opens, hours.closes, hours.zone)
    while True:
        closes = _day(hours, at)[1]
        if at + span < closes:
            return at + span
        span -= closes - at
        at = clock.next_opening(closes, hours.opens, hours.closes, hours.zone)


def _day(hours: Hours, moment: datetime) -> Window:
    """The opening and the closing of the day on which `moment` falls at the centre."""
    day = clock.local_day(moment, hours.zone)
    return clock.instant(day, hours.opens, hours.zone), clock.instant(day, hours.closes, hours.zone)


def _down(moment: datetime) -> datetime:
    return moment - (moment - datetime.min.replace(tzinfo=UTC)) % STEP


def _up(moment: datetime) -> datetime:
    return -(-(moment - datetime.min.replace(tzinfo=UTC)) // STEP) * STEP + datetime.min.replace(tzinfo=UTC)
