"""One raw value read as a fact.

A measured number is a Decimal outside and an integer scaled by the fact's declared decimals inside (38.6 °C with one
decimal is 386), so that comparing and subtracting are exact.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from triage.facts.parts import MISSING, NUMERIC, Fact, FactKind, Reading, Readings, Status

NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?", re.ASCII)
LARGEST_EXPONENT = 12
LARGEST = 10 ** (LARGEST_EXPONENT + 1)
KNOWN, UNREADABLE = Status.KNOWN, Status.UNREADABLE
BOOLEAN, CODE = FactKind.BOOLEAN, FactKind.CODE
"""Looked up once: a member of an enumeration costs Python 3.11 as much as reading a yes or no."""


def scale(number: Decimal, decimals: int) -> int | None:
    """`number` times ten to the `decimals`; None when that is no whole number, or is not a number at all."""
    if not number.is_finite() or number.adjusted() > LARGEST_EXPONENT:
        return None
    scaled = number.scaleb(decimals)
    whole = int(scaled)
    return whole if whole == scaled else None


def unscale(scaled: int, decimals: int) -> str:
    """The number as text with exactly its declared decimals: unscale(390, 1) is "39.0"."""
    return str(Decimal(scaled).scaleb(-decimals)) if decimals else str(scaled)


def as_number(raw: object) -> Decimal | None:
    """An integer, a Decimal or a number written as text; None for anything else, floats and booleans included."""
    if isinstance(raw, bool):
        return None
    if isinstance(raw, Decimal):
        return raw
    if isinstance(raw, int):
        return Decimal(raw)
    return Decimal(raw) if isinstance(raw, str) and NUMBER.fullmatch(raw) else None


def as_entered(raw: object) -> str:
    """The start of an unreadable value, free of characters that a JSON column refuses."""
    return "".join(character for character in raw[:40] if character.isprintable()) if isinstance(raw, str) else ""


def read_number(fact: Fact, raw: object, origin: str) -> Reading:
    if type(raw) is int and -LARGEST < raw < LARGEST:  # what is counted, most often, needs no Decimal
        return Reading(*_measured(str(raw), fact.decimals, fact.lowest, fact.highest), origin)
    number = as_number(raw)
    if number is None or not number.is_finite() or number.adjusted() > LARGEST_EXPONENT:
        return Reading(UNREADABLE, None, as_entered(raw), origin)
    return Reading(*_measured(str(number), fact.decimals, fact.lowest, fact.highest), origin)


@lru_cache(maxsize=4096)
def _measured(text: str, decimals: int, lowest: int | None, highest: int | None) -> tuple[Status, int, str]:
    """Status, value and text of a reading. Thousands of patients measure the same few hundred values."""
    number = Decimal(text)
    exact = scale(number, decimals)
    if exact is None:  # finer than the fact is measured: compared rounded, and doubted
        return Status.IMPLAUSIBLE, round(number.scaleb(decimals)), text[:40]
    implausible = (lowest is not None and exact < lowest) or (highest is not None and exact > highest)
    return Status.IMPLAUSIBLE if implausible else Status.KNOWN, exact, unscale(exact, decimals)


def read(fact: Fact, raw: object, origin: str = "") -> Reading:
    """Reads one raw value. Never raises: a value of another kind is unreadable, which no rule takes for an answer."""
    if raw is None:
        return Reading(Status.MISSING, None, "", origin) if origin else MISSING
    kind = fact.kind
    if kind in NUMERIC:
        return read_number(fact, raw, origin)
    if kind is BOOLEAN and isinstance(raw, bool):
        return Reading(KNOWN, raw, "yes" if raw else "no", origin)
    if kind is CODE and isinstance(raw, str) and raw in fact.choices:
        return Reading(KNOWN, raw, raw, origin)
    return Reading(UNREADABLE, None, as_entered(raw), origin)


def readings_to_json(readings: Readings) -> dict[str, Any]:
    return {
        name: {"status": status._value_, "value": value, "text": text, "origin": origin}
        for name, (status, value, text, origin) in readings.items()
    }


def readings_from_json(stored: Mapping[str, Any]) -> dict[str, Reading]:
    """Exactly the readings that were stored."""
    return {
        name: Reading(Status(item["status"]), item["value"], item["text"], item["origin"])
        for name, item in stored.items()
    }
