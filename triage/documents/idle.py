"""Facts and limits that nothing in the document uses."""

from __future__ import annotations

from collections.abc import Iterator
from string import Formatter

from triage.conditions.shapes import facts_of, limits_of
from triage.documents.parts import Document, Rule
from triage.facts import TRENDS, Source, SourceKind
from triage.findings import Findings


def review_use(document: Document, findings: Findings) -> None:
    shown = {name for rule in document.rules for name in places(rule)}
    conditions = [rule.when for rule in document.rules]
    conditions += [fact.optional_when for fact in document.facts if fact.optional_when is not None]
    used = shown.union(*(facts_of(condition) for condition in conditions))
    measured = {
        Source(SourceKind.ANSWER, fact.source.key)
        for fact in document.facts
        if fact.source.kind in TRENDS and fact.name in used
    }
    for fact in document.facts:
        if fact.name not in used and fact.source not in measured:
            findings.add(
                f"facts › {fact.name}",
                "no rule and no sentence uses it: it is shown at most, so remove it unless that is meant",
            )
    compared = shown.union(*(limits_of(condition) for condition in conditions))
    for limit in document.limits:
        if limit.name not in compared:
            findings.add(
                f"limits › {limit.name}", "no rule compares anything with it: changing it changes nothing, so remove it"
            )


def places(rule: Rule) -> Iterator[str]:
    """What the rule's sentences show."""
    for texts in (rule.to_patient, rule.to_caller):
        for text in texts.values():
            yield from (name for _, name, _, _ in Formatter().parse(text) if name)
