"""Conditions as nodes of a form, and nodes as conditions once everything in them is said."""

from __future__ import annotations

from decimal import Decimal

from triage.conditions.shapes import (
    AllOf,
    AnyOf,
    AtLeast,
    Between,
    Change,
    Compare,
    Condition,
    Consecutive,
    Constant,
    LimitName,
    Missing,
    Not,
    OneOf,
    Operand,
)
from triage.facts import Fact, scale, unscale
from webapp.admin.builder.nodes import LEAF, Node


def spelt_constant(number: Decimal, decimals: int) -> Constant:
    """A number as documents write it: whole ones as numbers, others as text with all their decimals."""
    scaled = scale(number, decimals)
    assert scaled is not None
    return unscale(scaled, decimals) if decimals else scaled


def operand_fields(operand: Operand, end: str = "") -> dict[str, list[str]]:
    if isinstance(operand, LimitName):
        return {f"limit{end}": [operand.name]}
    return {f"number{end}": [str(operand)]}


def node_of(condition: Condition) -> Node:
    """The form of a condition, filled in; reading it gives an equal condition."""
    match condition:
        case AllOf(parts):
            return Node("all", {}, [node_of(part) for part in parts])
        case AnyOf(parts):
            return Node("any", {}, [node_of(part) for part in parts])
        case AtLeast(count, parts):
            return Node("at_least", {"count": [str(count)]}, [node_of(part) for part in parts])
        case Not(part):
            return Node("not", {}, [node_of(part)])
        case Consecutive(count, days, part):
            return Node("consecutive", {"count": [str(count)], "days": [str(days)]}, [node_of(part)])
    return Node(LEAF, _leaf(condition))


def _leaf(condition: Condition) -> dict[str, list[str]]:
    match condition:
        case Missing(fact):
            return {"fact": [fact], "relation": ["missing"], "answer": ["missing"]}
        case OneOf(fact, codes):
            return {"fact": [fact], "relation": ["in"], "codes": list(codes)}
        case Between(fact, low, high):
            ends = {**operand_fields(low), **operand_fields(high, "_to")}
            return {"fact": [fact], "relation": ["between"], **ends}
        case Change(fact, since, operator, operand):
            return {"fact": [fact], "relation": [operator], "since": [since], **operand_fields(operand)}
        case Compare(fact, operator, bool(value)):
            return {"fact": [fact], "answer": [answer_of(operator, value)]}
        case Compare(fact, operator, operand):
            code = {"codes": [operand]} if isinstance(operand, str) else {}
            return {"fact": [fact], "relation": [operator], **operand_fields(operand), **code}
    raise AssertionError(condition)


def answer_of(operator: str, value: bool) -> str:
    said = "yes" if value else "no"
    return said if operator == "=" else f"not-{said}"


def compare_answer(fact: str, answer: str) -> Condition:
    if answer == "missing":
        return Missing(fact)
    return Compare(fact, "!=" if answer.startswith("not-") else "=", answer.endswith("yes"))


def compare_codes(fact: Fact, relation: str, ticked: list[str]) -> Condition:
    """Ticked choices stand in the order in which people see them."""
    if relation == "missing":
        return Missing(fact.name)
    codes = tuple(code for code in ticked if code in fact.choices)
    return OneOf(fact.name, codes) if relation == "in" else Compare(fact.name, relation, codes[0])


def group_of(shape: str, parts: tuple[Condition, ...], *, count: int, days: int) -> Condition:
    if shape == "not":
        return Not(parts[0])
    if shape == "consecutive":
        return Consecutive(count, days, parts[0])
    if shape == "at_least":
        return AtLeast(count, parts)
    return AllOf(parts) if shape == "all" else AnyOf(parts)
