"""The parts of a FHIR item: its conditions, bounds and unit."""

from typing import Any

from questionnaires import fhir_names as fhir
from questionnaires.elements import Element, exact
from questionnaires.moments import FORMS, is_fhir
from questionnaires.schema import Condition, Scalar, Text, Unit

CONDITION_KINDS = {"boolean", "decimal", "integer", "date", "datetime", "time", "string", "coding", "quantity"}


def scalar(element: Element, kind: str, value: Any) -> tuple[Scalar | None, str | None]:
    """A FHIR value as (what is compared, its system or unit); (None, None) when it does not fit its type."""
    number = exact(value)
    if kind == "boolean" and isinstance(value, bool):
        return value, None
    if kind in {"decimal", "integer"} and number is not None:
        return number, None
    if kind in {"string", "code", "uri"} and isinstance(value, str) and value:
        return value, None
    if kind in FORMS and isinstance(value, str) and is_fhir(kind, value):
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


def read_units(element: Element) -> tuple[Unit, ...]:
    """The units that a quantity may be given in, when the form leaves the choice."""
    offered = (part for part in element.objects("extension") if part.data.get("url") == fhir.UNIT_OPTION)
    return tuple(unit for unit in map(read_unit, offered) if unit is not None)


def read_unit(extension: Element | None) -> Unit | None:
    if extension is None:
        return None
    coding = extension.object("valueCoding")
    if coding is None or not (coding.string("code") or coding.string("display")):
        extension.refuse("bad-extension", extension=extension.string("url"))
        return None
    display = coding.text("display")
    code = coding.string("code")
    return Unit(code or display.own, coding.string("system") or None, Text(display.own or code, display.translations))
