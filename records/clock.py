"""Instants and local times. The only place where a local time becomes an instant, and the only caller of the clock."""

from __future__ import annotations

import time as machine
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones


class UnknownZone(ValueError):
    """The name is not an IANA time zone that this machine knows."""


_moved: Callable[[], datetime] | None = None


def now() -> datetime:
    """The present instant, aware UTC. Called by outermost code only; services are given `now`."""
    return datetime.now(UTC) if _moved is None else _moved()


@contextmanager
def living_by(present: Callable[[], datetime]) -> Iterator[None]:
    """Let this whole process live by another clock. A rehearsal does, which shares its database with nobody."""
    global _moved
    _moved = present
    try:
        yield
    finally:
        _moved = None


def is_moved() -> bool:
    return _moved is not None


def ticks() -> float:
    """Seconds of a clock that nobody can set; it counts the machine's own sleep where the system lets it."""
    sleeping = getattr(machine, "CLOCK_BOOTTIME", None)
    return machine.monotonic() if sleeping is None else machine.clock_gettime(sleeping)


@lru_cache
def zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    if name not in zone_names():
        raise UnknownZone(name)
    return ZoneInfo(name)


@lru_cache(maxsize=65536)
def instant(day: date, at: time, zone_name: str) -> datetime:
    """The instant at which clocks in `zone_name` show `at` on `day`.

    An hour that happens twice means its first passing; an hour that is skipped means the moment it would have been,
    read with the offset before the change (02:30 becomes 03:30 in spring), so that every slot of every day exists.
    """
    return datetime.combine(day, at, zone(zone_name)).replace(fold=0).astimezone(UTC)


def passings(day: date, at: time, zone_name: str) -> tuple[datetime, ...]:
    """Every instant at which clocks in `zone_name` show `at` on `day`: one, two in the night in which they are put
    back, none for an hour that is skipped.
    """
    shown = datetime.combine(day, at)
    found = [shown.replace(tzinfo=zone(zone_name), fold=fold).astimezone(UTC) for fold in (0, 1)]
    return tuple(m for m in dict.fromkeys(found) if local(m, zone_name).replace(tzinfo=None) == shown)


def local(moment: datetime, zone_name: str) -> datetime:
    return moment.astimezone(zone(zone_name))


def local_day(moment: datetime, zone_name: str) -> date:
    return local(moment, zone_name).date()


def days(first: date, last: date) -> list[date]:
    """Every day from `first` to `last`, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def is_open(moment: datetime, opens: time, closes: time, zone_name: str) -> bool:
    """Whether `moment` falls in the centre's hours, `opens` included and `closes` not; hours never cross midnight."""
    return opens <= local(moment, zone_name).time() < closes


def next_opening(moment: datetime, opens: time, closes: time, zone_name: str) -> datetime:
    """`moment` itself while the centre is open, else the next opening hour."""
    here = local(moment, zone_name)
    if opens <= here.time() < closes:
        return moment
    day = here.date() if here.time() < opens else here.date() + timedelta(days=1)
    return instant(day, opens, zone_name)
