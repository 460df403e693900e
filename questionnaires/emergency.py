"""Answers that open the "call 15" page at once, as the questionnaire itself declares them; the phone knows them too."""

from collections.abc import Mapping, Sequence

from questionnaires.enablement import satisfied
from questionnaires.schema import Condition, Item, Questionnaire, Value


def emergency_conditions(item: Item) -> tuple[Condition, ...]:
    """The item's own conditions, with one for each option marked as an emergency."""
    marked = (Condition(item.link_id, "=", _kind(o.kind), o.value, o.system) for o in item.options if o.emergency)
    return (*item.emergencies, *marked)


def _kind(option_kind: str) -> str:
    return "coding" if option_kind == "code" else option_kind


def emergencies(questionnaire: Questionnaire, answers: Mapping[str, Sequence[Value]]) -> tuple[str, ...]:
    """The linkIds whose answers are emergencies, in document order."""
    return tuple(
        item.link_id
        for item in questionnaire.questions
        if any(satisfied(c, item, answers.get(item.link_id, ())) for c in emergency_conditions(item))
    )
