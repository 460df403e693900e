"""One FHIR value[x] as a stored value: the type of the question decides which x it may be."""

import re
from collections.abc import Mapping
from typing import Any

from questionnaires.elements import exact
from questionnaires.moments import FORMS, is_fhir
from questionnaires.raw import storable
from questionnaires.schema import ItemType, Value

WANTED: Mapping[ItemType, tuple[str, ...]] = {
    ItemType.BOOLEAN: ("boolean",),
    ItemType.DECIMAL: ("decimal",),
    ItemType.INTEGER: ("integer",),
    ItemType.STRING: ("string",),
    ItemType.TEXT: ("string",),
    ItemType.URL: ("uri",),
    ItemType.CHOICE: ("coding", "string", "integer", "date", "time"),
    ItemType.OPEN_CHOICE: ("coding", "string", "integer", "date", "time"),
    ItemType.DATE: ("date",),
    ItemType.DATE_TIME: ("datetime",),
    ItemType.TIME: ("time",),
    ItemType.QUANTITY: ("quantity",),
}
LONGEST = 1_000_000
_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def stored(kind: str, raw: Any) -> Value | None:
    """`raw` as it is stored, exactly; None when it has not the form that FHIR gives a `kind` (x in lower case)."""
    match kind:
        case "boolean":
            return {"boolean": raw} if isinstance(raw, bool) else None
        case "integer":
            return {"integer": raw} if type(raw) is int and abs(raw) < 2**31 else None
        case "decimal":
            number = exact(raw)
            return None if number is None else {"decimal": f"{number:f}"}
        case "string" | "uri":
            return {kind: raw} if isinstance(raw, str) and _is_text(kind, raw) else None
        case "date" | "datetime" | "time":
            return {kind: raw} if isinstance(raw, str) and kind in FORMS and is_fhir(kind, raw) else None
        case "coding":
            return _coding(raw)
        case "quantity":
            return _quantity(raw)
    return None


def _is_text(kind: str, raw: str) -> bool:
    if not raw or len(raw) > LONGEST or raw.strip() != storable(raw):
        return False
    return kind != "uri" or is_address(raw)


def is_address(raw: str) -> bool:
    """Whether FHIR takes it for a uri: no white space, and a real UUID where it says that it is one."""
    if any(mark.isspace() for mark in raw):
        return False
    return not raw.startswith("urn:uuid:") or _UUID.fullmatch(raw) is not None


def _texts(raw: Any, *names: str) -> dict[str, str] | None:
    if not isinstance(raw, dict) or any(not isinstance(raw.get(name, ""), str) for name in names):
        return None
    return {name: raw[name] for name in names if raw.get(name)}


def _coding(raw: Any) -> Value | None:
    parts = _texts(raw, "code", "system", "display")
    if not parts or not ("code" in parts or "display" in parts):
        return None
    return {"code": parts.get("code", "")} | ({"system": parts["system"]} if "system" in parts else {})


def _quantity(raw: Any) -> Value | None:
    parts = _texts(raw, "code", "system", "unit")
    number = exact(raw.get("value")) if isinstance(raw, dict) else None
    if parts is None or number is None or raw.get("comparator"):
        return None
    unit = parts.get("code") or parts.get("unit")
    return {"quantity": f"{number:f}"} | ({"unit": unit} if unit else {})
