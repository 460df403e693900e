"""A protocol's limits as charts need them: per fact, the side and the value, with the patient's own in their place."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from triage.conditions.shapes import Compare, LimitName
from triage.documents import Document
from webapp.clinic.charts import Threshold


def thresholds(document: Document, own: Mapping[str, Decimal], fact: str) -> tuple[Threshold, ...]:
    """Where the rules on answers draw a line across `fact` alone, mildest first on each side."""
    values = {limit.name: own.get(limit.name, Decimal(limit.text)) for limit in document.limits}
    found = {
        Threshold(rule.when.operator, values[rule.when.operand.name])
        for rule in document.rules
        if not rule.on_silence
        and isinstance(rule.when, Compare)
        and rule.when.fact == fact
        and isinstance(rule.when.operand, LimitName)
    }
    return tuple(sorted(found, key=_mildest_first))


def _mildest_first(limit: Threshold) -> tuple[bool, Decimal]:
    is_lower = limit.operator.startswith("<")
    return is_lower, -limit.value if is_lower else limit.value
