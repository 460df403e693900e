"""What a patient would have to say for a rule to act: the start of a case that stands on one of its edges."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from triage.cases import plain
from triage.conditions.shapes import (
    AllOf,
    AnyOf,
    AtLeast,
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
from triage.documents import Document
from triage.documents.parts import Given, NearLimit
from triage.facts import NUMERIC, Fact, as_number, scale, unscale
from webapp.admin.rule_words import OPPOSITES

STEPS = {"<": -1, "<=": 0, ">": 1, ">=": 0, "=": 0, "!=": 1}
"""How far from a limit the comparison is true, in steps of its last decimal."""


@dataclass
class Told:
    """Facts now, and at each answer before."""

    now: dict[str, Given] = field(default_factory=dict)
    before: list[dict[str, Given]] = field(default_factory=list)


def told_for(document: Document, condition: Condition) -> Told:
    """Enough to make it true where that is simple to see; what is not is left as usual."""
    found = Told()
    _tell(document, condition, found)
    return found


def _tell(document: Document, condition: Condition, found: Told) -> None:
    match condition:
        case AllOf(parts):
            chosen = parts
        case AnyOf(parts):
            chosen = parts[:1]
        case AtLeast(count, parts):
            chosen = parts[:count]
        case Consecutive(count, _, part):
            inner = told_for(document, part).now
            found.now |= inner
            found.before = [dict(inner) for _ in range(count - 1)]
            return
        case Not(Compare(fact, operator, operand)):
            chosen = (Compare(fact, OPPOSITES[operator], operand),)
        case _:
            found.now |= _leaf(document, condition)
            return
    for part in chosen:
        if part is condition or not isinstance(part, Compare | OneOf | Between | Change | Missing):
            _tell(document, part, found)
        else:
            found.now |= _leaf(document, part)


def _leaf(document: Document, leaf: Condition) -> dict[str, Given]:
    facts = {fact.name: fact for fact in document.facts}
    match leaf:
        case Missing(name):
            return {name: None}
        case OneOf(name, codes):
            return {name: codes[0]}
        case Between(name, low, _):
            return {name: stepped(facts[name], low, 0)}
        case Compare(name, operator, operand) if facts[name].kind in NUMERIC:
            return {name: stepped(facts[name], operand, STEPS[operator])}
        case Compare(name, operator, bool(value)):
            return {name: value if operator == "=" else not value}
        case Compare(name, operator, operand):
            others = [code for code in facts[name].choices if code != operand]
            return {name: str(operand) if operator == "=" or not others else others[0]}
        case Change(name, since, operator, operand):
            before = as_number(plain(document, document.usual.get(since))) or Decimal(0)
            return {name: stepped(facts[name], operand, STEPS[operator], over=before)}
    return {}


def stepped(fact: Fact, operand: Operand, plus: int, over: Decimal = Decimal(0)) -> Given:
    """A number, or a limit, and so many steps more."""
    base = scale(over, fact.decimals) or 0
    if isinstance(operand, LimitName):
        return NearLimit(operand.name, plus, unscale(base, fact.decimals) if base else "0")
    number = as_number(operand) or Decimal(0)
    return unscale((scale(number, fact.decimals) or 0) + plus + base, fact.decimals)
