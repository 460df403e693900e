"""That linkIds are unique, that conditions point somewhere sensible, and an order in which one pass settles them all.

An item is enabled or not by its parent and by the answers its conditions look at, and an answer counts only while its
own item is enabled. Without loops these dependencies have an order; following it reaches the fixpoint in one pass.
"""

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from questionnaires.findings import Finding, Severity
from questionnaires.schema import CHOSEN, Condition, Item, ItemType

COMPARABLE: Mapping[ItemType, set[str]] = {
    ItemType.BOOLEAN: {"boolean"},
    ItemType.DECIMAL: {"decimal", "integer"},
    ItemType.INTEGER: {"decimal", "integer"},
    ItemType.STRING: {"string"},
    ItemType.TEXT: {"string"},
    ItemType.URL: {"string"},
    ItemType.DATE: {"date", "datetime"},
    ItemType.DATE_TIME: {"date", "datetime"},
    ItemType.TIME: {"time"},
    ItemType.QUANTITY: {"quantity"},
}
ORDERED = {">", "<", ">=", "<="}


def check_links(
    items: tuple[Item, ...], by_link_id: Mapping[str, Item], declared: frozenset[str], findings: list[Finding]
) -> None:
    """Adds a finding per duplicate linkId and per condition that points nowhere or compares what cannot be compared."""
    seen: set[str] = set()
    for item in items:
        if item.link_id in seen:
            findings.append(Finding(item.link_id, "duplicate-link-id"))
        seen.add(item.link_id)
        for condition in (*item.conditions, *item.emergencies):
            question = by_link_id.get(condition.question)
            problem = _problem(condition, question)
            if problem and (question or condition.question not in declared):
                findings.append(Finding(item.link_id, problem, Severity.ERROR, {"question": condition.question}))


def _problem(condition: Condition, question: Item | None) -> str | None:
    if question is None:
        return "dangling-enable-when"
    if not question.is_question:
        return "enable-when-not-a-question"
    if question.unfilled or question.score is not None:
        return "enable-when-unfilled"
    if condition.operator == "exists":
        return None
    if condition.kind not in _comparable(question):
        return "enable-when-type"
    if condition.operator in ORDERED and condition.kind in {"boolean", "coding", "code"}:
        return "enable-when-not-ordered"
    return None


def _comparable(question: Item) -> set[str]:
    """The FHIR types to which an answer can be compared; any for a choice whose options were refused already."""
    if question.type not in CHOSEN:
        return COMPARABLE[question.type]
    if not question.options and question.type is ItemType.CHOICE:
        return {"coding", "code", "string", "integer", "date", "time"}
    kinds = {"coding" if option.kind == "code" else option.kind for option in question.options}
    kinds |= {"code"} if "coding" in kinds else set()
    return kinds | {"string", "coding"} if question.type is ItemType.OPEN_CHOICE else kinds


def _dependencies(item: Item) -> Iterator[str]:
    if item.parent is not None:
        yield item.parent
    for condition in item.conditions:
        yield condition.question


def evaluation_order(
    items: tuple[Item, ...], by_link_id: Mapping[str, Item], findings: list[Finding]
) -> tuple[Item, ...]:
    """The items, each after all it depends on; a loop is a finding per item on it, and no order."""
    graph = TopologicalSorter({i.link_id: [d for d in _dependencies(i) if d in by_link_id] for i in items})
    try:
        return tuple(by_link_id[link_id] for link_id in graph.static_order())
    except CycleError as loop:
        for link_id in dict.fromkeys(loop.args[1]):
            findings.append(Finding(link_id, "enable-when-loop"))
        return ()
