"""Limits that are out of what is plausible, or that a patient's own limits could put out of order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

from triage.conditions.shapes import AnyOf, Between, Compare, Condition, LimitName, Operand, parts_of
from triage.documents.parts import Document, Limit, Order
from triage.facts import NUMERIC, Fact, as_number, scale, unscale
from triage.findings import Findings


def review_limits(document: Document, findings: Findings) -> None:
    facts = {fact.name: fact for fact in document.facts}
    limits = {limit.name: limit for limit in document.limits}
    told = set()
    for rule in document.rules:
        for name, operand in bounds_in(rule.when):
            if (name, operand) not in told:
                told.add((name, operand))
                report_implausible(f"rules › {rule.id}", facts[name], limits, operand, findings)
    for first, second in sorted(side_by_side(document)):
        if not guarded(limits[first], limits[second], document.orders):
            findings.add(
                f"limits › {first}",
                "no order holds between %(first)s and %(second)s: a patient's own limits could cross, so add one",
                first=first,
                second=second,
            )


def bounds_in(condition: Condition) -> Iterator[tuple[str, Operand]]:
    """What each fact is compared with, at any depth. A change has no plausible range of its own."""
    if isinstance(condition, Compare):
        yield condition.fact, condition.operand
    if isinstance(condition, Between):
        yield from ((condition.fact, operand) for operand in (condition.low, condition.high))
    for part in parts_of(condition):
        yield from bounds_in(part)


def report_implausible(where: str, fact: Fact, limits: dict[str, Limit], operand: Operand, findings: Findings) -> None:
    if fact.kind not in NUMERIC or fact.lowest is None or fact.highest is None:
        return
    value = limits[operand.name].value if isinstance(operand, LimitName) else scaled(fact, operand)
    if value is not None and not fact.lowest <= value <= fact.highest:
        findings.add(
            f"limits › {operand.name}" if isinstance(operand, LimitName) else where,
            "%(value)s is outside of what is plausible for %(fact)s, %(lowest)s to %(highest)s: correct one of them",
            value=unscale(value, fact.decimals),
            fact=fact.name,
            lowest=unscale(fact.lowest, fact.decimals),
            highest=unscale(fact.highest, fact.decimals),
        )


def scaled(fact: Fact, operand: Operand) -> int | None:
    number = as_number(operand)
    return None if number is None else scale(number, fact.decimals)


def side_by_side(document: Document) -> set[tuple[str, str]]:
    """Pairs of limits of one fact that only make sense in one order: both ends of a band, and the limits of rules that
    compare nothing else.
    """
    pairs = set()
    by_fact: dict[tuple[bool, str], set[str]] = {}
    for rule in document.rules:
        pairs |= {(min(ends), max(ends)) for ends in bands_in(rule.when) if ends[0] != ends[1]}
        for part in rule.when.parts if isinstance(rule.when, AnyOf) else (rule.when,):
            if isinstance(part, Compare) and isinstance(part.operand, LimitName):
                by_fact.setdefault((rule.on_silence, part.fact), set()).add(part.operand.name)
    return pairs | {pair for names in by_fact.values() for pair in combinations(sorted(names), 2)}


def bands_in(condition: Condition) -> Iterator[tuple[str, str]]:
    if isinstance(condition, Between):
        low, high = condition.low, condition.high
        if isinstance(low, LimitName) and isinstance(high, LimitName):
            yield low.name, high.name
    for part in parts_of(condition):
        yield from bands_in(part)


def guarded(first: Limit, second: Limit, orders: Iterable[Order]) -> bool:
    """By an order, by several in a row, or by allowed ranges that do not meet."""
    if first.highest < second.lowest or second.highest < first.lowest:
        return True
    higher: dict[str, set[str]] = {}
    for order in orders:
        higher.setdefault(order.lower, set()).add(order.higher)
    return second.name in above(first.name, higher) or first.name in above(second.name, higher)


def above(name: str, higher: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        new = higher.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found
