"""What a FHIR item asks of its answers: bounds, lengths, decimals, a pattern, how many."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from questionnaires import fhir_names as fhir
from questionnaires.elements import Element, exact
from questionnaires.item_parts import scalar
from questionnaires.patterns import BadPattern, compiled
from questionnaires.schema import MOMENTS, TYPED_TEXT, ItemType, Scalar

Extensions = dict[str, Element]
BOUNDS_OF = {
    ItemType.DATE: {"date"},
    ItemType.DATE_TIME: {"date", "datetime"},
    ItemType.TIME: {"time"},
    ItemType.QUANTITY: {"decimal", "integer", "quantity"},
    ItemType.DECIMAL: {"decimal", "integer"},
    ItemType.INTEGER: {"decimal", "integer"},
}
MOST_DECIMALS = 10


def read_flag(extension: Element | None) -> bool:
    return extension is not None and extension.flag("valueBoolean")


def read_constraints(element: Element, extensions: Extensions, kind: ItemType) -> dict[str, Any]:
    """The fields of `Item` by these names; what does not fit its type of item is refused."""
    step = extensions.get(fhir.STEP)
    return {
        **_range(element, extensions, kind),
        "decimals": 0 if kind is ItemType.INTEGER else _whole(extensions, fhir.MAX_DECIMALS, MOST_DECIMALS),
        "min_length": _whole(extensions, fhir.MIN_LENGTH),
        "max_length": element.whole("maxLength"),
        "pattern": _pattern(element, extensions.get(fhir.REGEX), kind),
        "fewest": _whole(extensions, fhir.FEWEST),
        "most": _whole(extensions, fhir.MOST),
        "step": exact(step.value()[1]) if step else None,
    }


def _whole(extensions: Extensions, url: str, most: int | None = None) -> int | None:
    extension = extensions.get(url)
    number = None if extension is None else extension.whole("valueInteger")
    if extension is not None and (number is None or number < 0 or (most is not None and number > most)):
        extension.refuse("bad-extension", extension=url)
        return None
    return number


def _pattern(element: Element, extension: Element | None, kind: ItemType) -> str | None:
    if extension is None:
        return None
    pattern = extension.string("valueString")
    if not pattern or kind not in TYPED_TEXT:
        element.refuse("bad-extension", extension=fhir.REGEX)
        return None
    try:
        compiled(pattern)
    except BadPattern as why:
        element.refuse("bad-pattern", element=str(why))
    return pattern


def _range(element: Element, extensions: Extensions, kind: ItemType) -> dict[str, Any]:
    low, low_unit = _bound(extensions, (fhir.MIN_VALUE, fhir.MIN_QUANTITY), kind)
    high, high_unit = _bound(extensions, (fhir.MAX_VALUE, fhir.MAX_QUANTITY), kind)
    likely = _likely(extensions.get(fhir.LIKELY_RANGE))
    ordered: list[Any] = [b for b in (low, *likely, high) if b is not None]
    if kind not in MOMENTS and any(a > b for a, b in pairwise(ordered)):
        refuse: Callable[..., None] = element.note if likely == (None, None) else element.refuse
        refuse("range-out-of-order")
    return {
        "low": low,
        "high": high,
        "low_unit": low_unit,
        "high_unit": high_unit,
        "likely_low": likely[0],
        "likely_high": likely[1],
    }


def _bound(extensions: Extensions, urls: tuple[str, str], kind: ItemType) -> tuple[Scalar | None, str | None]:
    """The bound with its UCUM code; a quantity without a formal code says "" there, to which nothing compares."""
    found = [extensions[url] for url in urls if url in extensions]
    if not found:
        return None, None
    name, raw = found[0].value()
    value, _ = scalar(found[0], name, raw)
    if value is None or name not in BOUNDS_OF.get(kind, ()) or len(found) > 1:
        found[0].refuse("bad-extension", extension=found[0].string("url"))
        return None, None
    if name != "quantity":
        return value, None
    quantity = found[0].object("valueQuantity")
    formal = quantity is not None and quantity.string("system") and quantity.string("code")
    return value, str(formal or "")


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
