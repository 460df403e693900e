"""What a rule may look at, and where each fact comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from triage.conditions.shapes import Condition

Translations = Mapping[str, str]
Value = bool | int | str


class FactKind(StrEnum):
    BOOLEAN = "boolean"
    NUMBER = "number"
    CODE = "code"
    DAYS = "days"


NUMERIC = (FactKind.NUMBER, FactKind.DAYS)


class SourceKind(StrEnum):
    """A document can name each of these but BACK, which a count of consecutive answers brings with it."""

    ANSWER = "answer"
    PREVIOUS = "previous"
    LOWEST = "lowest"
    HIGHEST = "highest"
    LATEST = "latest"
    CHANGE = "change"
    SLOPE = "slope"
    FIRST_RESPONSE = "first_response"
    PATIENT = "patient"
    HISTORY = "history"
    BACK = "back"


WINDOWS = (SourceKind.LOWEST, SourceKind.HIGHEST, SourceKind.LATEST, SourceKind.CHANGE, SourceKind.SLOPE)
"""What is read from several earlier answers."""
TRENDS = (SourceKind.CHANGE, SourceKind.SLOPE)
"""The windows that measure the answer at hand against earlier ones."""
PAST = (SourceKind.PREVIOUS, SourceKind.LOWEST, SourceKind.HIGHEST, SourceKind.LATEST, SourceKind.BACK)
"""What was believed or doubted when it was answered."""
OF_ANSWERS = (SourceKind.ANSWER, SourceKind.PREVIOUS, *WINDOWS)
"""Sources whose key is a linkId."""


class Status(StrEnum):
    """Only a missing fact can be excused by the protocol; the last two are always a finding."""

    KNOWN = "known"
    MISSING = "missing"
    IMPLAUSIBLE = "implausible"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Source:
    """`key` is a linkId, a patient attribute or an item of the history; empty for the first-response flag.

    A window is so many `days` (the patient's day that is decided about, and so many before it) or so many `hours`
    before the answers at hand, by due time; the other is 0. A BACK is the answered hour `back` before, unless it is
    more than `days` ago; without a key it is whether there is such an hour.
    """

    kind: SourceKind
    key: str = ""
    days: int = 0
    hours: int = 0
    back: int = 0


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
    """What was answered before the answers at hand: `days` local days and `minutes` of due time ago, in the answered
    hour `back` before (1 is the one before, whose answers are also the previous ones).
    """

    days: int
    answers: Mapping[str, object]
    origin: str = ""
    minutes: int = 0
    back: int = 0


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
