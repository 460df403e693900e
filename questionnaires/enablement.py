"""Which items are asked, given the answers: FHIR's enableWhen, settled in one pass along `Questionnaire.evaluation`."""

import operator as python
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from questionnaires.kinds import scalar_of
from questionnaires.moments import order
from questionnaires.schema import Condition, Item, Questionnaire, Value

COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": python.eq,
    "!=": python.ne,
    ">": python.gt,
    "<": python.lt,
    ">=": python.ge,
    "<=": python.le,
}


def enabled(questionnaire: Questionnaire, answers: Mapping[str, Sequence[Value]]) -> frozenset[str]:
    """The linkIds in force. A disabled item takes its descendants with it, and its answers count as absent."""
    on: set[str] = set()
    for item in questionnaire.evaluation:
        if item.parent is not None and item.parent not in on:
            continue
        if not item.conditions or _holds(questionnaire, item, answers, on):
            on.add(item.link_id)
    return frozenset(on)


def _holds(questionnaire: Questionnaire, item: Item, answers: Mapping[str, Sequence[Value]], on: set[str]) -> bool:
    outcomes = (
        satisfied(c, questionnaire.by_link_id[c.question], answers.get(c.question, ()) if c.question in on else ())
        for c in item.conditions
    )
    return all(outcomes) if item.all_conditions else any(outcomes)


def satisfied(condition: Condition, question: Item, values: Sequence[Value]) -> bool:
    """Whether the answers to `question` meet `condition`.

    Absent and unreadable answers are no answers. `!=` holds when there is none; every other comparison means that at
    least one answer does it.
    """
    known = [v for v in values if "absent" not in v and "unreadable" not in v]
    if condition.operator == "exists":
        return bool(known) is condition.value
    if condition.operator == "!=":
        return not any(_compares("=", condition, question, v) for v in known)
    return any(_compares(condition.operator, condition, question, v) for v in known)


def _compares(operator: str, condition: Condition, question: Item, value: Value) -> bool:
    content, wanted = scalar_of(value), condition.value
    compare = COMPARE[operator]
    if "code" in value:
        return content == wanted and _same_system(condition, question, value)
    if "quantity" in value and condition.system and value.get("unit") != condition.system:
        return False
    if (
        isinstance(content, str)
        and isinstance(wanted, str)
        and ("date" in value or "datetime" in value or "time" in value)
    ):
        return compare(order(content, wanted), 0)
    if isinstance(wanted, Decimal) and isinstance(content, int | Decimal) and not isinstance(content, bool):
        return compare(Decimal(content), wanted)
    return type(content) is type(wanted) and compare(content, wanted)


def _same_system(condition: Condition, question: Item, value: Value) -> bool:
    """Codings are equal by code, and by system when both state one; never by display."""
    option = question.option_by_key.get(str(value["code"]))
    stated = value.get("system") or (option.system if option else None)
    return not (stated and condition.system) or stated == condition.system
