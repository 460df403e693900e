"""When a check-in is due: pure rules from a programme's schedule to instants in a patient's zone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol

from records import clock

TIER_ALL, TIER_INTENSIVE = "all", "intensive"


class Schedule(Protocol):
    """What of a programme decides its check-ins; see records.models.Programme for each column."""

    @property
    def schedule(self) -> list[Any]: ...
    @property
    def intensive_from_day(self) -> int: ...
    @property
    def intensive_to_day(self) -> int: ...
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


def is_intensive(programme: Schedule, *, risk_tier: str, onset_on: date | None, on: date) -> bool:
    """Whether a patient is asked the intensive slots on local day `on`; an unknown onset counts as intensive."""
    if risk_tier == "high" or onset_on is None:
        return True
    return programme.intensive_from_day <= (on - onset_on).days <= programme.intensive_to_day


def next_slot(
    found: Iterable[Slot], programme: Schedule, *, risk_tier: str, onset_on: date | None, after: datetime
) -> Slot | None:
    """The first of `found` (in order) that opens after `after` and is asked of this patient."""
    for slot in found:
        if slot.opens_at > after and (
            slot.tier == TIER_ALL or is_intensive(programme, risk_tier=risk_tier, onset_on=onset_on, on=slot.local_on)
        ):
            return slot
    return None
