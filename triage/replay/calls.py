"""How many call-backs alerts would have opened, and in which hours the centre could have begun with them.

The queue has one open call-back for each patient, and a further alert joins it. A replay cannot know when somebody
would have called, so a call-back counts as open until it was due by the programme's target for its level, counted in
the centre's hours; a worse alert that joins brings that forward, as it does in the queue. What is raised while the
centre is closed is work for its next opening hour. What is left over when the period ends is counted in its first
morning, where what was left over from the evening before it would have been.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from triage.levels import Level
from triage.replay.result import HOURS
from triage.targets import Targets, open_on, target_minutes

Numbers = npt.NDArray[np.int64]
MINUTE = 60_000_000
DAY_HOURS = 24


class Centre:
    """The centre's hours in each day of the period; instants are µs since 1970."""

    def __init__(self, programme: Targets, from_on: date, to_on: date) -> None:
        self.zone, self.first = programme.zone, from_on
        self.days = (to_on - from_on).days + 1
        self.opens, self.closes = programme.opens, programme.closes
        each = [from_on + timedelta(days=number) for number in range(self.days + 2)]
        hours = [open_on(programme, day) for day in each]
        self.openings, self.closings = (
            np.array([round(moment.timestamp() * 1_000_000) for moment in moments], dtype=np.int64)
            for moments in zip(*hours, strict=True)
        )
        self.minutes = {level: target_minutes(programme, level) for level in (Level.ORANGE, Level.RED)}

    def local(self, at: Numbers) -> tuple[Numbers, Numbers]:
        """The day of the period and the µs since midnight that the centre's clocks show."""
        shown = pd.DatetimeIndex(at.view("datetime64[us]"), tz="UTC").tz_convert(self.zone).tz_localize(None)
        start = np.datetime64(self.first, "us").astype(np.int64)
        return np.divmod(shown.as_unit("us").asi8 - start, DAY_HOURS * 60 * MINUTE)

    def begin(self, at: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """When the centre can begin with what is raised at each instant; the day and the hour of that."""
        day, rest = self.local(at)
        opens, closes = _since_midnight(self.opens), _since_midnight(self.closes)
        open_now = (opens <= rest) & (rest < closes)
        later = np.clip(np.where(rest >= opens, day + 1, day), 0, len(self.openings) - 1)
        starts = np.where(open_now, at, self.openings[later])
        hour = np.where(open_now, rest // (60 * MINUTE), self.opens.hour)
        return starts, np.where(open_now, day, later), hour

    def due(self, starts: Numbers, days: Numbers, levels: npt.NDArray[np.int8]) -> Numbers:
        """A target that the evening leaves unfinished goes on in the next morning, and in no later one."""
        red, orange = self.minutes[Level.RED] * MINUTE, self.minutes[Level.ORANGE] * MINUTE
        due = starts + np.where(levels >= int(Level.RED), red, orange)
        over = due - self.closings[days]
        return np.where(over > 0, self.openings[np.minimum(days + 1, len(self.openings) - 1)] + over, due)


def _since_midnight(moment: object) -> int:
    return ((moment.hour * 60 + moment.minute) * 60 + moment.second) * 1_000_000 + moment.microsecond  # type: ignore[attr-defined, no-any-return]


class Book:
    """The call-backs of one version. Alerts come in slices of time, the earliest slice first."""

    def __init__(self, centre: Centre, enrolments: int) -> None:
        self.centre = centre
        self.open_until = np.zeros(enrolments, dtype=np.int64)
        self.opened = np.zeros((centre.days, DAY_HOURS), dtype=np.int64)
        self.waiting: list[tuple[Numbers, Numbers, npt.NDArray[np.int8]]] = []

    def add(self, places: Numbers, at: Numbers, levels: npt.NDArray[np.int8]) -> None:
        """Alerts of the slice that is read, in any order."""
        if len(places):
            self.waiting.append((places, at, levels))

    def close_slice(self) -> None:
        """Every alert up to here is known: work them off in order, each patient's first ones together."""
        if not self.waiting:
            return
        places, at, levels = (np.concatenate(part) for part in zip(*self.waiting, strict=True))
        self.waiting = []
        order = np.lexsort((at, places))
        places, at, levels = places[order], at[order], levels[order]
        starts, days, hours = self.centre.begin(at)
        due = self.centre.due(starts, days, levels)
        turn = _turns(places)
        for number in range(int(turn.max()) + 1):
            now = turn == number
            self._take(places[now], at[now], due[now], days[now], hours[now])

    def _take(self, places: Numbers, at: Numbers, due: Numbers, days: Numbers, hours: Numbers) -> None:
        until = self.open_until[places]
        fresh = at >= until
        np.add.at(self.opened, (days[fresh] % self.centre.days, hours[fresh]), 1)
        self.open_until[places] = np.where(fresh, due, np.minimum(until, due))

    @property
    def total(self) -> int:
        return int(self.opened.sum())

    def by_hour(self) -> list[list[int]]:
        """For each hour of the week, the counts of the days that had it."""
        found: list[list[int]] = [[] for _ in range(HOURS)]
        for day in range(self.centre.days):
            weekday = (self.centre.first + timedelta(days=day)).weekday()
            for hour in range(DAY_HOURS):
                found[weekday * DAY_HOURS + hour].append(int(self.opened[day, hour]))
        return found


def _turns(places: Numbers) -> Numbers:
    """Of sorted places: which one of its patient's each is, from 0."""
    first = np.r_[True, places[1:] != places[:-1]]
    starts = np.flatnonzero(first)
    return np.arange(len(places)) - np.repeat(starts, np.diff(np.r_[starts, len(places)]))
