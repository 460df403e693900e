"""What a questionnaire asks of one FHIR answer, each demand judged alone."""

from collections.abc import Iterator
from decimal import Decimal

from questionnaires.findings import Finding, Severity
from questionnaires.kinds import scalar_of
from questionnaires.moments import order
from questionnaires.patterns import matches
from questionnaires.schema import MEASURED, MOMENTS, Item, ItemType, Scalar, Value
from questionnaires.together import chosen


def wanted_kinds(item: Item) -> set[str] | None:
    """The value[x] that a choice takes, by its options; None where the questionnaire lists none."""
    kinds = {"coding" if option.kind == "code" else option.kind for option in item.options}
    if not kinds:
        return None
    return kinds | {"coding", "string"} if item.type is ItemType.OPEN_CHOICE else kinds


def value_findings(item: Item, value: Value) -> Iterator[Finding]:
    """Of a value whose type fits the question. Bounds are as FHIR means them: beyond one is an error."""
    if item.options and not _permitted(item, value):
        yield _about(item, "not-among-options", value)
    if item.type in MEASURED:
        yield from _number(item, value)
    elif item.type in MOMENTS:
        yield from _moment(item, value)
    elif "string" in value or "uri" in value:
        yield from _text(item, str(scalar_of(value)))


def _permitted(item: Item, value: Value) -> bool:
    if item.type is ItemType.OPEN_CHOICE and "string" in value:
        return True
    return chosen(item, value) is not None


def _about(item: Item, code: str, value: Value, severity: Severity = Severity.ERROR, **params: str) -> Finding:
    said = str(scalar_of(value))
    unit = f" {value['unit']}" if "unit" in value else ""
    return Finding(item.link_id, code, severity, {"value": said[:200] + unit, **params})


def _number(item: Item, value: Value) -> Iterator[Finding]:
    number = Decimal(str(scalar_of(value)))
    exponent = number.as_tuple().exponent
    if item.decimals is not None and isinstance(exponent, int) and -exponent > item.decimals:
        yield _about(item, "too-precise", value, most=str(item.decimals))
    units = {unit.code for unit in item.units}
    if item.type is ItemType.QUANTITY and units and value.get("unit") not in units:
        yield _about(item, "not-a-unit", value)
    for code, bound, unit in (("below-least", item.low, item.low_unit), ("above-most", item.high, item.high_unit)):
        if not isinstance(bound, Decimal):
            continue
        if unit is not None and unit != value.get("unit"):
            yield _about(item, "units-differ", value)
        elif number < bound if code == "below-least" else number > bound:
            yield _about(item, code, value, least=f"{bound:f}", most=f"{bound:f}")


def _moment(item: Item, value: Value) -> Iterator[Finding]:
    said = str(scalar_of(value))
    if _before(said, item.low):
        yield _about(item, "below-least", value, least=str(item.low))
    if isinstance(item.high, str) and order(said, item.high) > 0:
        yield _about(item, "above-most", value, most=str(item.high))


def _before(said: str, low: Scalar | None) -> bool:
    return isinstance(low, str) and order(said, low) < 0


def _text(item: Item, text: str) -> Iterator[Finding]:
    if item.type is ItemType.STRING and ("\n" in text or "\r" in text):
        yield Finding(item.link_id, "line-break", Severity.CONFIRM)
    if item.max_length is not None and len(text) > item.max_length:
        yield Finding(item.link_id, "text-too-long", Severity.ERROR, {"most": str(item.max_length)})
    if item.min_length is not None and len(text) < item.min_length:
        yield Finding(item.link_id, "text-too-short", Severity.ERROR, {"least": str(item.min_length)})
    if item.pattern is not None and not matches(item.pattern, text):
        yield Finding(item.link_id, "text-unlike")
