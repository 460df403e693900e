"""Which edges of a protocol's rules none of its own cases stands on.

A table of cases proves a limit only with a case on each side of it, as near as the fact is measured, in which nothing
else settles the rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from triage.assess import Occasion, assess, compile_protocol
from triage.cases import readings_of
from triage.conditions.shapes import AllOf, AnyOf
from triage.documents import Case, Document, facts_in_use
from triage.edges import Edge, Uncovered, edges_of
from triage.facts import Readings

ALWAYS, NEVER = AllOf(()), AnyOf(())


def uncovered(document: Document) -> tuple[Uncovered, ...]:
    """Every side of every edge of every rule on which no case stands, in the order of the rules; () when each has one.

    A case stands on a side when its fact has exactly that value and the comparison alone settles the rule: were it
    the other way, the rule would answer otherwise. Values outside the plausible range are not asked for. Pure; the
    document must be loaded. Whether the cases hold is told by `triage.cases.run_cases`.
    """
    edges = [edge for rule in document.rules for edge in edges_of(document, rule)]
    shown: set[tuple[int, int]] = set()
    for case, readings, outcomes in probed(document, edges):
        for number, edge in enumerate(edges):
            decides = edge.rule.on_silence is case.on_silence and outcomes[f"{number}+"] != outcomes[f"{number}-"]
            if decides:
                shown |= {(number, at) for at, side in enumerate(edge.sides) if side.stands(readings)}
    missing = (
        side.wanted
        for number, edge in enumerate(edges)
        for at, side in enumerate(edge.sides)
        if (number, at) not in shown
    )
    return tuple(unrepeated(missing))


def unrepeated(found: Iterable[Uncovered]) -> Iterator[Uncovered]:
    seen: set[tuple[str, str, str]] = set()
    for one in found:
        key = (one.rule, one.fact.name, one.value)
        if key not in seen:
            seen.add(key)
            yield one


def probed(document: Document, edges: list[Edge]) -> Iterator[tuple[Case, Readings, dict[str, bool | None]]]:
    """Each case with what every rule says when one of its comparisons is forced to be true ("+") or false ("-")."""
    rules = [
        edge.forced(*to) for number, edge in enumerate(edges) for to in ((ALWAYS, f"{number}+"), (NEVER, f"{number}-"))
    ]
    known = facts_in_use(document)
    protocol = compile_protocol(replace(document, facts=known, rules=tuple(rules), cases=()))
    for case in document.cases:
        readings = readings_of(document, case.facts, case.before)
        occasion = Occasion.SILENCE if case.on_silence else Occasion.ANSWER
        told = assess(protocol, readings, occasion=occasion).explanation["rules"]
        outcomes = dict.fromkeys((rule.id for rule in rules), None)
        yield case, readings, outcomes | {entry["rule"]: entry["outcome"] for entry in told}
