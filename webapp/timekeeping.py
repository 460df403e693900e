"""What the worker does when the clock of its own machine is set while it runs.

The database usually has the same clock, so comparing with it finds nothing. A clock that nobody can set does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from apscheduler.triggers.base import BaseTrigger
from sqlalchemy.orm import Session, sessionmaker

from records import clock, heartbeats

STEP = timedelta(seconds=5)
"""Less than this from one look to the next is a clock that is being slewed, or two machines that agree well enough."""
HELD_FROM = timedelta(minutes=5)
HELD_SECONDS = 15 * 60
JOB = "clock"


class ClockSetOn(RuntimeError):
    """The clock went on by more than the time that passed: nothing is closed, raised or sent by it for a while."""


class ClockSetBack(RuntimeError):
    """The last beat was in what is now the future."""


class ClockWatch:
    """Compares this machine's clock with one that nobody can set.

    By a clock that was set on a day, every check-in of a day would close, be raised and be asked anew at once, and none
    of it can be taken back. So jobs rest for HELD_SECONDS, in which a mistake can be mended; then the new time counts.
    A clock set back makes nothing due too early, and what is unique stays so: jobs go on.
    """

    def __init__(self, present: Callable[[], datetime] = clock.now, ticks: Callable[[], float] = clock.ticks) -> None:
        self.present, self.ticks = present, ticks
        self.trusted = self.seen = self._gap()
        self.held_since: float | None = None
        self.lock = threading.Lock()

    def _gap(self) -> timedelta:
        return timedelta(seconds=self.present().timestamp() - self.ticks())

    def look(self) -> timedelta | None:
        """By how much the clock was set since the last look, which was a moment ago; None while it was not."""
        with self.lock:
            gap = self._gap()
            by, self.seen = gap - self.seen, gap
            if abs(by) >= STEP:
                return by
            self.trusted += by
            return None

    def check(self) -> None:
        """Raise ClockSetOn while what the clock shows is not believed yet."""
        with self.lock:
            gap = self._gap()
            if gap - self.trusted < HELD_FROM:
                self.held_since = None
                return
            if self.held_since is None:
                self.held_since = self.ticks()
            if self.ticks() - self.held_since < HELD_SECONDS:
                raise ClockSetOn(f"by {(gap - self.trusted).total_seconds():.0f} s")
            self.trusted, self.held_since = gap, None


class SoonAgain(BaseTrigger):
    """So many seconds after it last began, whatever the time is: a clock set on by a year leaves no year of runs."""

    def __init__(self, seconds: int) -> None:
        self.wait = timedelta(seconds=seconds)

    def get_next_fire_time(self, _previous_fire_time: datetime | None, now: datetime) -> datetime:
        return now + self.wait


def compare_with_last_beat(sessions: sessionmaker[Session], now: datetime) -> int:
    """Raise ClockSetBack, once, when the beat before was later than now: also when another process made it."""
    with sessions() as session:
        last = heartbeats.last(session, job=JOB)
    if last is not None and last - now >= STEP:
        raise ClockSetBack(f"by {(last - now).total_seconds():.0f} s or more")
    return 0
