"""What would have changed a level: the nearest other value of each answer, everything else as it was. Pure.

Between two values with which some condition compares a number nothing can change, so trying each such value and its
two neighbours at the declared decimals finds the exact ones. Each is found by assessing again, so none is guessed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from triage.assess import Assessment, CompiledProtocol, Occasion, assess, own_bounds
from triage.conditions.compiling import Bounds
from triage.conditions.shapes import Between, Change, Compare, Condition, LimitName, Operand, facts_of, parts_of
from triage.facts import NUMERIC, Fact, FactKind, Reading, SourceKind, Status, readings_from_json, scale, unscale
from triage.levels import Level

UP, DOWN, OTHER = 1, -1, 0
MOST = 4_000
"""Assessments at most, some tenths of a second: a document can be of any size."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """With `value` (scaled, or a code, or yes or no) in place of what was answered the level would have been `level`.
    `direction` is UP or DOWN of a number, else OTHER; `text` is the value with its declared decimals.
    """

    fact: str
    value: bool | int | str
    text: str
    direction: int
    level: Level
    call_15: bool


@dataclass(frozen=True, slots=True)
class Tried:
    """What was found; unless `all` no more can be said of the answers than that."""

    found: tuple[Nearest, ...]
    all: bool


def nearest(
    protocol: CompiledProtocol, *, facts: Mapping[str, Any], own_limits: Mapping[str, str], occasion: str = "answer"
) -> tuple[Nearest, ...]:
    """What `tried` finds where the questionnaire works out no score."""
    return tried(protocol, facts=facts, own_limits=own_limits, occasion=occasion).found


def tried(
    protocol: CompiledProtocol,
    *,
    facts: Mapping[str, Any],
    own_limits: Mapping[str, str],
    occasion: str = "answer",
    scored: Collection[str] = (),
) -> Tried:
    """In the order of the document's facts; of a number the value below before the one above, of others in the order of
    their choices. Only what was answered is changed, never to a value that is hard to believe, and only one answer at a
    time: a change since earlier moves with its answer. Where a slope, another fact or a score hangs on it (`scored` are
    the linkIds that the questionnaire's scores are worked out from), it is left out.
    """
    search = _Search(protocol, facts, own_limits, Occasion(occasion), scored)
    return Tried(tuple(search.all()), all=search.left > 0 and not search.left_out)


class _Search:
    def __init__(
        self,
        protocol: CompiledProtocol,
        facts: Mapping[str, Any],
        own_limits: Mapping[str, str],
        occasion: Occasion,
        scored: Collection[str],
    ) -> None:
        self.protocol, self.occasion, self.scored = protocol, occasion, scored
        self.readings = readings_from_json(facts)
        self.own = {name: Decimal(value) for name, value in own_limits.items()}
        self.bounds, _ = own_bounds(protocol, self.own)
        self.left = MOST
        self.now = self.assessed({})
        self.conditions = list(_conditions(protocol))
        self.read = _read(protocol, occasion)
        self.answers = [fact for fact in protocol.facts.values() if fact.source.kind is SourceKind.ANSWER]
        self.left_out = False

    def all(self) -> Iterator[Nearest]:
        for fact in self.answers:
            reading = self.readings.get(fact.name)
            if reading is None or reading.value is None or self.is_bound(fact):
                self.left_out |= fact.name in self.read
                continue
            if fact.kind in NUMERIC:
                yield from self.numbers(fact, int(reading.value))
            else:
                yield from self.others(fact, reading)

    def is_bound(self, fact: Fact) -> bool:
        """Whether more hangs on the answer than this fact and the changes that move with it."""
        key = fact.source.key
        same = sum(other.source.key == key for other in self.answers)
        return key in self.scored or same > 1 or (fact.kind in NUMERIC and self.moving(fact) is None)

    def assessed(self, changed: Mapping[str, Reading]) -> Assessment:
        self.left -= 1
        return assess(self.protocol, {**self.readings, **changed}, own_limits=self.own, occasion=self.occasion)

    def differs(self, found: Assessment) -> bool:
        return (found.level, found.call_15) != (self.now.level, self.now.call_15)

    def others(self, fact: Fact, reading: Reading) -> Iterator[Nearest]:
        choices: Iterable[Any] = (True, False) if fact.kind is FactKind.BOOLEAN else fact.choices
        for value in choices:
            if value == reading.value or self.left <= 0:
                continue
            text = value if isinstance(value, str) else "yes" if value else "no"
            found = self.assessed({fact.name: Reading(Status.KNOWN, value, text)})
            if self.differs(found):
                yield Nearest(fact.name, value, text, OTHER, found.level, found.call_15)

    def numbers(self, fact: Fact, value: int) -> Iterator[Nearest]:
        moving = self.moving(fact)
        if moving is None:
            return
        tried = {bound + step for bound in self.boundaries(fact, value, moving) for step in (-1, 0, 1)} | {*_ends(fact)}
        plausible = {number for number in tried if _is_plausible(fact, number)}
        down = sorted((number for number in plausible if number < value), reverse=True)
        up = sorted(number for number in plausible if number > value)
        for direction, numbers in ((DOWN, down), (UP, up)):
            yield from self.first(fact, value, moving, direction, numbers)

    def first(
        self, fact: Fact, value: int, moving: list[Fact], direction: int, numbers: Iterable[int]
    ) -> Iterator[Nearest]:
        for number in numbers:
            if self.left <= 0:
                return
            found = self.assessed(self.changed(fact, number, moving, number - value))
            if self.differs(found):
                text = unscale(number, fact.decimals)
                yield Nearest(fact.name, number, text, direction, found.level, found.call_15)
                return

    def moving(self, fact: Fact) -> list[Fact] | None:
        """The changes that move with this answer; None where what hangs on it cannot be told from what is stored."""
        same = [other for other in self.protocol.facts.values() if other.source.key == fact.source.key]
        trends = [other for other in same if other.source.kind in (SourceKind.CHANGE, SourceKind.SLOPE)]
        known = [other for other in trends if self.value(other.name) is not None]
        if any(other.source.kind is SourceKind.SLOPE or other.decimals != fact.decimals for other in known):
            return None
        return known

    def changed(self, fact: Fact, number: int, moving: list[Fact], by: int) -> dict[str, Reading]:
        made = {fact.name: Reading(Status.KNOWN, number, unscale(number, fact.decimals))}
        for other in moving:
            moved = (self.value(other.name) or 0) + by
            status = Status.KNOWN if _is_plausible(other, moved) else Status.IMPLAUSIBLE
            made[other.name] = Reading(status, moved, unscale(moved, other.decimals))
        return made

    def value(self, name: str) -> int | None:
        reading = self.readings.get(name)
        return reading.value if reading is not None and isinstance(reading.value, int) else None

    def boundaries(self, fact: Fact, value: int, moving: list[Fact]) -> Iterator[int]:
        """Where any condition on this number, or on a change that moves with it, may turn over."""
        for condition in self.conditions:
            if condition.fact == fact.name:
                yield from self.turns(condition, fact)
            for other in moving:
                if condition.fact == other.name:
                    yield from (turn - (self.value(other.name) or 0) + value for turn in self.turns(condition, other))
        for other in moving:
            yield from (end - (self.value(other.name) or 0) + value for end in _ends(other))

    def turns(self, condition: Compare | Between | Change, fact: Fact) -> Iterator[int]:
        match condition:
            case Compare(_, _, operand):
                yield _scaled(operand, fact, self.bounds)
            case Between(_, low, high):
                yield _scaled(low, fact, self.bounds)
                yield _scaled(high, fact, self.bounds)
            case Change(_, since, _, operand):
                before = self.value(since)
                if before is not None:
                    yield before + _scaled(operand, fact, self.bounds)


def _read(protocol: CompiledProtocol, occasion: Occasion) -> frozenset[str]:
    """The facts that decide, with those of their answers."""
    names = frozenset[str]().union(*(facts_of(item.when) for item in protocol.rules[occasion]))
    keys = {protocol.facts[name].source.key for name in names} - {""}
    return names | {name for name, fact in protocol.facts.items() if fact.source.key in keys}


def _conditions(protocol: CompiledProtocol) -> Iterator[Compare | Between | Change]:
    for fact in protocol.facts.values():
        if fact.optional_when is not None:
            yield from _leaves(fact.optional_when)
    for rule in protocol.document.rules:
        yield from _leaves(rule.when)


def _leaves(condition: Condition) -> Iterator[Compare | Between | Change]:
    if isinstance(condition, Compare | Between | Change):
        yield condition
    for part in parts_of(condition):
        yield from _leaves(part)


def _scaled(operand: Operand, fact: Fact, bounds: Bounds) -> int:
    if isinstance(operand, LimitName):
        return int(bounds[operand.name][0])
    scaled = scale(Decimal(operand), fact.decimals)
    assert scaled is not None  # the document was checked
    return scaled


def _ends(fact: Fact) -> Iterator[int]:
    yield from (end for end in (fact.lowest, fact.highest) if end is not None)


def _is_plausible(fact: Fact, number: int) -> bool:
    return not (fact.lowest is not None and number < fact.lowest) and not (
        fact.highest is not None and number > fact.highest
    )
