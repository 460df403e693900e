"""What was answered, as charts and tables show it: measures by fact, other answers in the protocol's short words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from questionnaires.answers import value_of
from records.texts import DECIMAL_COMMA
from triage.documents import Document
from triage.facts import Fact, FactKind, SourceKind
from triage.wording import UNITS
from webapp.lazy import lazy

RANGES = {
    "temperature": (Decimal(35), Decimal(41)),
    "spo2": (Decimal(84), Decimal(100)),
    "heart-rate": (Decimal(40), Decimal(150)),
    "respiratory-rate": (Decimal(6), Decimal(36)),
    "weight": (Decimal(25), Decimal(300)),
    "systolic": (Decimal(70), Decimal(210)),
    "pain": (Decimal(0), Decimal(10)),
}
"""The fixed range of each chart by linkId, in the order in which they are drawn: the same picture for everybody."""
LEAST_SPAN = {"weight": Decimal(8)}
"""What differs more between people than in one of them is drawn round that person's own values, at least so high."""
SHORT = {
    "temperature": lazy("Temp."),
    "spo2": "SpO2",
    "heart-rate": lazy("Pulse"),
    "respiratory-rate": lazy("Breaths"),
    "weight": lazy("Weight"),
    "systolic": lazy("Pressure"),
    "pain": lazy("Pain"),
}
"""Heads of narrow columns."""
NOTHING_TO_SAY = frozenset({False, "none", "same", "better", "fine", "taken", "clean", "normal"})
"""Answers that a busy reader need not see."""
Answers = Mapping[str, Sequence[Mapping[str, object]]]


@dataclass(frozen=True)
class Measure:
    """A number that is asked for, with the fact by which rules know it."""

    link_id: str
    fact: Fact

    def label(self, language: str) -> str:
        return self.fact.labels.get(language) or next(iter(self.fact.labels.values()))

    @property
    def name(self) -> object:
        return SHORT[self.link_id]

    @property
    def unit(self) -> str:
        """The sign that monitors show, in every language."""
        return UNITS.get(self.fact.unit, self.fact.unit)

    def value(self, answers: Answers) -> Decimal | None:
        """None for absent, could not be measured, or unreadable."""
        value = value_of(answers, self.link_id)
        return Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None

    def show(self, value: Decimal, language: str) -> str:
        text = f"{value:.{self.fact.decimals}f}"
        return text.replace(".", ",") if language in DECIMAL_COMMA else text


def drawn_between(link_id: str, values: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """The lowest and the highest value that a chart of these values has room for."""
    lowest, highest = RANGES[link_id]
    span = LEAST_SPAN.get(link_id)
    believed = [value for value in values if lowest <= value <= highest]
    if span is None or not believed:
        return lowest, highest
    middle = (min(believed) + max(believed)) / 2
    reach = max(span, (max(believed) - min(believed)) * Decimal("1.2")) / 2
    return middle - reach, middle + reach


def of(document: Document) -> list[Measure]:
    """The measures that the protocol reads from answers, in the charts' order."""
    facts = {fact.source.key: fact for fact in document.facts if fact.source.kind is SourceKind.ANSWER}
    return [Measure(link_id, facts[link_id]) for link_id in RANGES if link_id in facts]


def others(document: Document, answers: Answers, language: str) -> list[str]:
    """Every other answer that says something is wrong, in short words: "Breathlessness: at rest"."""
    told: list[str] = []
    for fact in document.facts:
        if fact.source.kind is not SourceKind.ANSWER or fact.source.key in RANGES:
            continue
        value = value_of(answers, fact.source.key)
        if value is None or value in NOTHING_TO_SAY:
            continue
        label = fact.labels.get(language) or next(iter(fact.labels.values()))
        if fact.kind is FactKind.CODE and value in fact.choices:
            choice = fact.choices[value]
            told.append(f"{label} – {choice.get(language) or next(iter(choice.values()))}")
        else:
            told.append(label)
    return told
