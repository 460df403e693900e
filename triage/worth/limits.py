"""Which limits can be tried on stored readings: those whose comparison with a measured fact makes a rule fire. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from triage.conditions.shapes import ORDERINGS, AnyOf, Compare, Condition, LimitName
from triage.documents import Document, Limit, Rule
from triage.facts import NUMERIC, Fact

MOST = 101
"""Candidates of one curve: more than that nobody reads."""


@dataclass(frozen=True, slots=True)
class Use:
    """`fact` `operator` `limit` alone makes each of `rules` fire."""

    limit: Limit
    fact: Fact
    operator: str
    rules: tuple[Rule, ...]

    @property
    def sign(self) -> int:
        """1 where a lower reading is worse, -1 where a higher one is."""
        return 1 if self.operator.startswith("<") else -1

    def is_beyond(self, reading: Decimal, limit: Decimal) -> bool:
        match self.operator:
            case "<":
                return reading < limit
            case "<=":
                return reading <= limit
            case ">":
                return reading > limit
        return reading >= limit

    def candidates(self) -> list[Decimal]:
        """The values of the allowed range, in steps as fine as can be had with MOST of them, and the present one."""
        step = -(-(self.limit.highest - self.limit.lowest) // (MOST - 1)) or 1
        scaled = {*range(self.limit.lowest, self.limit.highest + 1, step), self.limit.value}
        return [Decimal(one).scaleb(-self.limit.decimals) for one in sorted(scaled)]


def uses(document: Document) -> dict[str, Use]:
    """By name of limit, in the order of the document. Left out is what no single curve could tell of: a limit that
    makes rules fire by two facts or in two ways, or only beside another condition.
    """
    facts = {fact.name: fact for fact in document.facts}
    found: dict[str, dict[tuple[str, str], list[Rule]]] = {}
    for rule in document.rules:
        if not rule.on_silence:
            for name, fact, operator in dict.fromkeys(_deciding(rule.when)):
                found.setdefault(name, {}).setdefault((fact, operator), []).append(rule)
    known = {}
    for limit in document.limits:
        if len(ways := found.get(limit.name, {})) == 1:
            ((fact, operator), rules) = next(iter(ways.items()))
            if operator in ORDERINGS and facts[fact].kind in NUMERIC:
                known[limit.name] = Use(limit, facts[fact], operator, tuple(rules))
    return known


def _deciding(condition: Condition) -> Iterator[tuple[str, str, str]]:
    """Each comparison with a limit that is the whole rule, or one of several of which any will do."""
    if isinstance(condition, AnyOf):
        for part in condition.parts:
            yield from _deciding(part)
    elif isinstance(condition, Compare) and isinstance(condition.operand, LimitName):
        yield condition.operand.name, condition.fact, condition.operator


def fits(document: Document, limit: Limit, value: Decimal) -> bool:
    """Whether the orders of the document hold with this value of one limit."""
    others = {one.name: Decimal(one.text) for one in document.limits} | {limit.name: value}
    return all(
        others[order.lower] < others[order.higher]
        or (order.operator == "<=" and others[order.lower] == others[order.higher])
        for order in document.orders
        if limit.name in (order.lower, order.higher)
    )
