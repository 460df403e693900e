"""A count of consecutive answers written out in the other shapes, so that an evaluator needs to know nothing of it.

What was answered k answers before is read as facts of their own: `spo2~2`, and `answered~2~7` for whether there is such
an answer, at most 7 days ago. No author can write these names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from triage.conditions.shapes import (
    AllOf,
    AnyOf,
    AtLeast,
    Between,
    Change,
    Compare,
    Condition,
    Consecutive,
    Missing,
    Not,
    OneOf,
    parts_of,
)

ANSWERED = "answered"
MARK = "~"


def before(fact: str, back: int) -> str:
    """The name of a fact as it was answered `back` answers before."""
    return f"{fact}{MARK}{back}"


def original(name: str) -> str:
    """The fact that was asked, of a fact of an earlier answer."""
    return name.partition(MARK)[0]


def answered(back: int, days: int) -> str:
    """The name of the fact whether there is an answer `back` before, at most `days` local days ago."""
    return f"{before(ANSWERED, back)}{MARK}{days}"


def expanded(condition: Condition) -> Condition:
    """The condition without any Consecutive. Where an answer is lacking the count is not reached: false, no doubt."""
    match condition:
        case Consecutive(count, days, part):
            return AllOf((part, *(earlier(part, back, days) for back in range(1, count))))
        case Not(part):
            return Not(expanded(part))
        case AllOf(parts):
            return AllOf(tuple(map(expanded, parts)))
        case AnyOf(parts):
            return AnyOf(tuple(map(expanded, parts)))
        case AtLeast(count, parts):
            return AtLeast(count, tuple(map(expanded, parts)))
    return condition


def earlier(part: Condition, back: int, days: int) -> Condition:
    return AllOf((Compare(answered(back, days), "=", True), moved(part, back)))


def moved(condition: Condition, back: int) -> Condition:
    """The same condition about what was answered `back` answers before."""
    match condition:
        case Change():
            return replace(condition, fact=before(condition.fact, back), since=before(condition.since, back))
        case Compare() | OneOf() | Between() | Missing():
            return replace(condition, fact=before(condition.fact, back))
        case Not(part):
            return Not(moved(part, back))
        case AllOf(parts):
            return AllOf(tuple(moved(part, back) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(moved(part, back) for part in parts))
        case AtLeast(count, parts):
            return AtLeast(count, tuple(moved(part, back) for part in parts))
    raise ValueError("a count of consecutive answers inside another one")


def counts_in(condition: Condition) -> Iterator[Consecutive]:
    """Every count of consecutive answers, at any depth."""
    if isinstance(condition, Consecutive):
        yield condition
    for part in parts_of(condition):
        yield from counts_in(part)
