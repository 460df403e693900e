"""Which limits can be tried on stored readings: those that a rule for answers compares with one measured fact. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from triage.conditions.shapes import ORDERINGS, Compare, Condition, LimitName, Not, parts_of
from triage.documents import Document, Limit, Rule
from triage.facts import NUMERIC, Fact

MOST = 101
"""Candidates of one curve: more than that nobody reads."""


@dataclass(frozen=True, slots=True)
class Use:
    """`fact` `operator` `limit` stands in `rules`, alone or beside other conditions, which a curve does not look at."""

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
    """By name of limit, in the order of the document. A limit that is compared with two facts, or in two ways, is none
    that a single curve could tell of, and is left out.
    """
    facts = {fact.name: fact for fact in document.facts}
    found: dict[str, dict[tuple[str, str], list[Rule]]] = {}
    for rule in document.rules:
        if not rule.on_silence:
            for name, fact, operator in dict.fromkeys(_comparisons(rule.when)):
                if facts[fact].kind in NUMERIC:
                    found.setdefault(name, {}).setdefault((fact, operator), []).append(rule)
    known = {}
    for limit in document.limits:
        if len(ways := found.get(limit.name, {})) == 1:
            ((fact, operator), rules) = next(iter(ways.items()))
            known[limit.name] = Use(limit, facts[fact], operator, tuple(rules))
    return known


def _comparisons(condition: Condition) -> Iterator[tuple[str, str, str]]:
    """What makes the condition truer when it is true: nothing under a "not"."""
    if isinstance(condition, Compare) and isinstance(condition.operand, LimitName):
        if condition.operator in ORDERINGS:
            yield condition.operand.name, condition.fact, condition.operator
    elif not isinstance(condition, Not):
        for part in parts_of(condition):
            yield from _comparisons(part)


def fits(document: Document, limit: Limit, value: Decimal) -> bool:
    """Whether the orders of the document hold with this value of one limit."""
    others = {one.name: Decimal(one.text) for one in document.limits} | {limit.name: value}
    return all(
        others[order.lower] < others[order.higher]
        or (order.operator == "<=" and others[order.lower] == others[order.higher])
        for order in document.orders
        if limit.name in (order.lower, order.higher)
    )
