"""Conditions back to the JSON they were read from."""

from __future__ import annotations

from typing import Any

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


def write_operand(operand: Operand) -> dict[str, Any]:
    return {"limit": operand.name} if isinstance(operand, LimitName) else {"value": operand}


def write_condition(condition: Condition) -> dict[str, Any]:
    match condition:
        case Compare(fact, operator, operand):
            return {"compare": fact, "op": operator, **write_operand(operand)}
        case OneOf(fact, codes):
            return {"in": fact, "codes": list(codes)}
        case Between(fact, low, high):
            return {"between": fact, "low": write_operand(low), "high": write_operand(high)}
        case Change(fact, since, operator, operand):
            return {"change": fact, "since": since, "op": operator, **write_operand(operand)}
        case Missing(fact):
            return {"missing": fact}
        case Not(part):
            return {"not": write_condition(part)}
        case AllOf(parts):
            return {"all": [write_condition(part) for part in parts]}
        case AnyOf(parts):
            return {"any": [write_condition(part) for part in parts]}
        case Consecutive(count, days, part):
            return {"consecutive": count, "days": days, "of": write_condition(part)}
    return {"at_least": condition.count, "of": [write_condition(part) for part in condition.parts]}
