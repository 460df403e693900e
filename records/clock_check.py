"""Whether this machine's clock is the database's: every process compares, because claims and deadlines are shared."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from records import clock

SKEW_LIMIT = timedelta(seconds=2)


class ClockSkew(RuntimeError):
    """This machine's clock and the database's differ too much for claims and deadlines to mean anything; `there` is the
    database's instant.
    """

    def __init__(self, there: datetime, skew: timedelta) -> None:
        super().__init__(f"{skew.total_seconds():.0f} s apart from the database")
        self.there, self.skew = there, skew


def check_clock(session: Session, present: Callable[[], datetime]) -> None:
    """Raise ClockSkew when this machine's clock, before and after asking, is not the database's.

    Both, or a connection that took its time would count as a wrong clock. A process that rehearses on a moved clock is
    not compared: it is alone with its database.
    """
    if clock.is_moved():
        return
    before = present()
    there = session.scalars(text("SELECT clock_timestamp()")).one()
    skew = max(before - there, there - present())
    if skew > SKEW_LIMIT:
        raise ClockSkew(there, skew)
