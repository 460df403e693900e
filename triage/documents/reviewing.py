"""What a protocol that makes sense may still have got wrong: warnings for whoever writes or signs it.

Each is certain of what it says, with the limits as they stand; where this cannot be decided, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from triage.catalogue import known
from triage.conditions.shapes import Compare, Condition, LimitName
from triage.documents.bands import review_bands
from triage.documents.idle import review_use
from triage.documents.limits import review_limits
from triage.documents.parts import Document, Rule
from triage.documents.regions import Region, TooManyBoxes, lies_in
from triage.documents.truth import Truth
from triage.facts import NUMERIC, OF_ANSWERS, Fact, FactKind, SourceKind
from triage.findings import Finding, Findings


def review(document: Document) -> tuple[Finding, ...]:
    """The warnings of a loaded document, in the order of its parts; empty when there is none."""
    findings = Findings()
    for fact in document.facts:
        review_source(fact, findings)
    review_units(document, findings)
    review_limits(document, findings)
    regions = dict(reached(document))
    review_rules(document, regions, findings)
    review_bands(document, regions, findings)
    review_use(document, findings)
    return tuple(findings.found)


def review_source(fact: Fact, findings: Findings) -> None:
    """The fact against the catalogue's own one."""
    own, where = known(fact.source), f"facts › {fact.name}"
    if own is None:
        return
    if (fact.kind in NUMERIC) != (own.kind in NUMERIC) or (fact.kind not in NUMERIC and fact.kind is not own.kind):
        findings.add(
            where, "this is known as a %(known)s: as a %(given)s it can never be read", known=own.kind, given=fact.kind
        )
    elif fact.unit != own.unit:
        findings.add(
            where,
            "this is known in “%(known)s”, not in “%(given)s”: correct the unit",
            known=own.unit,
            given=fact.unit,
        )
    elif fact.kind is FactKind.CODE and fact.choices.keys() != own.choices.keys():
        findings.add(where, "the choices are not those that exist: write %(known)s", known=", ".join(own.choices))


def review_units(document: Document, findings: Findings) -> None:
    """Facts of one answer in two units: one of them can never be read."""
    first: dict[str, Fact] = {}
    for fact in document.facts:
        if fact.kind not in NUMERIC or fact.source.kind not in OF_ANSWERS or fact.source.kind is SourceKind.SLOPE:
            continue
        same = first.setdefault(fact.source.key, fact)
        if same.unit != fact.unit:
            findings.add(
                f"facts › {fact.name}",
                "%(name)s and %(other)s read one answer in “%(unit)s” and “%(other_unit)s”: give both the same unit",
                name=fact.name,
                other=same.name,
                unit=fact.unit,
                other_unit=same.unit,
            )


def reached(document: Document) -> Iterator[tuple[str, Region]]:
    """Where each rule fires, of those that can be reasoned about."""
    truth = Truth(document)
    for rule in document.rules:
        try:
            yield rule.id, truth.of(rule.when)
        except TooManyBoxes:
            continue


def review_rules(document: Document, regions: Mapping[str, Region], findings: Findings) -> None:
    """Rules that never fire, and rules beside which a worse or equal one always fires."""
    never = {name for name, region in regions.items() if not region}
    for rule in document.rules:
        if rule.id in never:
            findings.add(
                f"rules › {rule.id}", "this rule can never fire with these limits: correct its condition or remove it"
            )
    covered: set[str] = set()
    for first, second in combinations([rule for rule in document.rules if rule.id in regions.keys() - never], 2):
        for rule, other in ((second, first), (first, second)):
            if rule.id in covered or other.id in covered or not outdone(rule, other):
                continue
            if lies_in(regions[rule.id], regions[other.id]):
                covered.add(rule.id)
                report_covered(document, rule, other, findings)


def outdone(rule: Rule, other: Rule) -> bool:
    """Whether nothing is left for `rule` to say where `other` fires too."""
    same = rule.on_silence is other.on_silence
    return same and rule.level <= other.level and (other.call_15 or not rule.call_15)


def report_covered(document: Document, rule: Rule, other: Rule, findings: Findings) -> None:
    values = {limit.name: limit.text for limit in document.limits}
    mild, severe = limit_of(rule.when), limit_of(other.when)
    if rule.level < other.level and mild and severe and values[mild] != values[severe]:
        findings.add(
            f"limits › {severe}",
            "%(severe)s (%(severe_value)s) is reached before %(mild)s (%(mild_value)s): %(rule)s never fires without "
            "%(other)s, which is worse",
            severe=severe,
            severe_value=values[severe],
            mild=mild,
            mild_value=values[mild],
            rule=rule.id,
            other=other.id,
        )
        return
    findings.add(
        f"rules › {rule.id}",
        "whenever this rule fires, %(other)s fires too, at the same or a worse level: it changes no level",
        other=other.id,
    )


def limit_of(when: Condition) -> str | None:
    """The limit of a rule that only compares one fact with it."""
    return when.operand.name if isinstance(when, Compare) and isinstance(when.operand, LimitName) else None
