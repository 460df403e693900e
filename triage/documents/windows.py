"""Whether a fact of a window makes sense beside the other facts of its document."""

from __future__ import annotations

from collections.abc import Iterable

from triage.conditions.parsing import LONGEST_WINDOW
from triage.facts import NUMERIC, TRENDS, Fact, Source, SourceKind
from triage.findings import Findings


def check_window(fact: Fact, facts: Iterable[Fact], findings: Findings) -> None:
    where, source = f"facts › {fact.name}", fact.source
    if fact.kind not in NUMERIC:
        findings.add(
            where,
            "only a number has a window (%(kind)s): make it a number, or read the previous answer",
            kind=source.kind,
        )
    most = LONGEST_WINDOW * (24 if source.hours else 1)
    if not 1 <= (source.hours or source.days) <= most:
        message = (
            "a window has 1 to %(most)s hours: correct hours"
            if source.hours
            else "a window has 1 to %(most)s days: correct days"
        )
        findings.add(where, message, most=most)
    if source.kind in TRENDS:
        check_trend(fact, facts, findings)


def check_trend(fact: Fact, facts: Iterable[Fact], findings: Findings) -> None:
    """A trend needs the fact of the answer itself, which says what of it is plausible and in which unit."""
    where, asked = f"facts › {fact.name}", Source(SourceKind.ANSWER, fact.source.key)
    answer = next((known for known in facts if known.source == asked), None)
    if answer is None:
        findings.add(
            where, "a trend needs the fact of the answer to %(question)s: declare it too", question=fact.source.key
        )
        return
    slope = fact.source.kind is SourceKind.SLOPE
    unit = f"{answer.unit}/d" if slope else answer.unit
    decimals = fact.decimals if slope else answer.decimals
    if (fact.unit, fact.decimals) != (unit, decimals):
        findings.add(
            where,
            "%(fact)s must have the unit “%(unit)s” and %(decimals)s decimals, as follows from %(answer)s",
            fact=fact.name,
            unit=unit,
            decimals=decimals,
            answer=answer.name,
        )
