"""The clock of a call-back: what happened to it, in order, and how long the patient waited. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from triage.levels import Level


class What(StrEnum):
    """Kinds of moments. Those of callback_events keep their codes (see EventKind)."""

    OPENED = "opened"
    ALERT = "alert"
    WORSE = "worse"
    DUE = "due"
    CALLED = "called"
    DECIDED = "decided"
    CLOSED = "closed"
    ESCALATED = "escalated"
    TAKEN_UP = "taken-up"
    ANNOUNCED = "announced"
    SAID_WORSE = "said-worse"
    SAID_LATER = "said-later"
    BRIDGED = "bridged"
    EXPIRED = "expired"
    PLANNED = "next-try"
    AMENDED = "amended"


@dataclass(frozen=True, slots=True)
class Moment:
    """`what` is a code of What or EventKind; `by` the name of who did it, None for the service or the patient.
    `derived`: no row was written at that instant; it follows from others.
    """

    at: datetime
    what: str
    by: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    derived: bool = False


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert. `rank` is triage.levels.Level's."""

    at: datetime
    rank: int
    kind: str
    due_at: datetime
    closed_at: datetime | None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Lap:
    """One clock: from the alert that started it, until the first call after that or the end of the call-back.
    `called_at` None: nobody called while it ran. `late_by` is zero for a call in time.
    """

    level: str
    began_at: datetime
    due_at: datetime
    called_at: datetime | None
    waited: timedelta
    late_by: timedelta


@dataclass(frozen=True, slots=True)
class Story:
    moments: tuple[Moment, ...]
    laps: tuple[Lap, ...]


# At one instant what came in stands before what was done about it.
ORDER = (What.OPENED, What.ALERT, What.WORSE, What.SAID_WORSE, What.EXPIRED, What.DUE)
TOLD_TWICE = (What.ANNOUNCED, What.SAID_WORSE, What.SAID_LATER, What.BRIDGED, What.PLANNED)
"""By a row of their own and by an event."""
LAST = (What.CALLED, What.DECIDED, What.CLOSED)


def told(
    *,
    alerts: Sequence[Raised],
    calls: Sequence[Moment],
    others: Iterable[Moment],
    closed_at: datetime | None,
    now: datetime,
) -> Story:
    """`calls` are the attempts. `others` may tell one thing twice, as a row and as an event of the same kind and
    instant: it is listed once.
    """
    ends = closed_at or now
    alerts = sorted(alerts, key=lambda alert: (alert.at, -alert.rank, alert.due_at))
    starts = list(_starts(alerts))
    laps = tuple(_lap(start, alerts, calls, ends, first=number == 0) for number, start in enumerate(starts))
    found = [*_raised(alerts, starts), *calls, *_once(others, planned={call.at for call in calls if _plans(call)})]
    found += [Moment(lap.due_at, What.DUE, None, {"level": lap.level}, derived=True) for lap in laps if lap.late_by]
    if closed_at is not None:
        found.append(Moment(closed_at, What.CLOSED, derived=True))
    return Story(tuple(sorted(found, key=_place)), laps)


def _starts(alerts: Sequence[Raised]) -> Iterator[Raised]:
    """Alerts that started a clock: the first, and each that was worse than everything that stood when it came."""
    for number, alert in enumerate(alerts):
        standing = [a.rank for a in alerts[:number] if a.closed_at is None or a.closed_at > alert.at]
        if all(rank < alert.rank for rank in standing):
            yield alert


def _raised(alerts: Sequence[Raised], starts: Sequence[Raised]) -> Iterator[Moment]:
    for number, alert in enumerate(alerts):
        started = any(alert is start for start in starts)
        what = What.OPENED if number == 0 else What.WORSE if started else What.ALERT
        details = {"kind": alert.kind, "level": Level(alert.rank).code, "due_at": alert.due_at, "cause": alert.cause}
        yield Moment(alert.at, what, None, details)


def _lap(start: Raised, alerts: Sequence[Raised], calls: Sequence[Moment], ends: datetime, *, first: bool) -> Lap:
    """A call may be written down as made shortly before its reason was: the first clock counts every call."""
    called = min((call.at for call in calls if first or call.at >= start.at), default=None)
    until = max(called or ends, start.at)
    alike = (alert.due_at for alert in alerts if alert.rank == start.rank and start.at <= alert.at <= until)
    due = min(alike, default=start.due_at)
    return Lap(Level(start.rank).code, start.at, due, called, until - start.at, max(timedelta(0), until - due))


def _plans(call: Moment) -> bool:
    return call.details.get("next_try_at") is not None


def _once(others: Iterable[Moment], *, planned: Collection[datetime]) -> Iterator[Moment]:
    """A try that a call planned is told with that call."""
    seen: set[tuple[datetime, str]] = {(at, What.PLANNED) for at in planned}
    for moment in others:
        if (moment.at, moment.what) not in seen or moment.what not in TOLD_TWICE:
            yield moment
        seen.add((moment.at, moment.what))


def _place(moment: Moment) -> tuple[datetime, int]:
    if moment.what in ORDER:
        return moment.at, ORDER.index(What(moment.what))
    return moment.at, len(ORDER) + 1 + (LAST.index(What(moment.what)) + 1 if moment.what in LAST else 0)
