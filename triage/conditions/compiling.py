"""Conditions compiled to closures that answer true, false or unknown, and say why.

Kleene's logic: unknown is neither assumed true nor false, and disappears only where the known parts decide alone.
"""

from __future__ import annotations

import operator as python
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from triage.conditions.expanding import expanded
from triage.conditions.shapes import (
    AllOf,
    AnyOf,
    Between,
    Change,
    Compare,
    Condition,
    Consecutive,
    LimitName,
    Missing,
    Not,
    OneOf,
    Operand,
)
from triage.facts import MISSING, NUMERIC, Fact, Readings, Status, Value, scale, unscale

Outcome = bool | None
"""None is unknown."""
Node = dict[str, Any]
"""The explanation of one condition: plain JSON, `outcome` true, false or null."""
Bound = tuple[Any, str]
"""A limit as compared (scaled) and as shown."""
Bounds = Mapping[str, Bound]
"""By the names of limits, which are never empty."""
Evaluate = Callable[[Readings, Bounds], Node]

KNOWN = Status.KNOWN
"""Looked up once: a member of an enumeration, and its `value`, cost Python 3.11 more than the comparison beside it."""
TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "<": python.lt,
    "<=": python.le,
    ">": python.gt,
    ">=": python.ge,
    "=": python.eq,
    "!=": python.ne,
}


def every(outcomes: Sequence[Outcome]) -> Outcome:
    if False in outcomes:
        return False
    return None if None in outcomes else True


def some(outcomes: Sequence[Outcome]) -> Outcome:
    if True in outcomes:
        return True
    return None if None in outcomes else False


def opposite(outcome: Outcome) -> Outcome:
    return None if outcome is None else not outcome


def enough(count: int, outcomes: Sequence[Outcome]) -> Outcome:
    sure = outcomes.count(True)
    if sure >= count:
        return True
    return None if sure + outcomes.count(None) >= count else False


def constant(fact: Fact, value: Value) -> Bound:
    """A constant as it compares with `fact`; the document was checked, so a number fits the declared decimals."""
    if fact.kind not in NUMERIC:
        return value, str(value)
    scaled = scale(Decimal(value), fact.decimals)
    assert scaled is not None
    return scaled, unscale(scaled, fact.decimals)


def named(fact: Fact, operand: Operand) -> tuple[str | None, Bound]:
    """The limit's name and nothing, or no name and the constant: `bounds.get(name or "", constant)` is what counts."""
    if isinstance(operand, LimitName):
        return operand.name, (None, "")
    return None, constant(fact, operand)


def compile_compare(condition: Compare, facts: Mapping[str, Fact]) -> Evaluate:
    name, sign, test = condition.fact, condition.operator, TESTS[condition.operator]
    limit, fixed = named(facts[name], condition.operand)

    def evaluate(readings: Readings, bounds: Bounds) -> Node:
        status, value, text, _ = readings.get(name, MISSING)
        bound, shown = bounds.get(limit or "", fixed)
        return {
            "op": "compare",
            "fact": name,
            "value": text,
            "status": status._value_,
            "operator": sign,
            "limit": limit,
            "limit_value": shown,
            "outcome": None if value is None else test(value, bound),
        }

    return evaluate


def compile_one_of(condition: OneOf) -> Evaluate:
    name, codes, listed = condition.fact, frozenset(condition.codes), list(condition.codes)

    def evaluate(readings: Readings, _bounds: Bounds) -> Node:
        status, value, text, _ = readings.get(name, MISSING)
        return {
            "op": "in",
            "fact": name,
            "value": text,
            "status": status._value_,
            "codes": listed,
            "outcome": None if value is None else value in codes,
        }

    return evaluate


def compile_between(condition: Between, facts: Mapping[str, Fact]) -> Evaluate:
    name = condition.fact
    (low, fixed_low), (high, fixed_high) = (named(facts[name], each) for each in (condition.low, condition.high))

    def evaluate(readings: Readings, bounds: Bounds) -> Node:
        status, value, text, _ = readings.get(name, MISSING)
        bottom, bottom_shown = bounds.get(low or "", fixed_low)
        top, top_shown = bounds.get(high or "", fixed_high)
        return {
            "op": "between",
            "fact": name,
            "value": text,
            "status": status._value_,
            "low": low,
            "low_value": bottom_shown,
            "high": high,
            "high_value": top_shown,
            "outcome": None if value is None else bottom <= value <= top,
        }

    return evaluate


def compile_change(condition: Change, facts: Mapping[str, Fact]) -> Evaluate:
    name, since, sign, test = condition.fact, condition.since, condition.operator, TESTS[condition.operator]
    (limit, fixed), decimals = named(facts[name], condition.operand), facts[name].decimals

    def evaluate(readings: Readings, bounds: Bounds) -> Node:
        now, before = readings.get(name, MISSING), readings.get(since, MISSING)
        bound, shown = bounds.get(limit or "", fixed)
        change = None
        if now.value is not None and before.status is KNOWN:  # an implausible past value measures no change
            change = int(now.value) - int(before.value or 0)
        return {
            "op": "change",
            "fact": name,
            "value": now.text,
            "status": now.status._value_,
            "since": since,
            "since_value": before.text,
            "since_status": before.status._value_,
            "change": None if change is None else unscale(change, decimals),
            "operator": sign,
            "limit": limit,
            "limit_value": shown,
            "outcome": None if change is None else test(change, bound),
        }

    return evaluate


def compile_missing(condition: Missing) -> Evaluate:
    name = condition.fact

    def evaluate(readings: Readings, _bounds: Bounds) -> Node:
        status, value, text, _ = readings.get(name, MISSING)
        return {
            "op": "missing",
            "fact": name,
            "value": text,
            "status": status._value_,
            "outcome": value is None,
        }

    return evaluate


def compile_group(
    op: str, parts: Sequence[Evaluate], decide: Callable[[list[Outcome]], Outcome], count: int | None = None
) -> Evaluate:
    extra = {} if count is None else {"count": count}

    def evaluate(readings: Readings, bounds: Bounds) -> Node:
        nodes = [part(readings, bounds) for part in parts]
        return {"op": op, **extra, "parts": nodes, "outcome": decide([node["outcome"] for node in nodes])}

    return evaluate


def compile_condition(condition: Condition, facts: Mapping[str, Fact]) -> Evaluate:
    """The closure of a condition whose names, units and operators were checked when its document was loaded."""
    match condition:
        case Compare():
            return compile_compare(condition, facts)
        case OneOf():
            return compile_one_of(condition)
        case Between():
            return compile_between(condition, facts)
        case Change():
            return compile_change(condition, facts)
        case Missing():
            return compile_missing(condition)
        case Not(part):
            return compile_group("not", [compile_condition(part, facts)], lambda outcomes: opposite(outcomes[0]))
        case AllOf(parts):
            return compile_group("all", [compile_condition(part, facts) for part in parts], every)
        case AnyOf(parts):
            return compile_group("any", [compile_condition(part, facts) for part in parts], some)
        case Consecutive():
            return compile_condition(expanded(condition), facts)
    count = condition.count
    compiled = [compile_condition(part, facts) for part in condition.parts]
    return compile_group("at_least", compiled, lambda outcomes: enough(count, outcomes), count)


def unknown_facts(node: Node) -> set[str]:
    """The facts whose absence makes this node unknown; empty when it is known."""
    if node["outcome"] is not None:
        return set()
    if "parts" in node:
        return set[str]().union(*(unknown_facts(part) for part in node["parts"]))
    if node["op"] != "change":
        return {node["fact"]}
    blind = {Status.MISSING.value, Status.UNREADABLE.value}
    now = {node["fact"]} if node["status"] in blind else set()
    return now | ({node["since"]} if node["since_status"] != Status.KNOWN.value else set())
