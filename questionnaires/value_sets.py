"""The concepts of a value set that the questionnaire contains, whole or not at all. Nothing is looked up elsewhere, but
a few small ones that HL7 defines for everybody (CC0) are known, as they stand in FHIR 4.0.1 and in HL7's Terminology
(`library/value-sets.json`, without the codes that HL7 marks as not selectable).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from typing import Any

import orjson

from questionnaires import fhir_names as fhir
from questionnaires.elements import Element, exact
from questionnaires.schema import Text

DEEPEST = 10
MOST_OPTIONS = 50_000
"""Of all the questions of a document together: a small file may point at one large set from every question."""
OF_HL7: dict[str, dict[str, Any]] = orjson.loads(
    files("questionnaires").joinpath("library/value-sets.json").read_bytes()
)


@dataclass(frozen=True, slots=True)
class Concept:
    code: str
    system: str | None
    label: Text
    weight: Decimal | None


class _NotWhole(Exception):
    """The value set cannot be listed from what the document holds; the text says what stands in the way."""


class Contained(dict[str, Element]):
    """The contained resources by id, and how many options may still be listed."""

    left = MOST_OPTIONS


def contained_by_id(root: Element) -> Contained:
    return Contained({resource.string("id"): resource for resource in root.objects("contained")})


def _defined_by_hl7(canonical: str) -> Element | None:
    found = OF_HL7.get(canonical.removesuffix("|4.0.1").removesuffix("|1.0.0"))
    return Element(found, "", []) if found else None


def concepts(element: Element, canonical: str, contained: Contained) -> list[Concept]:
    """The concepts that `canonical` lists; a set that is not contained, or not wholly, is refused on `element`."""
    if contained.left < 0:  # refused already
        return []
    resource = _named(canonical, contained) or _defined_by_hl7(canonical)
    if resource is None or resource.data.get("resourceType") != "ValueSet":
        element.refuse("value-set-elsewhere", option=canonical[:200])
        return []
    try:
        found = list(_listed(Element(resource.data, element.link_id, element.findings), contained))
    except _NotWhole as why:
        element.refuse("value-set-not-whole", option=canonical[:200], element=str(why))
        return []
    if not found:
        element.refuse("no-options")
    contained.left -= len(found)
    if contained.left < 0:
        element.refuse("too-many-options", most=str(MOST_OPTIONS))
        return []
    return found


def _named(canonical: str, contained: dict[str, Element]) -> Element | None:
    if canonical.startswith("#"):
        return contained.get(canonical[1:])
    url = canonical.split("|")[0]
    return next((resource for resource in contained.values() if resource.data.get("url") == url), None)


def _listed(value_set: Element, contained: dict[str, Element]) -> Iterator[Concept]:
    expansion = value_set.object("expansion")
    if expansion and expansion.data.get("contains"):
        found = list(_expanded(expansion, 1))
        if (expansion.whole("total") or 0) > len(found):
            raise _NotWhole("total")
        yield from found
        return
    compose = value_set.object("compose")
    if compose is None:
        raise _NotWhole("compose")
    if compose.data.get("exclude"):
        raise _NotWhole("exclude")
    for include in compose.objects("include"):
        if wanted := next((name for name in ("filter", "valueSet") if include.data.get(name)), None):
            raise _NotWhole(wanted)
        yield from _included(include, contained)


def _expanded(element: Element, depth: int) -> Iterator[Concept]:
    if depth > DEEPEST:
        raise _NotWhole("contains")
    for part in element.objects("contains"):
        if part.string("code") and not part.flag("abstract"):
            yield _concept(part, part.string("system") or None)
        yield from _expanded(part, depth + 1)


def _included(include: Element, contained: dict[str, Element]) -> Iterator[Concept]:
    system = include.string("system") or None
    if include.data.get("concept"):
        for part in include.objects("concept"):
            yield _concept(part, system)
        return
    found = _named(system or "", contained)
    if found is None or found.data.get("resourceType") != "CodeSystem":
        raise _NotWhole(f"include.system {system or ''}"[:200])
    if found.data.get("content", "complete") != "complete":
        raise _NotWhole("content")
    yield from _defined(Element(found.data, include.link_id, include.findings), system, 1)


def _defined(element: Element, system: str | None, depth: int) -> Iterator[Concept]:
    if depth > DEEPEST:
        raise _NotWhole("concept")
    for part in element.objects("concept"):
        yield _concept(part, system)
        yield from _defined(part, system, depth + 1)


def _concept(part: Element, system: str | None) -> Concept:
    code, label = part.string("code"), part.text("display")
    translations = dict(label.translations)
    for designation in part.objects("designation"):
        if designation.string("language") and designation.string("value"):
            translations.setdefault(designation.string("language"), designation.string("value"))
    if not code:
        raise _NotWhole("code")
    return Concept(code, system, Text(label.own or code, translations), _weight(part))


def _weight(part: Element) -> Decimal | None:
    found = part.extensions(fhir.WEIGHTS, fhir.HARMLESS)
    weights = {exact(extension.value()[1]) for extension in found.values()}
    if len(weights) > 1:
        part.refuse("weights-differ", option=part.string("code"))
    return next(iter(weights), None)
