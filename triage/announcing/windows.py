"""When a call can be expected, from what stands before it in the queue. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from records import clock
from triage.targets import Hours, later, open_on

STEP = timedelta(minutes=5)
NARROWEST = timedelta(minutes=15)
USUAL_SECONDS, SHORTEST_SECONDS, LONGEST_SECONDS = 360, 60, 1800
"""How long a call keeps a caller where nothing better is known, and the least and the most that is believed."""
EARLIER, LATER = 3, 5
"""Fourths of the expected wait: from three of them to five, for no queue keeps its pace."""


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
    start = later(hours, now, wait * EARLIER / 4)
    opens, closes = open_on(hours, clock.local_day(start, hours.zone))
    end = later(hours, now, wait * LATER / 4 + NARROWEST)
    from_at = max(opens, min(_down(start), closes - NARROWEST))
    return from_at, min(closes, max(_up(end), from_at + NARROWEST))


def outwards(from_at: datetime, until_at: datetime) -> Window:
    return _down(from_at), _up(until_at)


def _down(moment: datetime) -> datetime:
    return moment - (moment - datetime.min.replace(tzinfo=UTC)) % STEP


def _up(moment: datetime) -> datetime:
    return -(-(moment - datetime.min.replace(tzinfo=UTC)) // STEP) * STEP + datetime.min.replace(tzinfo=UTC)
