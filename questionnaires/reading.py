"""From a FHIR R4 Questionnaire to `Questionnaire`. All or nothing: every item that is not understood is named."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson

from questionnaires import fhir_names as fhir
from questionnaires.constraints import read_constraints, read_flag
from questionnaires.dialects import name_version
from questionnaires.elements import Element
from questionnaires.findings import Finding, QuestionnaireError, Severity
from questionnaires.initials import read_initial
from questionnaires.item_parts import read_conditions, read_emergency, read_unit, read_units
from questionnaires.languages import complete_languages
from questionnaires.options import read_options
from questionnaires.ordering import check_links, evaluation_order
from questionnaires.schema import CHOSEN, MEASURED, Item, ItemType, Questionnaire
from questionnaires.score_reading import check_scores, read_score
from questionnaires.value_sets import Contained, contained_by_id

DEEPEST = 10
MOST_ITEMS = 2000
LONGEST_NAME = 1000
"""Bytes of a url or a version: one entry of an index holds both."""
STATUSES = {"draft", "active", "retired", "unknown"}


def digest_of(document: Mapping[str, Any]) -> bytes:
    """SHA-256 of the document's canonical JSON: sorted keys, no spaces, UTF-8.

    Raises TypeError for what JSON in PostgreSQL cannot hold (NUL, lone surrogates, integers beyond 64 bits).
    """
    canonical = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    if b"\\u0000" in canonical:
        raise TypeError("NUL in a text")
    return hashlib.sha256(canonical).digest()


@dataclass(frozen=True)
class _Source:
    digest: bytes
    document: Mapping[str, Any] = field(compare=False)


def parse_once(digest: bytes, document: Mapping[str, Any]) -> Questionnaire:
    """`parse`, kept by digest: a stored version is read once per process. The caller vouches for the digest."""
    return _parsed(_Source(digest, document))


@lru_cache(maxsize=256)
def _parsed(source: _Source) -> Questionnaire:
    return parse(source.document)


def parse(document: object) -> Questionnaire:
    """Raises QuestionnaireError naming every item that is not understood; never anything else."""
    findings: list[Finding] = []
    root = Element(document if isinstance(document, dict) else {}, "", findings)
    if root.data.get("resourceType") != "Questionnaire":
        root.refuse("not-a-questionnaire")
        raise QuestionnaireError(tuple(findings))
    try:
        digest = digest_of(root.data)
    except TypeError:
        root.refuse("not-json")
        raise QuestionnaireError(tuple(findings)) from None
    if sum(1 for _ in _declared(root.data)) > MOST_ITEMS:
        root.refuse("too-many-items", most=str(MOST_ITEMS))
        raise QuestionnaireError(tuple(findings))
    questionnaire = _questionnaire(root, digest)
    if any(f.severity is Severity.ERROR for f in findings):
        raise QuestionnaireError(tuple(findings))
    return questionnaire


def _questionnaire(root: Element, digest: bytes) -> Questionnaire:
    name_version(root)
    root.refuse_unknown(fhir.ROOT_ELEMENTS)
    root.extensions(set(), fhir.HARMLESS)
    status = root.string("status")
    if not status:
        root.findings.append(Finding("", "no-status", Severity.NOTE))
    elif status not in STATUSES:
        root.refuse("bad-element", element="status")
    for name in ("url", "version"):
        if len(root.string(name).encode()) > LONGEST_NAME:
            root.refuse("bad-element", element=name)
    items = _items(root, None, 1, contained_by_id(root))
    listed = tuple(_walk(items))
    if not root.data.get("item"):
        root.refuse("no-items")
    by_link_id = {item.link_id: item for item in listed}
    check_links(listed, by_link_id, frozenset(_declared(root.data)), root.findings)
    check_scores(listed, by_link_id, root.findings)
    title, language = root.text("title"), root.string("language") or "und"
    return Questionnaire(
        url=root.string("url"),
        version=root.string("version"),
        status=status or "draft",
        language=language,
        languages=complete_languages(title, listed, language),
        title=title,
        items=items,
        by_link_id=by_link_id,
        questions=tuple(item for item in listed if item.is_question),
        scored=tuple(item for item in listed if item.score is not None),
        fixed=tuple(item for item in listed if item.is_fixed),
        evaluation=evaluation_order(listed, by_link_id, root.findings),
        warnings=tuple(f for f in root.findings if f.severity is not Severity.ERROR),
        digest=digest,
        document=root.data,
    )


def _walk(items: tuple[Item, ...]) -> Iterator[Item]:
    for item in items:
        yield item
        yield from _walk(item.items)


def _declared(data: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    """The linkIds of the document, of refused items too: a condition on one of those is not called dangling."""
    children = data.get("item")
    for child in children if isinstance(children, list) and depth <= DEEPEST else ():
        if isinstance(child, dict):
            yield str(child.get("linkId"))
            yield from _declared(child, depth + 1)


def _items(element: Element, parent: str | None, depth: int, contained: Contained) -> tuple[Item, ...]:
    if depth > DEEPEST and element.data.get("item"):
        element.refuse("too-deep", most=str(DEEPEST))
        return ()
    children = (_item(child, parent, depth, contained) for child in element.objects("item"))
    return tuple(item for item in children if item is not None)


def _item(outer: Element, parent: str | None, depth: int, contained: Contained) -> Item | None:
    link_id = outer.string("linkId")
    element = Element(outer.data, link_id or (parent or ""), outer.findings)
    if not link_id:
        element.refuse("no-link-id", text=outer.string("text")[:80])
    element.refuse_unknown(fhir.ITEM_ELEMENTS)
    extensions = element.extensions(fhir.READ_ON_ITEM, fhir.HARMLESS)
    children = _items(element, link_id, depth + 1, contained)
    name = element.string("type")
    if name not in set(ItemType):
        element.refuse("unsupported-type", type=name[:80])
        return None
    return _typed_item(element, ItemType(name), parent, extensions, children, contained)


def _typed_item(
    element: Element,
    kind: ItemType,
    parent: str | None,
    extensions: dict[str, Element],
    children: tuple[Item, ...],
    contained: Contained,
) -> Item:
    conditions = read_conditions(element)
    options = read_options(element, kind, contained)
    unit, units = read_unit(extensions.get(fhir.UNIT)), read_units(element)
    behaviour = element.string("enableBehavior")
    if behaviour not in {"", "all", "any"}:
        element.refuse("bad-element", element="enableBehavior")
    if len(conditions) > 1 and not behaviour:
        element.findings.append(Finding(element.link_id, "no-enable-behavior", Severity.NOTE))
    item = Item(
        link_id=element.link_id,
        type=kind,
        text=element.text("text"),
        parent=parent,
        prefix=element.string("prefix"),
        required=element.flag("required"),
        repeats=element.flag("repeats"),
        hidden=read_flag(extensions.get(fhir.HIDDEN)),
        read_only=element.flag("readOnly"),
        unfilled=_unfilled(element, extensions),
        control=_control(extensions.get(fhir.ITEM_CONTROL)),
        options=options,
        conditions=conditions,
        all_conditions=behaviour == "all",
        unit=unit,
        units=units,
        hint=extensions[fhir.ENTRY_FORMAT].text("valueString") if fhir.ENTRY_FORMAT in extensions else None,
        confirm_hint=extensions[fhir.CONFIRM_HINT].text("valueString") if fhir.CONFIRM_HINT in extensions else None,
        could_not_measure=_may_fail(extensions, measured=kind in MEASURED and bool(unit or units)),
        emergencies=read_emergency(extensions.get(fhir.EMERGENCY), element.link_id),
        score=read_score(extensions.get(fhir.SCORE)),
        initial=read_initial(element, kind),
        items=children,
        option_by_key={option.key: option for option in options},
        **read_constraints(element, extensions, kind),
    )
    _check(element, item)
    return item


def _may_fail(extensions: dict[str, Element], *, measured: bool) -> bool:
    """A number with a unit is a measure, which can fail, unless the document says that this one cannot."""
    said = extensions.get(fhir.COULD_NOT_MEASURE)
    return measured if said is None else read_flag(said)


def _unfilled(element: Element, extensions: dict[str, Element]) -> bool:
    """Nobody is asked, and the expression that would have filled it is not run."""
    not_asked = element.flag("readOnly") or read_flag(extensions.get(fhir.HIDDEN))
    filled_by = (fhir.INITIAL_EXPRESSION, fhir.CALCULATED_EXPRESSION)
    return not_asked and any(part.data.get("url") in filled_by for part in element.objects("extension"))


def _check(element: Element, item: Item) -> None:
    """What FHIR or this program asks of each type."""
    if item.type is ItemType.DISPLAY and (item.items or item.required or item.repeats):
        element.refuse("display-with-answer")
    if item.type is ItemType.GROUP and item.repeats:
        element.refuse("repeating-group")
    if item.is_question and not item.hidden and not item.text.own.strip():
        element.note("no-text")
    if item.type not in MEASURED and (item.unit or item.units or item.could_not_measure):
        element.refuse("unit-not-allowed")
    bounds = (bound for bound in (item.low_unit, item.high_unit) if bound is not None)
    if any(not bound or (item.unit is not None and bound != item.unit.code) for bound in bounds):
        element.note("bound-in-another-unit")
    if any(option.exclusive for option in item.options) and not (item.repeats and item.type in CHOSEN):
        element.note("exclusive-alone")
    if (item.fewest or item.most) and not item.repeats:
        element.note("occurrences-without-repeats")


def _control(extension: Element | None) -> str | None:
    concept = extension.object("valueCodeableConcept") if extension else None
    codes = [coding.string("code") for coding in concept.objects("coding")] if concept else []
    return codes[0] if codes else None
