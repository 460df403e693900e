"""The options of a choice: listed on the item, or in a value set that the document itself contains."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from questionnaires import fhir_names as fhir
from questionnaires.elements import Element, exact
from questionnaires.schema import CHOSEN, ItemType, Option, Text
from questionnaires.value_sets import Concept, Contained, concepts

OPTION_KINDS = {"string": str, "integer": int, "date": str, "time": str}
OF_TYPE = {
    ItemType.STRING: "string",
    ItemType.TEXT: "string",
    ItemType.INTEGER: "integer",
    ItemType.DATE: "date",
    ItemType.TIME: "time",
}
"""A question that is no choice may list its permitted answers, all of its own type."""


def read_options(element: Element, kind: ItemType, contained: Contained) -> tuple[Option, ...]:
    listed = [o for o in map(_option, element.objects("answerOption")) if o is not None]
    canonical = element.string("answerValueSet")
    if canonical and "answerOption" in element.data:
        element.refuse("two-lists-of-options")
    if canonical and kind in CHOSEN:
        listed = [_from_concept(concept) for concept in concepts(element, canonical, contained)]
    _check(element, kind, listed, canonical)
    return _with_keys(element, listed)


def _check(element: Element, kind: ItemType, options: list[Option], canonical: str) -> None:
    if kind is ItemType.CHOICE and not options and not canonical:
        element.note("no-options")
    if kind in CHOSEN:
        return
    if canonical or (options and kind not in OF_TYPE):
        element.refuse("options-not-allowed")
    elif any(option.kind != OF_TYPE[kind] for option in options):
        element.refuse("option-of-another-type")


def _with_keys(element: Element, options: list[Option]) -> tuple[Option, ...]:
    shared = {key for key, count in Counter(o.key for o in options).items() if count > 1}
    if shared:
        options = [replace(o, key=f"{o.system or ''}|{o.value}") if o.key in shared else o for o in options]
    for key, count in Counter(o.key for o in options).items():
        if count > 1:
            element.refuse("duplicate-option", option=key)
    return tuple(options)


def _from_concept(concept: Concept) -> Option:
    return Option(concept.code, "code", concept.code, concept.label, concept.system, weight=concept.weight)


def _option(element: Element) -> Option | None:
    known = (n for n in element.data if n.startswith(("value", "_value")))
    element.refuse_unknown({"id", "extension", "initialSelected", *known})
    extensions = element.extensions(fhir.READ_ON_OPTION, fhir.HARMLESS)
    element.flag("initialSelected")
    kind, value = element.value()
    found = _coded(element, value) if kind == "coding" and isinstance(value, dict) else _plain(element, kind, value)
    if found is None:
        element.refuse("unsupported-option", option=kind)
        return None
    weights = {*weights_of(element, extensions), *([found.weight] if found.weight is not None else [])}
    if len(weights) > 1:
        element.refuse("weights-differ", option=found.key)
    return replace(
        found,
        emergency=fhir.EMERGENCY in extensions and extensions[fhir.EMERGENCY].value() == ("boolean", True),
        exclusive=fhir.EXCLUSIVE in extensions and extensions[fhir.EXCLUSIVE].flag("valueBoolean"),
        weight=min(weights, default=None),
    )


def _coded(element: Element, value: dict[str, Any]) -> Option | None:
    coding = Element(value, element.link_id, element.findings)
    code, label = coding.string("code"), coding.text("display")
    weights = tuple(weights_of(coding, coding.extensions(fhir.WEIGHTS, fhir.HARMLESS)))
    if not code:
        return None
    system = coding.string("system") or None
    label = Text(label.own or code, label.translations)
    return Option(code, "code", code, label, system, weight=weights[0] if weights else None)


def _plain(element: Element, kind: str, value: Any) -> Option | None:
    if not isinstance(value, str | int) or type(value) is not OPTION_KINDS.get(kind):
        return None
    label = element.text("valueString") if kind == "string" else Text(str(value))
    return Option(str(value), kind, value, label)


def weights_of(element: Element, extensions: dict[str, Element]) -> Iterator[Decimal]:
    """The ordinal values among `extensions`; one that is no number is refused."""
    for url in fhir.WEIGHTS & extensions.keys():
        number = exact(extensions[url].value()[1])
        if number is None:
            element.refuse("bad-extension", extension=url)
        else:
            yield number


def selected(element: Element) -> Iterator[dict[str, Any]]:
    """The options that a form would start with, as FHIR's `initial` writes them."""
    for option in element.objects("answerOption"):
        if option.data.get("initialSelected") is True:
            yield {name: value for name, value in option.data.items() if name.startswith("value")}
