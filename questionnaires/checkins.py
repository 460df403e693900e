"""When a check-in is due: pure rules from a programme's schedule to instants in a patient's zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol

from records import clock

TIER_ALL = "all"
"""Slots of every other tier are asked on the days and of the patients that a programme calls intensive."""


class Schedule(Protocol):
    """What of a programme decides its check-ins; see records.models.Programme for each column."""

    @property
    def schedule(self) -> list[Any]: ...
    @property
    def silent_after_minutes(self) -> int: ...


@dataclass(frozen=True)
class Slot:
    """One asking of one local day; `closes_at` is when silence becomes a fact."""

    local_on: date
    name: str
    tier: str
    opens_at: datetime
    closes_at: datetime


def slots(programme: Schedule, zone: str, first: date, last: date) -> list[Slot]:
    """Every slot of the programme from local day `first` to `last`, in the order in which they open.

    The hours are those of `zone`, days when its clocks change included; the wait for an answer is real time.
    """
    wait = timedelta(minutes=programme.silent_after_minutes)
    made = [_slot(entry, day, zone, wait) for day in clock.days(first, last) for entry in programme.schedule]
    return sorted(made, key=lambda slot: slot.opens_at)


def _slot(entry: Mapping[str, str], day: date, zone: str, wait: timedelta) -> Slot:
    opens = clock.instant(day, time.fromisoformat(entry["at"]), zone)
    return Slot(day, entry["slot"], entry["tier"], opens, opens + wait)
