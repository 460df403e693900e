"""What docs/protocols.md says of the worth of rules, counted: three statements whatever the number of patients.

Call-backs count in the period in which they were opened, with every alert that came while they stood; events in the
period of their day. Nothing here reads an identity or an answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from records import clock
from records.models import Programme
from records.refusals import Refused, Sentence
from triage.models import DispositionKind as Kind
from triage.outcome_models import OutcomeKind
from triage.worth.intervals import Share
from triage.worth.statements import CALLS, EVENTS, OPENED_CALLS, WIDE

ACTED = frozenset({Kind.EXTRA_CHECKIN, Kind.RISK_UP, Kind.GP, Kind.HOSPITAL_ADVISED, Kind.AMBULANCE, Kind.ADMITTED})
"""What was done because of the call. Where the caller said nothing, these make it useful …"""
RESTED = frozenset({Kind.ADVICE, Kind.ENTRY_ERROR})
"""… and these, with none of those, do not. After any other nobody can tell: unreachable or looked for at home,
technical, answers of somebody else, other limits, handed on, dead.
"""
EMERGENCIES = frozenset({Kind.AMBULANCE, Kind.HOSPITAL_ADVISED, Kind.ADMITTED})
ANY_EVENT = tuple(OutcomeKind)
SEVERE = (OutcomeKind.INTENSIVE_CARE, OutcomeKind.DECEASED)


NOTHING = Share(0, 0)
MOST_CALLS = 100_000
"""Call-backs that a page waits for: some seconds."""


class TooMany(Refused):
    """More call-backs than a page waits for."""

    def __init__(self, most: int) -> None:
        words = "More than %(most)s call-backs were opened in these days. Choose fewer days."
        super().__init__(Sentence(words, {"most": most}))


@dataclass(frozen=True, slots=True)
class Period:
    """Both days belong to it."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Row:
    """Of one cause in one period. `alone`: call-backs that nothing else was part of. `seconds`: those for which callers
    held its call-backs, each call-back's shared equally among its causes; of `timed` call-backs. `said`: of how many
    the caller said whether they were useful.
    """

    period: int
    cause: str
    alerts: int = 0
    calls: int = 0
    alone: int = 0
    seconds: float = 0.0
    timed: int = 0
    said: int = 0
    useful: Share = NOTHING
    mistaken: Share = NOTHING
    emergencies: int = 0
    only_it: int = 0
    predictive: Share = NOTHING
    sensitivity: Share = NOTHING

    @property
    def is_wide(self) -> bool:
        return self.cause in WIDE


@dataclass(frozen=True, slots=True)
class Worth:
    """`rows` of what was part of a call-back or saw an event; `events` are patients with one, by period."""

    periods: tuple[Period, ...]
    rows: tuple[Row, ...]
    events: tuple[int, ...]

    def row(self, period: int, cause: str) -> Row:
        """That of a rule which was part of nothing has zeros, and the events that it did not see."""
        known = (row for row in self.rows if (row.period, row.cause) == (period, cause))
        return next(known, Row(period, cause, sensitivity=Share(0, self.events[period])))


def periods(first: date, last: date, by: str = "all") -> tuple[Period, ...]:
    """`first` to `last` undivided ("all"), or by calendar "week" (from Monday) or "month", cut at both ends."""
    starts = [first, *(day for day in _days(first, last) if day > first and _begins(day, by))]
    ends = [start - timedelta(days=1) for start in starts[1:]] + [last]
    return tuple(Period(*both) for both in zip(starts, ends, strict=True))


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _begins(day: date, by: str) -> bool:
    return (by == "week" and day.weekday() == 0) or (by == "month" and day.day == 1)


def measure(
    session: Session,
    *,
    programme: Programme,
    first: date,
    last: date,
    now: datetime,
    by: str = "all",
    within: int = 7,
    kinds: tuple[OutcomeKind, ...] = ANY_EVENT,
    rehearsal: bool = False,
    most: int = MOST_CALLS,
) -> Worth:
    """The worth of each rule of `programme` for call-backs opened from `first` to `last`, both included, in the zone
    of the centre. An event counts for an alert when it came on the alert's day or up to `within` days later; an alert
    is judged once these days are over. Real patients, or synthetic ones with `rehearsal`, never both together. Raises
    TooMany beyond `most` call-backs.
    """
    spans = periods(first, last, by)
    asked = {
        **asked_of(programme, first, last, now=now, within=within, kinds=kinds, rehearsal=rehearsal),
        "edges": [clock.instant(span.first, time(0), programme.zone) for span in spans],
        "days": [span.first for span in spans],
        "wide": list(WIDE),
        "emergencies": list(EMERGENCIES),
        "acted": list(ACTED),
        "rested": list(RESTED),
        "more": most + 1,
    }
    if session.scalars(OPENED_CALLS, asked).one() > most:
        raise TooMany(most)
    seen: dict[tuple[int, str | None], int] = {}
    for period, cause, patients in session.execute(EVENTS, asked):
        seen[period - 1, cause] = patients
    events = tuple(seen.get((number, None), 0) for number in range(len(spans)))
    counted = {(row["period"] - 1, row["cause"]): row for row in session.execute(CALLS, asked).mappings()}
    causes = sorted(set(counted) | {(period, cause) for period, cause in seen if cause is not None})
    rows = [_row(period, cause, counted.get((period, cause)), seen, events) for period, cause in causes]
    return Worth(spans, tuple(rows), events)


def asked_of(
    programme: Programme,
    first: date,
    last: date,
    *,
    now: datetime,
    within: int,
    kinds: tuple[OutcomeKind, ...],
    rehearsal: bool,
) -> dict[str, Any]:
    """What every statement asks for."""
    return {
        "programme": programme.id,
        "rehearsal": rehearsal,
        "zone": programme.zone,
        "first": first,
        "last": last,
        "begins": clock.instant(first, time(0), programme.zone),
        "ends": clock.instant(last + timedelta(days=1), time(0), programme.zone),
        "today": clock.local_day(now, programme.zone),
        "within": within,
        "kinds": list(kinds),
        "days": [first],
    }


def _row(period: int, cause: str, found: Any, seen: dict[tuple[int, str | None], int], events: tuple[int, ...]) -> Row:
    sensitivity = Share(seen.get((period, cause), 0), events[period])
    if found is None:  # it saw an event by an alert whose call-back was opened in another period
        return Row(period, cause, sensitivity=sensitivity)
    same = ("alerts", "calls", "alone", "seconds", "timed", "said", "emergencies", "only_it")
    return Row(
        period=period,
        cause=cause,
        **{name: found[name] for name in same},
        useful=Share(found["useful"], found["weighed"]),
        mistaken=Share(found["mistaken"], found["decided"]),
        predictive=Share(found["followed"], found["judged"]),
        sensitivity=sensitivity,
    )
