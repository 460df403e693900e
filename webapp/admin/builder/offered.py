"""What can be chosen in a rule: facts by where they come from, limits of the same unit, codes with their words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from triage import catalogue
from triage.documents.parts import Document, Limit
from triage.facts import NUMERIC, Fact, SourceKind
from webapp.admin.rule_words import Words
from webapp.extensions import translator
from webapp.lazy import lazy

OF_SILENCE = (SourceKind.PATIENT, SourceKind.HISTORY)
GROUPS_OF_FACTS = {
    "answers": lazy("Answers"),
    "before": lazy("Answers before, and changes"),
    "patient": lazy("The patient"),
    "history": lazy("What happened so far"),
}


def group_of(kind: SourceKind) -> str:
    if kind is SourceKind.ANSWER:
        return "answers"
    return {SourceKind.PATIENT: "patient", SourceKind.HISTORY: "history", SourceKind.FIRST_RESPONSE: "history"}.get(
        kind, "before"
    )


@dataclass(frozen=True)
class Offer:
    """What one document offers, in the reader's words."""

    document: Document
    words: Words
    asked: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The options of each question as people are offered them; what a database keeps of a document has no order."""

    def fact(self, name: str) -> Fact | None:
        return next((fact for fact in self.document.facts if fact.name == name), None)

    def label(self, fact: Fact) -> str:
        return self.words.name(fact.name)

    def limit_label(self, limit: Limit) -> str:
        value = f"{self.words.value(limit)} {self.words.unit(limit.unit)}".strip()
        return translator().gettext("%(limit)s (%(value)s)", limit=self.words.label(limit), value=value)

    def limits_for(self, fact: Fact) -> dict[str, str]:
        """Those that may be compared with the fact: of the same unit and the same decimals."""
        return {
            limit.name: self.limit_label(limit)
            for limit in self.document.limits
            if fact.kind in NUMERIC and (limit.unit, limit.decimals) == (fact.unit, fact.decimals)
        }

    def since(self, fact: Fact) -> dict[str, str]:
        """The facts from which a change can be measured."""
        t = translator()
        return {
            other.name: t.gettext("its value less “%(since)s”", since=self.label(other))
            for other in self.document.facts
            if other.name != fact.name
            and (other.kind, other.unit, other.decimals) == (fact.kind, fact.unit, fact.decimals)
        }

    def codes(self, fact: Fact) -> dict[str, str]:
        known = catalogue.known(fact.source)
        order = list(known.choices) if known is not None else list(self.asked.get(fact.source.key, ()))
        codes = [code for code in order if code in fact.choices]
        codes += [code for code in fact.choices if code not in codes]
        return {code: fact.choices[code][self.words.language] for code in codes}

    def facts(self, *, on_silence: bool = False) -> list[tuple[str, list[tuple[str, str]]]]:
        """(heading, facts with their label) to choose from."""
        found: dict[str, list[tuple[str, str]]] = {key: [] for key in GROUPS_OF_FACTS}
        for fact in self.document.facts:
            if not on_silence or fact.source.kind in OF_SILENCE:
                found[group_of(fact.source.kind)].append((fact.name, self.label(fact)))
        return [(str(GROUPS_OF_FACTS[key]), facts) for key, facts in found.items() if facts]
