"""Words of a protocol that may not make sense yet: what a rule names and nothing declares is shown by its bare name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from triage.conditions.shapes import Compare, Condition, LimitName, OneOf, facts_of, limits_of, parts_of
from triage.documents import Document, Limit
from triage.documents.parsing import DocumentReader
from triage.facts import Fact, FactKind, Source, SourceKind, Translations
from triage.findings import Findings


def read_loosely(data: Mapping[str, Any]) -> Document:
    """The document as far as it can be read; `mended` makes it ready to be shown."""
    return DocumentReader(Findings()).document(data)


def mended(document: Document) -> Document:
    """With a stand-in for every fact, limit, choice and text that is named and not there."""
    languages = document.languages or ("en",)
    conditions = [rule.when for rule in document.rules]
    conditions += [fact.optional_when for fact in document.facts if fact.optional_when is not None]
    facts = {fact.name: fact for fact in document.facts}
    limits = {limit.name: limit for limit in document.limits}
    for name in _missing(conditions, facts_of, facts):
        facts[name] = Fact(name, FactKind.NUMBER, Source(SourceKind.ANSWER, ""), {})
    for name in _missing(conditions, limits_of, limits):
        limits[name] = Limit(name, {}, "", 0, 0, 0, 0, "")
    codes: dict[str, list[str]] = {}
    for condition in conditions:
        for fact_name, code in _codes(condition):
            codes.setdefault(fact_name, []).append(code)
    return replace(
        document,
        languages=languages,
        title=filled(document.title, languages, document.slug),
        facts=tuple(_whole(fact, languages, codes.get(fact.name, [])) for fact in facts.values()),
        limits=tuple(replace(limit, labels=filled(limit.labels, languages, limit.name)) for limit in limits.values()),
        rules=tuple(
            replace(
                rule,
                to_patient=filled(rule.to_patient, languages, "—"),
                to_caller=filled(rule.to_caller, languages, "—"),
            )
            for rule in document.rules
        ),
    )


def filled(texts: Translations, languages: Iterable[str], name: str) -> dict[str, str]:
    """A text in every language: its own, another language's, or the name."""
    other = next((text for text in texts.values() if text.strip()), name)
    return {language: texts.get(language) or other for language in languages}


def _missing(conditions: Iterable[Condition], named: Any, known: Mapping[str, object]) -> list[str]:
    return sorted({name for condition in conditions for name in named(condition)} - known.keys())


def _codes(condition: Condition) -> Iterator[tuple[str, str]]:
    if isinstance(condition, OneOf):
        yield from ((condition.fact, code) for code in condition.codes)
    if isinstance(condition, Compare):
        operand = condition.operand
        yield condition.fact, operand.name if isinstance(operand, LimitName) else str(operand)
    for part in parts_of(condition):
        yield from _codes(part)


def _whole(fact: Fact, languages: tuple[str, ...], named: list[str]) -> Fact:
    choices = {code: filled(texts, languages, code) for code, texts in fact.choices.items()}
    if fact.kind is FactKind.CODE:
        choices = {**{code: dict.fromkeys(languages, code) for code in named if code not in choices}, **choices}
    return replace(fact, labels=filled(fact.labels, languages, fact.name), choices=choices)
