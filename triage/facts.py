"""Facts: what a rule may look at, where each comes from, and how a raw value is read.

A measured number is a Decimal outside and an integer scaled by the fact's declared decimals inside (38.6 °C with one
decimal is 386), so that comparing and subtracting are exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from triage.answered import plain
from triage.conditions.shapes import Condition

Translations = Mapping[str, str]
Value = bool | int | str
NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?", re.ASCII)
LARGEST_EXPONENT = 12


class FactKind(StrEnum):
    BOOLEAN = "boolean"
    NUMBER = "number"
    CODE = "code"
    DAYS = "days"


NUMERIC = (FactKind.NUMBER, FactKind.DAYS)


class SourceKind(StrEnum):
    ANSWER = "answer"
    PREVIOUS = "previous"
    LOWEST = "lowest"
    FIRST_RESPONSE = "first_response"
    PATIENT = "patient"
    HISTORY = "history"


class Status(StrEnum):
    """Only a missing fact can be excused by the protocol; the last two are always a finding."""

    KNOWN = "known"
    MISSING = "missing"
    IMPLAUSIBLE = "implausible"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Source:
    """`key` is a linkId, a patient attribute or an item of the history; empty for the first-response flag. `days` is
    the window of `lowest`: the patient's day that is decided about, and so many before it.
    """

    kind: SourceKind
    key: str = ""
    days: int = 0


@dataclass(frozen=True, slots=True)
class Fact:
    """`unit` is a UCUM code; `lowest` and `highest` bound what is plausible, scaled like the value."""

    name: str
    kind: FactKind
    source: Source
    labels: Translations
    unit: str = ""
    decimals: int = 0
    lowest: int | None = None
    highest: int | None = None
    choices: Mapping[str, Translations] = field(default_factory=dict)
    optional_when: Condition | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was answered before the answers at hand, `days` local days ago."""

    days: int
    answers: Mapping[str, object]
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a decision may rest on. Answers are by linkId, in the stored shape of `questionnaires.answers` or as plain
    values; None, or no entry, is "I could not measure".

    `previous` holds the answers of the previous response by due time, None when there is none; `earlier` those of the
    days that the protocol looks back on, in any order. `origins` may say which
    response, and when, for each kind of source; it is copied beside every value it explains.
    """

    answers: Mapping[str, object]
    previous: Mapping[str, object] | None
    patient: Mapping[str, object]
    history: Mapping[str, object]
    origins: Mapping[SourceKind, str] = field(default_factory=dict)
    earlier: Sequence[Earlier] = ()


class Reading(NamedTuple):
    """One fact as it was read. `value` is None exactly when the fact is missing or unreadable; `text` is as entered.

    An implausible value still takes part in comparisons, so that a mistyped 395 °C raises its alert while the patient
    is asked again.
    """

    status: Status
    value: Value | None = None
    text: str = ""
    origin: str = ""


Readings = Mapping[str, Reading]
MISSING = Reading(Status.MISSING)


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
    number = as_number(raw)
    if number is None or not number.is_finite() or number.adjusted() > LARGEST_EXPONENT:
        return Reading(Status.UNREADABLE, None, as_entered(raw), origin)
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
    if fact.kind in NUMERIC:
        return read_number(fact, raw, origin)
    if fact.kind is FactKind.BOOLEAN and isinstance(raw, bool):
        return Reading(Status.KNOWN, raw, "yes" if raw else "no", origin)
    if fact.kind is FactKind.CODE and isinstance(raw, str) and raw in fact.choices:
        return Reading(Status.KNOWN, raw, raw, origin)
    return Reading(Status.UNREADABLE, None, as_entered(raw), origin)


def gather(facts: Iterable[Fact], inputs: Inputs) -> dict[str, Reading]:
    """Every fact, read from its source. Never raises, whatever the inputs hold."""
    tables: dict[SourceKind, tuple[Mapping[str, object], str]] = {
        SourceKind.ANSWER: (inputs.answers, inputs.origins.get(SourceKind.ANSWER, "")),
        SourceKind.PREVIOUS: (inputs.previous or {}, inputs.origins.get(SourceKind.PREVIOUS, "")),
        SourceKind.FIRST_RESPONSE: ({"": inputs.previous is None}, inputs.origins.get(SourceKind.FIRST_RESPONSE, "")),
        SourceKind.PATIENT: (inputs.patient, inputs.origins.get(SourceKind.PATIENT, "")),
        SourceKind.HISTORY: (inputs.history, inputs.origins.get(SourceKind.HISTORY, "")),
    }
    readings = {}
    for fact in facts:
        if fact.source.kind is SourceKind.LOWEST:
            readings[fact.name] = lowest(fact, inputs.earlier)
            continue
        table, origin = tables[fact.source.kind]
        readings[fact.name] = read(fact, plain(table.get(fact.source.key), fact.unit), origin)
    return readings


def lowest(fact: Fact, earlier: Iterable[Earlier]) -> Reading:
    """The lowest value inside the fact's window, the latest one of equals; missing when the window holds none. What
    could not be read or is hard to believe is no value to measure a change by.
    """
    window = sorted((past for past in earlier if 0 <= past.days <= fact.source.days), key=lambda past: past.days)
    readings = [read(fact, plain(past.answers.get(fact.source.key), fact.unit), past.origin) for past in window]
    known = [reading for reading in readings if reading.status is Status.KNOWN]
    return min(known, key=lambda reading: reading.value or 0, default=MISSING)


def readings_to_json(readings: Readings) -> dict[str, Any]:
    return {
        name: {"status": item.status.value, "value": item.value, "text": item.text, "origin": item.origin}
        for name, item in readings.items()
    }


def readings_from_json(stored: Mapping[str, Any]) -> dict[str, Reading]:
    """Exactly the readings that were stored."""
    return {
        name: Reading(Status(item["status"]), item["value"], item["text"], item["origin"])
        for name, item in stored.items()
    }
