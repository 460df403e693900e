"""The load by hour of the week, on the centre's clock. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from records import clock

Hour = tuple[int, int]
"""(day of the week, Monday is 0; hour of the day)."""
Counted = Iterable[tuple[datetime, int]]
"""The beginning of a quarter of an hour, and how many fell into it: no zone of the world is off by less."""


@dataclass(frozen=True, slots=True)
class Load:
    """Means for each hour of the week: patients who came into the queue, and calls that were tried."""

    first_on: date
    last_on: date
    opened: Mapping[Hour, float]
    calls: Mapping[Hour, float]

    @property
    def hours(self) -> range:
        """From the first to the last hour of the day in which anything happened."""
        known = [hour for _, hour in (*self.opened, *self.calls)]
        return range(min(known), max(known) + 1) if known else range(0)


def by_hour(first_on: date, last_on: date, opened: Counted, calls: Counted, zone: str) -> Load:
    """Both days belong to it. Means are over the days of the period that are that weekday."""
    days = weekdays(first_on, last_on)
    return Load(first_on, last_on, _means(opened, days, zone), _means(calls, days, zone))


def weekdays(first_on: date, last_on: date) -> dict[int, int]:
    found = dict.fromkeys(range(7), 0)
    for number in range((last_on - first_on).days + 1):
        found[(first_on + timedelta(days=number)).weekday()] += 1
    return found


def _means(counted: Counted, days: Mapping[int, int], zone: str) -> dict[Hour, float]:
    totals: dict[Hour, int] = {}
    for moment, count in counted:
        shown = clock.local(moment, zone)
        key = shown.weekday(), shown.hour
        totals[key] = totals.get(key, 0) + count
    return {key: total / days[key[0]] for key, total in totals.items() if days[key[0]]}
