"""A stored answer (the shape of `questionnaires.answers`) as one plain value that a fact can be read from."""

from __future__ import annotations

from decimal import Decimal

Unreadable = tuple[()]
UNREADABLE: Unreadable = ()
"""Something was answered and no value can be told from it: not the same as no answer."""
PLAIN = ("boolean", "integer", "code", "string", "date")


def plain(entry: object, unit: str) -> object:
    """bool, int, Decimal or text; None when nothing was answered or the patient could not measure; else UNREADABLE.

    A value that is no list is taken as it is. Two values for one fact tell nothing certain, nor does a quantity in
    another unit than the fact's.
    """
    if not isinstance(entry, list):
        return entry
    given = entry if len(entry) == 1 else [value for value in entry if not is_absent(value)]
    if not given or is_absent(given[0]):
        return None
    value = given[0]
    if len(given) > 1 or not isinstance(value, dict):
        return UNREADABLE
    for key in PLAIN:
        if key in value:
            return UNREADABLE if value[key] is None else value[key]
    if "quantity" in value and value.get("unit", "") != unit:
        return UNREADABLE
    return decimal(value.get("decimal", value.get("quantity")))


def is_absent(value: object) -> bool:
    return isinstance(value, dict) and "absent" in value


def decimal(text: object) -> Decimal | Unreadable:
    try:
        return Decimal(text) if isinstance(text, str) else UNREADABLE
    except ArithmeticError:
        return UNREADABLE
