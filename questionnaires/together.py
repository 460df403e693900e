"""What several answers to one question must be together: how many, and none beside an option that stands alone."""

from collections.abc import Sequence

from questionnaires.findings import Finding, Severity
from questionnaires.schema import Item, Option, Value


def chosen(item: Item, value: Value) -> Option | None:
    """The option that `value` is, by code and by system where both state one; never by display."""
    for option in item.options:
        if option.kind in value and value[option.kind] == option.value:
            stated = value.get("system")
            if not (stated and option.system) or stated == option.system:
                return option
    return None


def counted(item: Item, values: Sequence[Value]) -> list[Finding]:
    """Of a question that repeats and has at least one answer."""
    found: list[Finding] = []
    if item.most is not None and len(values) > item.most:
        found.append(Finding(item.link_id, "too-many-answers", Severity.ERROR, {"most": str(item.most)}))
    if item.fewest is not None and 0 < len(values) < item.fewest:
        found.append(Finding(item.link_id, "too-few-answers", Severity.ERROR, {"least": str(item.fewest)}))
    options = [chosen(item, value) for value in values]
    if len(values) > 1 and any(option is not None and option.exclusive for option in options):
        found.append(Finding(item.link_id, "several-exclusive"))
    return found
