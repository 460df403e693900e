"""The parts of a FHIR item: its options, its conditions, its extensions."""

from collections import Counter
from itertools import pairwise
from typing import Any

from questionnaires import fhir_names as fhir
from questionnaires.elements import Element, exact
from questionnaires.schema import MEASURED, Condition, ItemType, Option, Scalar, Text, Unit

OPTION_KINDS = {"string": "string", "integer": "integer", "date": "date", "time": "time"}
CONDITION_KINDS = {"boolean", "decimal", "integer", "date", "datetime", "time", "string", "coding", "quantity"}


def read_options(element: Element) -> tuple[Option, ...]:
    options = [o for o in map(_option, element.objects("answerOption")) if o is not None]
    shared = {key for key, count in Counter(o.key for o in options).items() if count > 1}
    if shared:
        options = [_with_system(o) if o.key in shared else o for o in options]
    for key, count in Counter(o.key for o in options).items():
        if count > 1:
            element.refuse("duplicate-option", option=key)
    return tuple(options)


def _with_system(option: Option) -> Option:
    key = f"{option.system or ''}|{option.value}"
    return Option(key, option.kind, option.value, option.label, option.system, option.emergency)


def _option(element: Element) -> Option | None:
    element.refuse_unknown({"id", "extension", *(n for n in element.data if n.startswith(("value", "_value")))})
    extensions = element.extensions(fhir.READ_ON_OPTION, fhir.HARMLESS)
    emergency = fhir.EMERGENCY in extensions and extensions[fhir.EMERGENCY].value() == ("boolean", True)
    kind, value = element.value()
    if kind == "coding" and isinstance(value, dict):
        coding = Element(value, element.link_id, element.findings)
        code = coding.string("code")
        label = coding.text("display")
        if code:
            label = Text(label.own or code, label.translations)
            return Option(code, "code", code, label, coding.string("system") or None, emergency)
    elif kind in OPTION_KINDS and type(value) is (int if kind == "integer" else str):
        label = element.text("valueString") if kind == "string" else Text(str(value))
        return Option(str(value), OPTION_KINDS[kind], value, label, None, emergency)
    element.refuse("unsupported-option", option=kind)
    return None


def scalar(element: Element, kind: str, value: Any) -> tuple[Scalar | None, str | None]:
    """A FHIR value as (what is compared, its system or unit); (None, None) when it does not fit its type."""
    number = exact(value)
    if kind == "boolean" and isinstance(value, bool):
        return value, None
    if kind in {"decimal", "integer"} and number is not None:
        return number, None
    if kind in {"string", "date", "datetime", "time", "code"} and isinstance(value, str) and value:
        return value, None
    if kind in {"coding", "quantity"} and isinstance(value, dict):
        part = Element(value, element.link_id, element.findings)
        if kind == "coding":
            return part.string("code") or None, part.string("system") or None
        return exact(value.get("value")), part.string("code") or part.string("unit") or None
    return None, None


def read_conditions(element: Element) -> tuple[Condition, ...]:
    return tuple(c for c in map(_condition, element.objects("enableWhen")) if c is not None)


def _condition(element: Element) -> Condition | None:
    element.refuse_unknown({"id", "extension", "question", "operator", *_answers(element)})
    element.extensions(set(), fhir.HARMLESS)
    operator = element.string("operator")
    kind, raw = element.choice_of_type("answer")
    value, system = scalar(element, kind, raw)
    if operator not in fhir.CONDITION_OPERATORS or kind not in CONDITION_KINDS or value is None:
        element.refuse("bad-enable-when", question=element.string("question"), operator=operator)
        return None
    if operator == "exists" and kind != "boolean":
        element.refuse("exists-needs-boolean", question=element.string("question"))
        return None
    return Condition(element.string("question"), operator, kind, value, system)


def _answers(element: Element) -> list[str]:
    return [name for name in element.data if name.startswith(("answer", "_answer"))]


def read_emergency(extension: Element | None, link_id: str) -> tuple[Condition, ...]:
    """`call-emergency` on an item: an operator and an answer, as in enableWhen, about the item itself."""
    if extension is None:
        return ()
    parts = {part.string("url"): part.value() for part in extension.objects("extension")}
    operator = parts.get("operator", ("", None))[1]
    kind, raw = parts.get("answer", ("", None))
    value, system = scalar(extension, kind, raw)
    if operator not in fhir.CONDITION_OPERATORS[1:] or value is None:
        extension.refuse("bad-extension", extension=fhir.EMERGENCY)
        return ()
    return (Condition(link_id, operator, kind, value, system),)


def read_range(element: Element, extensions: dict[str, Element], kind: ItemType) -> dict[str, Any]:
    low = _bound(extensions.get(fhir.MIN_VALUE), kind)
    high = _bound(extensions.get(fhir.MAX_VALUE), kind)
    likely = _likely(extensions.get(fhir.LIKELY_RANGE))
    ordered: list[Any] = [b for b in (low, *likely, high) if b is not None]
    if kind is not ItemType.DATE and any(a > b for a, b in pairwise(ordered)):
        element.refuse("range-out-of-order")
    return {"low": low, "high": high, "likely_low": likely[0], "likely_high": likely[1]}


def _bound(extension: Element | None, item_type: ItemType) -> Scalar | None:
    if extension is None:
        return None
    kind, raw = extension.value()
    value, _ = scalar(extension, kind, raw)
    fits = {"decimal", "integer", "quantity"} if item_type in MEASURED else {"date"} if item_type == "date" else set()
    if value is None or kind not in fits:
        extension.refuse("bad-extension", extension=extension.string("url"))
        return None
    return value


def _likely(extension: Element | None) -> tuple[Any, Any]:
    if extension is None:
        return None, None
    kind, raw = extension.value()
    if kind != "range" or not isinstance(raw, dict):
        extension.refuse("bad-extension", extension=fhir.LIKELY_RANGE)
        return None, None
    low, high = (
        exact(part.get("value")) if isinstance(part := raw.get(end), dict) else None for end in ("low", "high")
    )
    if low is None or high is None:
        extension.refuse("bad-extension", extension=fhir.LIKELY_RANGE)
    return low, high


def read_unit(extension: Element | None) -> Unit | None:
    if extension is None:
        return None
    coding = extension.object("valueCoding")
    if coding is None or not (coding.string("code") or coding.string("display")):
        extension.refuse("bad-extension", extension=fhir.UNIT)
        return None
    display = coding.text("display")
    code = coding.string("code")
    return Unit(code or display.own, coding.string("system") or None, Text(display.own or code, display.translations))
