"""A stored assessment in words, for the patient and for the caller, with the same figures as the rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from records.texts import DECIMAL_COMMA, Translator, around, separator, spoken, together
from triage.assess import Assessment, Reason
from triage.conditions.shapes import facts_of
from triage.documents import Document, Rule, facts_in_use
from triage.facts import NUMERIC, Fact, FactKind
from triage.levels import Level

UNITS = {"Cel": "°C", "%": "%", "/min": "/min", "d": "d", "h": "h", "a": "a", "kg": "kg", "mm[Hg]": "mmHg"}
"""UCUM codes whose usual sign differs, or is the same on purpose; another code is shown as it is."""

SPELT_OUT = {"ar": {"/min": "في الدقيقة", "a": "سنة"}, "fr": {"a": "ans"}, "en": {"a": "years"}}
"""Signs that readers of a language would have to decipher, in words."""


PER_DAY = {"fr": "/j", "en": "/day", "ar": " في اليوم"}
"""What a trend is measured in, behind the sign of what it is a trend of."""


def sign(unit: str, language: str) -> str:
    """A UCUM code as the readers of `language` know it."""
    if unit.endswith("/d"):
        return sign(unit.removesuffix("/d"), language) + PER_DAY.get(language, "/d")
    return SPELT_OUT.get(language, UNITS).get(unit) or UNITS.get(unit, unit)


@dataclass(frozen=True, slots=True)
class Wording:
    """The texts of one assessment, from the three JSON values that were stored with it.

    A language that the document does not have falls back to the document's first one as a whole, never sentence by
    sentence.
    """

    document: Document
    facts: Mapping[str, Any]
    own_limits: Mapping[str, str]
    explanation: Mapping[str, Any]
    wanted: str

    @property
    def language(self) -> str:
        return spoken(self.wanted, self.document.languages)

    @property
    def t(self) -> Translator:
        return around(self.language)

    def to_patient(self) -> list[str]:
        """Worst first; empty when no rule fired and nothing is in doubt."""
        language, places = self.language, self.places()
        told = [rule.to_patient[language].format_map(places) for rule in self.told()]
        return told + [self.doubt_to_patient(doubt) for doubt in self.grouped_doubts()]

    def to_caller(self) -> list[str]:
        """Worst first, then what could not be assessed or is hard to believe."""
        language, places = self.language, self.places()
        told = [rule.to_caller[language].format_map(places) for rule in self.told()]
        return told + [self.doubt_to_caller(doubt) for doubt in self.grouped_doubts()]

    def comparisons(self) -> list[str]:
        """Each number, or change of one, that made a rule fire beside its limit: "SpO2 91 %: at most 92 %"."""
        told = {rule.id for rule in self.told()}
        nodes = [entry["when"] for entry in self.explanation["rules"] if entry["rule"] in told]
        lines = [self.comparison(node) for tree in nodes for node in true_leaves(tree) if self.measured(node)]
        return list(dict.fromkeys(lines))

    def told(self) -> list[Rule]:
        """The fired rules, worst first, less those that only repeat a worse one about the same facts."""
        fired = {entry["rule"] for entry in self.explanation["rules"] if entry["outcome"] is True}
        ranked = sorted(
            (rule for rule in self.document.rules if rule.id in fired), key=lambda rule: (-rule.level, not rule.call_15)
        )
        return [rule for rule in ranked if not facts_of(rule.when) <= self.facts_above(rule.level, ranked)]

    @staticmethod
    def facts_above(level: Level, ranked: list[Rule]) -> frozenset[str]:
        return frozenset[str]().union(*(facts_of(rule.when) for rule in ranked if rule.level > level))

    def places(self) -> dict[str, str]:
        """Every fact and limit as sentences show it: a number without its unit, a choice by its text."""
        limits = {limit.name: self.own_limits.get(limit.name, limit.text) for limit in self.document.limits}
        shown = {name: self.number(text) for name, text in limits.items()}
        return shown | {fact.name: self.value(fact) for fact in self.document.facts}

    def value(self, fact: Fact) -> str:
        reading = self.facts.get(fact.name, {"value": None, "text": ""})
        if reading["value"] is None:
            return self.t.gettext("not known")
        if fact.kind is FactKind.BOOLEAN:
            return self.t.gettext("yes") if reading["value"] else self.t.gettext("no")
        if fact.kind is FactKind.CODE:
            return fact.choices[reading["value"]][self.language]
        return self.number(reading["text"])

    def number(self, text: str) -> str:
        return text.replace(".", ",") if self.language in DECIMAL_COMMA else text

    def with_unit(self, text: str, unit: str) -> str:
        """The number with its unit, kept on one line."""
        return f"{self.number(text)}\u202f{sign(unit, self.language)}" if unit else self.number(text)

    def fact(self, name: str) -> Fact:
        return next(fact for fact in facts_in_use(self.document) if fact.name == name)

    def measured(self, node: Mapping[str, Any]) -> bool:
        return node["op"] in ("compare", "between", "change") and self.fact(node["fact"]).kind in NUMERIC

    def comparison(self, node: Mapping[str, Any]) -> str:
        fact, t = self.fact(node["fact"]), self.t
        values = {"fact": fact.labels[self.language], "value": self.with_unit(node["value"], fact.unit)}
        if node["op"] == "between":
            low, high = (self.with_unit(node[end], fact.unit) for end in ("low_value", "high_value"))
            return t.gettext("%(fact)s %(value)s: from %(low)s to %(high)s", low=low, high=high, **values)
        values["limit"] = self.with_unit(node["limit_value"], fact.unit)
        if node["op"] == "change":
            values["since"] = self.with_unit(node["since_value"], self.fact(node["since"]).unit)
            return t.gettext("%(fact)s: %(value)s, before: %(since)s (alert at a change of %(limit)s)", **values)
        match node["operator"]:
            case "<":
                return t.gettext("%(fact)s: %(value)s (alert below %(limit)s)", **values)
            case "<=":
                return t.gettext("%(fact)s: %(value)s (alert at %(limit)s or less)", **values)
            case ">":
                return t.gettext("%(fact)s: %(value)s (alert above %(limit)s)", **values)
            case ">=":
                return t.gettext("%(fact)s: %(value)s (alert from %(limit)s)", **values)
            case "=":
                return t.gettext("%(fact)s %(value)s: exactly %(limit)s", **values)
        return t.gettext("%(fact)s %(value)s: other than %(limit)s", **values)

    def grouped_doubts(self) -> list[tuple[Reason, str]]:
        """What is in doubt as one text for each reason."""
        groups: dict[Reason, list[str]] = {}
        for doubt in self.explanation["doubts"]:
            reason = Reason(doubt["reason"])
            groups.setdefault(reason, []).append(self.subject(reason, doubt["subject"]))
        return [(reason, separator(self.language).join(subjects)) for reason, subjects in groups.items()]

    def subject(self, reason: Reason, name: str) -> str:
        if reason is Reason.NOTHING_ASSESSED:
            return ""
        if reason is Reason.OWN_LIMIT:
            labels = {limit.name: limit.labels[self.language] for limit in self.document.limits}
            return labels.get(name, name)
        fact = self.fact(name)
        label = fact.labels[self.language]
        if reason is Reason.IMPLAUSIBLE:
            return f"{label} {together(self.with_unit(self.facts[name]['text'], fact.unit), self.language)}"
        return label

    def doubt_to_patient(self, doubt: tuple[Reason, str]) -> str:
        reason, subject = doubt
        match reason:
            case Reason.MISSING:
                return self.t.gettext("We have no answer for: %(subject)s.", subject=subject)
            case Reason.IMPLAUSIBLE:
                return self.t.gettext("This value is unusual: %(subject)s. Please measure it again.", subject=subject)
            case Reason.UNREADABLE:
                return self.t.gettext("We could not read your answer for: %(subject)s.", subject=subject)
        return self.t.gettext("We must look at your answers ourselves.")

    def doubt_to_caller(self, doubt: tuple[Reason, str]) -> str:
        reason, subject = doubt
        match reason:
            case Reason.MISSING:
                return self.t.gettext("Could not be assessed, missing: %(subject)s", subject=subject)
            case Reason.IMPLAUSIBLE:
                return self.t.gettext("Hard to believe, measure again: %(subject)s", subject=subject)
            case Reason.UNREADABLE:
                return self.t.gettext("Could not be assessed, unreadable: %(subject)s", subject=subject)
            case Reason.OWN_LIMIT:
                return self.t.gettext(
                    "The patient's own limits do not fit this protocol and were not used; a physician must set them "
                    "again: %(subject)s",
                    subject=subject,
                )
        return self.t.gettext("No rule could be assessed.")


def true_leaves(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The true comparisons inside the true parts of a tree (so never one under a "not", whose part is false)."""
    if node["outcome"] is not True:
        return
    if "parts" not in node:
        yield node
    for part in node.get("parts", ()):
        yield from true_leaves(part)


def word(document: Document, assessment: Assessment, language: str) -> Wording:
    """The wording of an assessment just made."""
    return Wording(document, assessment.facts, assessment.own_limits, assessment.explanation, language)
