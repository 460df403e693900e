"""What a protocol document is made of, immutable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from triage.conditions.shapes import Condition
from triage.facts import Fact, Translations, Value, unscale
from triage.levels import Level


@dataclass(frozen=True, slots=True)
class Limit:
    """A named number. `value` and its allowed range are scaled by `decimals`; `source` says who published it."""

    name: str
    labels: Translations
    unit: str
    decimals: int
    value: int
    lowest: int
    highest: int
    source: str

    @property
    def text(self) -> str:
        return unscale(self.value, self.decimals)


@dataclass(frozen=True, slots=True)
class Order:
    """`lower` must stay below `higher`, or may equal it when `operator` is "<="."""

    lower: str
    operator: str
    higher: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Fires `level` when its condition is true. Sentences may show a fact or a limit as {name}.

    A rule is for answers or for silences: of a silence only the patient and the history are known.
    """

    id: str
    level: Level
    when: Condition
    to_patient: Translations
    to_caller: Translations
    on_silence: bool = False
    call_15: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class NearLimit:
    """A value at a limit, or `plus` (scaled, may be negative) away from it, so that a case follows an edited limit. Of
    the limit of a change the value is `over` (a number as text) and so much more.
    """

    limit: str
    plus: int = 0
    over: str = "0"


Given = Value | NearLimit | None


@dataclass(frozen=True, slots=True)
class Case:
    """Facts in (on top of the document's `usual` ones; None is missing), level and rules out. `before` is what was
    answered one answer before, two before and so on, in the same way; without it nothing was.
    """

    name: str
    facts: Mapping[str, Given]
    level: Level
    fired: tuple[str, ...]
    on_silence: bool = False
    before: tuple[Mapping[str, Given], ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One version of a protocol. `questionnaire` is the canonical URL of the one whose answers it reads."""

    slug: str
    title: Translations
    status: str
    questionnaire: str
    languages: tuple[str, ...]
    notes: tuple[Translations, ...]
    facts: tuple[Fact, ...]
    limits: tuple[Limit, ...]
    orders: tuple[Order, ...]
    rules: tuple[Rule, ...]
    usual: Mapping[str, Given]
    cases: tuple[Case, ...]
