"""A questionnaire as the rest of the program sees it: frozen, checked when it was read, in document order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from questionnaires.findings import Finding
from questionnaires.score_shapes import Score

OWN = "https://vigidom.example/fhir/StructureDefinition/"

Scalar = bool | int | str | Decimal
Facts = Mapping[str, bool | int | str]
Value = dict[str, Any]
"""One stored answer, JSON-able; exactly one of the keys of `questionnaires.kinds`, with its companions."""
Answers = dict[str, list[Value]]


class ItemType(StrEnum):
    GROUP = "group"
    DISPLAY = "display"
    BOOLEAN = "boolean"
    DECIMAL = "decimal"
    INTEGER = "integer"
    STRING = "string"
    TEXT = "text"
    URL = "url"
    CHOICE = "choice"
    OPEN_CHOICE = "open-choice"
    DATE = "date"
    DATE_TIME = "dateTime"
    TIME = "time"
    QUANTITY = "quantity"


MEASURED = frozenset({ItemType.DECIMAL, ItemType.INTEGER, ItemType.QUANTITY})
MOMENTS = frozenset({ItemType.DATE, ItemType.DATE_TIME, ItemType.TIME})
CHOSEN = frozenset({ItemType.CHOICE, ItemType.OPEN_CHOICE})
TYPED_TEXT = frozenset({ItemType.STRING, ItemType.TEXT, ItemType.URL, ItemType.OPEN_CHOICE})
NOT_ASKED = frozenset({ItemType.GROUP, ItemType.DISPLAY})


@dataclass(frozen=True, slots=True)
class Text:
    """A text in the questionnaire's own language, with its FHIR translations."""

    own: str
    translations: Mapping[str, str] = field(default_factory=dict)

    def speak(self, language: str) -> str:
        """In `language`; the own text where no translation exists (callers choose the language per questionnaire)."""
        return self.translations.get(language, self.own)


@dataclass(frozen=True, slots=True)
class Unit:
    code: str
    system: str | None
    display: Text


@dataclass(frozen=True, slots=True)
class Option:
    """`key` is what a form posts, unique within its item; `kind` is the stored value's key (code, string, …).

    `weight` is what a score adds for it. An `exclusive` option stands alone ("none of these").
    """

    key: str
    kind: str
    value: str | int
    label: Text
    system: str | None = None
    emergency: bool = False
    weight: Decimal | None = None
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """`question operator value`; `kind` is the FHIR answer[x] type in lower case. Also says what is an emergency."""

    question: str
    operator: str
    kind: str
    value: Scalar
    system: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """`low`..`high` are plausible, `likely_low`..`likely_high` usual: both are asked about, neither refuses.

    A `read_only` item is filled by a program, never by the person; an `unfilled` one by none that runs here. `initial`
    is what a form starts with; `step` is a slider's. `score` says how a hidden item is worked out. `fewest` and `most`
    count the answers of one that repeats. A quantity is in `unit`, or in one of `units`; it compares only with bounds
    of its own unit, `low_unit` and `high_unit`, where a bound has one ("" for a bound whose unit is not formal).
    """

    link_id: str
    type: ItemType
    text: Text
    parent: str | None
    prefix: str = ""
    required: bool = False
    repeats: bool = False
    hidden: bool = False
    control: str | None = None
    options: tuple[Option, ...] = ()
    conditions: tuple[Condition, ...] = ()
    all_conditions: bool = False
    low: Scalar | None = None
    high: Scalar | None = None
    likely_low: Decimal | None = None
    likely_high: Decimal | None = None
    decimals: int | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    fewest: int | None = None
    most: int | None = None
    step: Decimal | None = None
    initial: tuple[Value, ...] = ()
    read_only: bool = False
    unfilled: bool = False
    low_unit: str | None = None
    high_unit: str | None = None
    score: Score | None = None
    unit: Unit | None = None
    units: tuple[Unit, ...] = ()
    hint: Text | None = None
    confirm_hint: Text | None = None
    could_not_measure: bool = False
    emergencies: tuple[Condition, ...] = ()
    items: tuple["Item", ...] = ()
    option_by_key: Mapping[str, Option] = field(default_factory=dict, compare=False, repr=False)
    is_question: bool = field(init=False, compare=False, repr=False)
    known: dict[str, Any] = field(default_factory=dict, init=False, compare=False, repr=False)
    """What short texts were read as (see `questionnaires.answers`)."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_question", self.type not in NOT_ASKED)

    @property
    def is_fixed(self) -> bool:
        """Nobody is asked, and the document says the answer: not a ticked box, but a constant."""
        return bool(self.initial) and (self.hidden or self.read_only) and self.is_question and not self.unfilled


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """`evaluation` lists every item after its parent and after the questions its conditions look at. `scored` are the
    items that a score fills in, `fixed` those whose only answer the document itself gives (`is_fixed`).

    `document` is the JSON it was read from, untouched, for a faithful export; `digest` is that JSON's SHA-256.
    """

    url: str
    version: str
    status: str
    language: str
    languages: tuple[str, ...]
    title: Text
    items: tuple[Item, ...]
    by_link_id: Mapping[str, Item]
    questions: tuple[Item, ...]
    evaluation: tuple[Item, ...]
    warnings: tuple[Finding, ...]
    digest: bytes
    document: Mapping[str, Any] = field(compare=False, repr=False)
    scored: tuple[Item, ...] = ()
    fixed: tuple[Item, ...] = ()
