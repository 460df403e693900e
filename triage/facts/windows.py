"""What earlier answers say together: the lowest, highest and latest value of a window, and the trend up to now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

from triage.answered import plain
from triage.facts.parts import MISSING, TRENDS, Earlier, Fact, Inputs, Reading, Source, SourceKind, Status
from triage.facts.reading import read, unscale

MINUTES_OF_A_DAY = 24 * 60
Point = tuple[int, int]
"""Minutes and value."""


def window(fact: Fact, facts: Sequence[Fact], inputs: Inputs) -> Reading:
    """A fact of a window; missing when the window holds no known value. What could not be read or is hard to believe
    is no value to measure a change by. `facts` are those of the whole document.
    """
    if fact.source.kind in TRENDS:
        return trend(fact, answer_to(fact, facts), inputs)
    known = known_values(fact, fact.source, inputs.earlier)
    return chosen(fact.source.kind, [reading for _, reading in known])


def known_values(fact: Fact, source: Source, earlier: Iterable[Earlier]) -> list[tuple[Earlier, Reading]]:
    """The known values inside the window, the latest first."""
    within = sorted((past for past in earlier if inside(source, past)), key=lambda past: (past.days, past.minutes))
    read_ones = ((past, read(fact, plain(past.answers.get(source.key), fact.unit), past.origin)) for past in within)
    return [(past, reading) for past, reading in read_ones if reading.status is Status.KNOWN]


def inside(source: Source, past: Earlier) -> bool:
    if source.hours:
        return 0 < past.minutes <= source.hours * 60
    return 0 <= past.days <= source.days


def chosen(kind: SourceKind, latest_first: Sequence[Reading]) -> Reading:
    """One of the values of a window, the latest one of equals."""
    match kind:
        case SourceKind.LOWEST:
            return min(latest_first, key=lambda reading: reading.value or 0, default=MISSING)
        case SourceKind.HIGHEST:
            return max(latest_first, key=lambda reading: reading.value or 0, default=MISSING)
    return next(iter(latest_first), MISSING)


def answer_to(fact: Fact, facts: Iterable[Fact]) -> Fact:
    """The fact of the answer whose trend `fact` is: it says which values of it are plausible."""
    for known in facts:
        if known.source.kind is SourceKind.ANSWER and known.source.key == fact.source.key:
            return known
    return replace(fact, lowest=None, highest=None)


def trend(fact: Fact, answer: Fact, inputs: Inputs) -> Reading:
    """The change since the oldest known value of the window, or the slope through all of them and now, a day.

    Rounded half to even at the fact's decimals. It rests on the answer at hand: where that is hard to believe, so is
    the trend, and where it cannot be read there is none.
    """
    known = known_values(answer, fact.source, inputs.earlier)
    now = read(answer, plain(inputs.answers.get(fact.source.key), answer.unit))
    if not known:
        return MISSING
    origin = known[-1][1].origin
    if now.value is None:
        return now._replace(origin=origin)
    points = [(0, int(now.value)), *((-past.minutes, int(reading.value or 0)) for past, reading in known)]
    exact = slope(points) if fact.source.kind is SourceKind.SLOPE else Fraction(points[0][1] - points[-1][1])
    if exact is None:
        return MISSING
    value = round(exact * Fraction(10) ** (fact.decimals - answer.decimals))
    return Reading(believed(fact, value, now.status), value, unscale(value, fact.decimals), origin)


def believed(fact: Fact, value: int, now: Status) -> Status:
    beyond = (fact.lowest is not None and value < fact.lowest) or (fact.highest is not None and value > fact.highest)
    return Status.IMPLAUSIBLE if beyond else now


def slope(points: Sequence[Point]) -> Fraction | None:
    """Least squares, a day; None when all points stand at one time."""
    count, minutes, values = len(points), sum(at for at, _ in points), sum(value for _, value in points)
    spread = count * sum(at * at for at, _ in points) - minutes * minutes
    if not spread:
        return None
    together = count * sum(at * value for at, value in points) - minutes * values
    return Fraction(together * MINUTES_OF_A_DAY, spread)
