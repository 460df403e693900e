"""The edges of a rule: its comparisons, and beside each the values between which its answer changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from records.texts import Translator
from triage.conditions.expanding import expanded
from triage.conditions.shapes import (
    AllOf,
    AnyOf,
    AtLeast,
    Between,
    Change,
    Compare,
    Condition,
    LimitName,
    Missing,
    Not,
    OneOf,
    Operand,
    parts_of,
)
from triage.documents import Document, Rule, facts_in_use
from triage.facts import NUMERIC, Fact, FactKind, Readings, Status, Value, scale, unscale

OTHER, MISSING, KNOWN = "other", "missing", "known"
NEIGHBOURS = {"<": (-1, 0), ">=": (-1, 0), "<=": (0, 1), ">": (0, 1), "=": (-1, 0, 1), "!=": (-1, 0, 1)}
"""The values about a limit, in steps of its last decimal, between which a comparison changes its answer."""
Path = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A value of `fact` beside an edge of rule `rule` for which no case shows what the rule says.

    `value` is the number as text at the fact's decimals, a code, "true" or "false"; "other" is any value that the
    condition does not name, "missing" and "known" speak for themselves. Of a change (`since` not None) it is the
    difference.
    """

    rule: str
    fact: Fact
    value: str
    since: Fact | None = None

    def text(self, t: Translator) -> str:
        labels = [one.labels.get(t.language) or one.name for one in (self.fact, self.since) if one is not None]
        if self.since is not None:
            return t.gettext(
                "Rule “%(rule)s”: no case shows a change of %(value)s from “%(since)s” to “%(fact)s” deciding alone. "
                "Add one.",
                rule=self.rule,
                value=self.value,
                fact=labels[0],
                since=labels[1],
            )
        return t.gettext(
            "Rule “%(rule)s”: no case shows “%(fact)s” at %(value)s deciding alone. Add one.",
            rule=self.rule,
            fact=labels[0],
            value=self.shown(t),
        )

    def shown(self, t: Translator) -> str:
        words = {
            OTHER: t.gettext("another value"),
            MISSING: t.gettext("no value"),
            KNOWN: t.gettext("any value"),
            "true": t.gettext("yes"),
            "false": t.gettext("no"),
        }
        choice = self.fact.choices.get(self.value, {}).get(t.language)
        return choice or words.get(self.value, self.value)


@dataclass(frozen=True, slots=True)
class Side:
    """One value to stand on, and whether given readings stand there."""

    wanted: Uncovered
    stands: Callable[[Readings], bool]


@dataclass(frozen=True, slots=True)
class Edge:
    """A condition without parts, where it is in its rule, and the sides that cases must show."""

    rule: Rule
    path: Path
    sides: tuple[Side, ...]

    def forced(self, constant: Condition, name: str) -> Rule:
        return replace(self.rule, id=name, when=replaced(self.rule.when, self.path, constant))


def replaced(condition: Condition, path: Path, constant: Condition) -> Condition:
    if not path:
        return constant
    parts = list(parts_of(condition))
    parts[path[0]] = replaced(parts[path[0]], path[1:], constant)
    return with_parts(condition, tuple(parts))


def with_parts(condition: Condition, parts: tuple[Condition, ...]) -> Condition:
    match condition:
        case AllOf() | AnyOf() | AtLeast():
            return replace(condition, parts=parts)
        case Not():
            return replace(condition, part=parts[0])
    return condition


def edges_of(document: Document, rule: Rule) -> Iterator[Edge]:
    """Of a rule that counts consecutive answers, also those about the answers before."""
    facts = {fact.name: fact for fact in facts_in_use(document)}
    limits = {limit.name: limit.value for limit in document.limits}
    written_out = replace(rule, when=expanded(rule.when))
    for path, leaf in leaves(written_out.when):
        yield Edge(written_out, path, tuple(sides_of(rule.id, leaf, facts, limits)))


def leaves(condition: Condition, path: Path = ()) -> Iterator[tuple[Path, Condition]]:
    parts = parts_of(condition)
    if not parts:
        yield path, condition
    for number, part in enumerate(parts):
        yield from leaves(part, (*path, number))


def sides_of(rule: str, leaf: Condition, facts: dict[str, Fact], limits: dict[str, int]) -> Iterator[Side]:
    match leaf:
        case Compare(name, operator, operand) if facts[name].kind in NUMERIC:
            fact = facts[name]
            yield from numbers(rule, fact, (number(fact, operand, limits) + step for step in NEIGHBOURS[operator]))
        case Compare(name, _, operand):
            yield from choices(rule, facts[name], (operand,))
        case OneOf(name, codes):
            yield from choices(rule, facts[name], codes)
        case Between(name, low, high):
            fact, ends = facts[name], [number(facts[name], operand, limits) for operand in (low, high)]
            yield from numbers(rule, fact, (ends[0] - 1, ends[0], ends[1], ends[1] + 1))
        case Change(name, since, operator, operand):
            bound = number(facts[name], operand, limits)
            for step in NEIGHBOURS[operator]:
                yield changed(rule, facts[name], facts[since], bound + step)
        case Missing(name):
            yield Side(Uncovered(rule, facts[name], MISSING), lambda readings: readings[name].value is None)
            yield Side(Uncovered(rule, facts[name], KNOWN), lambda readings: readings[name].value is not None)


def number(fact: Fact, operand: Operand, limits: dict[str, int]) -> int:
    scaled = limits[operand.name] if isinstance(operand, LimitName) else scale(Decimal(operand), fact.decimals)
    assert scaled is not None, "checked when the document was loaded"
    return scaled


def believable(fact: Fact, value: int) -> bool:
    return (fact.lowest is None or value >= fact.lowest) and (fact.highest is None or value <= fact.highest)


def numbers(rule: str, fact: Fact, values: Iterable[int]) -> Iterator[Side]:
    for value in dict.fromkeys(values):
        if believable(fact, value):
            yield Side(Uncovered(rule, fact, unscale(value, fact.decimals)), among(fact, (value,)))


def choices(rule: str, fact: Fact, named: Iterable[object]) -> Iterator[Side]:
    """Each value that the condition names, and one that it does not name where there is another."""
    known: list[bool | str] = [True, False] if fact.kind is FactKind.BOOLEAN else list(fact.choices)
    listed = list(named)
    said, unsaid = [value for value in known if value in listed], [value for value in known if value not in listed]
    for value in said:
        yield Side(Uncovered(rule, fact, spelt(value)), among(fact, (value,)))
    if unsaid:
        yield Side(Uncovered(rule, fact, spelt(unsaid[0]) if len(unsaid) == 1 else OTHER), among(fact, unsaid))


def spelt(value: bool | str) -> str:
    return str(value).lower() if isinstance(value, bool) else value


def among(fact: Fact, values: Sequence[Value]) -> Callable[[Readings], bool]:
    """Whether the fact is known to be one of these."""
    return lambda readings: readings[fact.name].status is Status.KNOWN and readings[fact.name].value in values


def changed(rule: str, fact: Fact, since: Fact, change: int) -> Side:
    def stands(readings: Readings) -> bool:
        now, before = readings[fact.name], readings[since.name]
        both = now.status is Status.KNOWN and before.status is Status.KNOWN
        return both and int(now.value or 0) - int(before.value or 0) == change

    return Side(Uncovered(rule, fact, unscale(change, fact.decimals), since), stands)
