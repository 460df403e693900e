"""The facts that a document needs beside its own: what was answered one answer before, two before and so on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from records.texts import around
from triage.conditions.expanding import answered, before, counts_in
from triage.conditions.shapes import facts_of
from triage.documents.parts import Document
from triage.facts import Fact, FactKind, Source, SourceKind, Translations


def facts_in_use(document: Document) -> tuple[Fact, ...]:
    """The document's own facts, then those of its counts of consecutive answers, each gathered once."""
    return (*document.facts, *derived(document))


def derived(document: Document) -> tuple[Fact, ...]:
    """What the counts of the document's rules need. A fact that two counts look back on is looked for as far as the
    longer one does; whether there is an answer is asked of each count's own days.
    """
    counts = [count for rule in document.rules for count in counts_in(rule.when)]
    if not counts:
        return ()
    known = {fact.name: fact for fact in document.facts}
    spans: dict[tuple[str, int], int] = {}
    asked: dict[str, Fact] = {}
    for count in counts:
        for back in range(1, count.count):
            for name in facts_of(count.part) & known.keys():
                spans[name, back] = max(count.days, spans.get((name, back), 0))
            made = answer_before(back, count.days, document.languages)
            asked[made.name] = made
    values = [fact_before(known[name], back, days) for (name, back), days in spans.items()]
    return tuple(sorted((*values, *asked.values()), key=lambda fact: (fact.source.back, fact.name)))


def fact_before(fact: Fact, back: int, days: int) -> Fact:
    """As plausible, and as dispensable, as it is now."""
    source = Source(SourceKind.BACK, fact.source.key, days=days, back=back)
    return replace(fact, name=before(fact.name, back), source=source, labels=dict(_before(fact.labels, back)))


def _before(labels: Translations, back: int) -> Iterator[tuple[str, str]]:
    for language, label in labels.items():
        t = around(language)
        yield (
            language,
            t.ngettext("%(fact)s, %(num)d answer before", "%(fact)s, %(num)d answers before", back, fact=label),
        )


def answer_before(back: int, days: int, languages: tuple[str, ...]) -> Fact:
    source = Source(SourceKind.BACK, days=days, back=back)
    return Fact(answered(back, days), FactKind.BOOLEAN, source, _answered(back, days, languages))


def _answered(back: int, days: int, languages: tuple[str, ...]) -> Mapping[str, str]:
    one, many = "At least %(num)d earlier answer (days: %(days)s)", "At least %(num)d earlier answers (days: %(days)s)"
    return {language: around(language).ngettext(one, many, back, days=days) for language in languages}
