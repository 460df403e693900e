"""What another value of a limit would have meant: alerts, calls, and which patients would have been seen in time.

One statement reads how often each value was measured; the rest is adding up. The limit of everybody is looked at and no
patient's own one, and each rule as if it were the only one. Replaying a draft looks at it all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from records import clock
from records.models import Programme
from records.refusals import Refused, Sentence
from triage.documents import Document
from triage.outcome_models import OutcomeKind
from triage.worth.counting import ANY_EVENT, asked_of
from triage.worth.intervals import FEW, Share
from triage.worth.limits import Use, fits
from triage.worth.statements import ANSWERS, READINGS

MOST_ANSWERS = 400_000
"""Answers that a page waits for: some seconds."""
LITTLE_MORE = Decimal("0.20")
"""More alerts that are still proposed, if more patients are seen for them."""


class TooMany(Refused):
    """More answers than a page waits for."""

    def __init__(self, most: int) -> None:
        super().__init__(Sentence("More than %(most)s answers came in these days. Choose fewer days.", {"most": most}))


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each value was read: each reading with how many of them are judged and followed by an event; the worst
    of each patient and day; the worst before each event, None where nothing was read.
    """

    readings: dict[Decimal, tuple[int, int, int]]
    calls: dict[Decimal, int]
    events: dict[Decimal | None, int]

    @property
    def patients(self) -> int:
        return sum(self.events.values())


@dataclass(frozen=True, slots=True)
class Candidate:
    """One value of the limit: readings beyond it, patients' days with one, patients with an event seen before it, and
    readings beyond it that an event followed. `fits`: the orders between limits allow it.
    """

    value: Decimal
    alerts: int
    calls: int
    sensitivity: Share
    predictive: Share
    is_present: bool
    fits: bool


@dataclass(frozen=True, slots=True)
class Curve:
    """`fewer`: sees as many patients for fewer alerts. `more`: sees more for at most LITTLE_MORE more alerts. None
    where there is no such value, or where fewer than FEW patients had an event: from these nothing is proposed.
    """

    use: Use
    weeks: Decimal
    readings: int
    patients: int
    candidates: tuple[Candidate, ...]
    fewer: Candidate | None
    more: Candidate | None

    @property
    def present(self) -> Candidate:
        return next(one for one in self.candidates if one.is_present)

    def a_week(self, count: int) -> Decimal:
        return (count / self.weeks).quantize(Decimal("0.1"))


def curve(
    session: Session,
    *,
    programme: Programme,
    document: Document,
    use: Use,
    first: date,
    last: date,
    now: datetime,
    within: int = 7,
    kinds: tuple[OutcomeKind, ...] = ANY_EVENT,
    rehearsal: bool = False,
    most: int = MOST_ANSWERS,
) -> Curve:
    """The trade-off of `use` over the answers from `first` to `last`; events as in `counting.measure`. Raises TooMany
    beyond `most` answers.
    """
    asked = asked_of(programme, first, last, now=now, within=within, kinds=kinds, rehearsal=rehearsal)
    reads = clock.instant(first - timedelta(days=within), time(0), programme.zone)
    asked |= {"fact": use.fact.name, "sign": use.sign, "reads": reads, "more": most + 1}
    if session.scalars(ANSWERS, asked).one() > most:
        raise TooMany(most)
    rows = session.execute(READINGS, asked)
    counts = Counts({}, {}, {})
    for part, value, number, judged, followed in rows:
        if part == "readings":
            counts.readings[value] = (number, judged, followed)
        else:
            getattr(counts, part)[value] = number
    return drawn(document, use, counts, days=(last - first).days + 1)


def drawn(document: Document, use: Use, counts: Counts, *, days: int) -> Curve:
    """The curve of these counts over so many days."""
    found = tuple(_candidate(document, use, counts, value) for value in use.candidates())
    present = next(one for one in found if one.is_present)
    told = [one for one in found if one.fits] if counts.patients >= FEW else []
    return Curve(
        use=use,
        weeks=Decimal(days) / 7,
        readings=sum(number for number, _, _ in counts.readings.values()),
        patients=counts.patients,
        candidates=found,
        fewer=_fewer(present, told),
        more=_more(present, told),
    )


def _candidate(document: Document, use: Use, counts: Counts, value: Decimal) -> Candidate:
    beyond = [row for reading, row in counts.readings.items() if use.is_beyond(reading, value)]
    return Candidate(
        value=value,
        alerts=sum(row[0] for row in beyond),
        calls=sum(_beyond(use, counts.calls.items(), value)),
        sensitivity=Share(sum(_beyond(use, counts.events.items(), value)), counts.patients),
        predictive=Share(sum(row[2] for row in beyond), sum(row[1] for row in beyond)),
        is_present=value == Decimal(use.limit.text),
        fits=fits(document, use.limit, value),
    )


def _beyond(use: Use, items: Iterable[tuple[Decimal | None, int]], value: Decimal) -> Iterator[int]:
    return (number for reading, number in items if reading is not None and use.is_beyond(reading, value))


def _fewer(present: Candidate, told: list[Candidate]) -> Candidate | None:
    """The fewest alerts; of equals the value nearest to the present one."""
    good = [one for one in told if one.sensitivity.part >= present.sensitivity.part and one.alerts < present.alerts]
    return min(good, key=lambda one: (one.alerts, abs(one.value - present.value)), default=None)


def _more(present: Candidate, told: list[Candidate]) -> Candidate | None:
    """The most patients seen; of equals the fewest alerts, then the nearest value."""
    most = present.alerts * (1 + LITTLE_MORE)
    good = [one for one in told if one.sensitivity.part > present.sensitivity.part and one.alerts <= most]
    return min(good, key=lambda one: (-one.sensitivity.part, one.alerts, abs(one.value - present.value)), default=None)
