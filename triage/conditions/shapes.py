"""The shapes a condition can have. Facts and limits are named; nothing is looked up here."""

from __future__ import annotations

from dataclasses import dataclass

Constant = bool | int | str
"""As the document writes it: a decimal number is text ("39.0"), never a float."""


@dataclass(frozen=True, slots=True)
class LimitName:
    name: str


Operand = LimitName | Constant


@dataclass(frozen=True, slots=True)
class Compare:
    fact: str
    operator: str
    operand: Operand


@dataclass(frozen=True, slots=True)
class OneOf:
    fact: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """Both ends belong to the band."""

    fact: str
    low: Operand
    high: Operand


@dataclass(frozen=True, slots=True)
class Change:
    """`fact` now minus `since` before, against the operand: a fall of 3 is -3."""

    fact: str
    since: str
    operator: str
    operand: Operand


@dataclass(frozen=True, slots=True)
class Missing:
    fact: str


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AtLeast:
    count: int
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Consecutive:
    """`part` holds at this answer and at the `count` - 1 answers before it, of which none is more than `days` local
    days ago. A rule is evaluated as `triage.conditions.expanding` writes it out.
    """

    count: int
    days: int
    part: Condition


Condition = Compare | OneOf | Between | Change | Missing | Not | AllOf | AnyOf | AtLeast | Consecutive

ORDERINGS = ("<", "<=", ">", ">=")
OPERATORS = (*ORDERINGS, "=", "!=")


def parts_of(condition: Condition) -> tuple[Condition, ...]:
    if isinstance(condition, AllOf | AnyOf | AtLeast):
        return condition.parts
    return (condition.part,) if isinstance(condition, Not | Consecutive) else ()


def facts_of(condition: Condition) -> frozenset[str]:
    """Every fact the condition reads, at any depth."""
    own: set[str] = set()
    if isinstance(condition, Compare | OneOf | Between | Missing | Change):
        own.add(condition.fact)
    if isinstance(condition, Change):
        own.add(condition.since)
    return frozenset(own).union(*(facts_of(part) for part in parts_of(condition)))


def operands_of(condition: Condition) -> tuple[Operand, ...]:
    if isinstance(condition, Compare | Change):
        return (condition.operand,)
    return (condition.low, condition.high) if isinstance(condition, Between) else ()


def limits_of(condition: Condition) -> frozenset[str]:
    """Every limit the condition names, at any depth."""
    own = frozenset(operand.name for operand in operands_of(condition) if isinstance(operand, LimitName))
    return own.union(*(limits_of(part) for part in parts_of(condition)))
