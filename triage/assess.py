"""One set of facts against one protocol: the level, the rules that fired, what is in doubt, and why.

The worst level wins. A rule that cannot be decided is itself a finding, unless every fact that it misses is optional
for this patient. Whatever the facts, a level results.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from triage.conditions.compiling import Bounds, Evaluate, Node, compile_condition, unknown_facts
from triage.conditions.expanding import expanded
from triage.conditions.shapes import Condition, facts_of
from triage.documents import Document, Limit, Rule, digest, facts_in_use
from triage.documents import limits_with as checked_limits
from triage.facts import MISSING, PAST, Fact, Readings, Status, readings_from_json, readings_to_json
from triage.findings import ProtocolError
from triage.levels import Level


class Occasion(StrEnum):
    ANSWER = "answer"
    SILENCE = "silence"


class Reason(StrEnum):
    """Why something is in doubt; the first three are about a fact, the fourth about a patient's own limit."""

    MISSING = "missing"
    IMPLAUSIBLE = "implausible"
    UNREADABLE = "unreadable"
    OWN_LIMIT = "own_limit"
    NOTHING_ASSESSED = "nothing_assessed"


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a person must look at: `rules` could not be decided, or rest on a value that is hard to believe."""

    reason: Reason
    subject: str
    rules: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {"reason": self.reason.value, "subject": self.subject, "rules": list(self.rules)}


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """`when` is the rule's condition as it is evaluated. `doubtable`: facts whose implausible value is a finding. An
    earlier answer was doubted when it was given.
    """

    rule: Rule
    id: str
    level: str
    when: Condition
    evaluate: Evaluate
    doubtable: frozenset[str]


@dataclass(frozen=True, slots=True)
class CompiledProtocol:
    """A document made ready once, for any number of assessments."""

    document: Document
    digest: str
    facts: Mapping[str, Fact]
    rules: Mapping[Occasion, tuple[CompiledRule, ...]]
    optional: tuple[tuple[str, Evaluate], ...]
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class Assessment:
    """`facts`, `own_limits` and `explanation` are plain JSON: with the protocol they give the same assessment again.

    `call_15` is whether the patient's screen says to call 15 now.
    """

    level: Level
    fired: tuple[str, ...]
    doubts: tuple[Doubt, ...]
    call_15: bool
    facts: dict[str, Any]
    own_limits: dict[str, str]
    explanation: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {
            "level": self.level.code,
            "call_15": self.call_15,
            "facts": self.facts,
            "own_limits": self.own_limits,
            "explanation": self.explanation,
        }


FLOOR = {Occasion.ANSWER: Level.GREEN, Occasion.SILENCE: Level.SILENT}
IN_DOUBT = {Occasion.ANSWER: Level.ORANGE, Occasion.SILENCE: Level.SILENT_URGENT}
IMPLAUSIBLE = Status.IMPLAUSIBLE
"""Looked up once, as in triage.conditions.compiling."""


def bounds_of(limits: Iterable[Limit]) -> Bounds:
    return {limit.name: (limit.value, limit.text) for limit in limits}


def compile_rule(rule: Rule, facts: Mapping[str, Fact]) -> CompiledRule:
    when = expanded(rule.when)
    read = facts_of(when)
    doubtable = frozenset(name for name in read if facts[name].source.kind not in PAST)
    return CompiledRule(rule, rule.id, rule.level.code, when, compile_condition(when, facts), doubtable)


def compile_protocol(document: Document) -> CompiledProtocol:
    """Compiles once per version; keep the result."""
    facts = {fact.name: fact for fact in facts_in_use(document)}
    rules = [compile_rule(rule, facts) for rule in document.rules]
    return CompiledProtocol(
        document=document,
        digest=digest(document).hex(),
        facts=facts,
        rules={
            Occasion.ANSWER: tuple(item for item in rules if not item.rule.on_silence),
            Occasion.SILENCE: tuple(item for item in rules if item.rule.on_silence),
        },
        optional=tuple(
            (fact.name, compile_condition(fact.optional_when, facts))
            for fact in facts.values()
            if fact.optional_when is not None
        ),
        bounds=bounds_of(document.limits),
    )


def own_bounds(protocol: CompiledProtocol, own: Mapping[str, Decimal]) -> tuple[Bounds, list[Doubt]]:
    """The limits of this patient. Own ones that do not fit this version are not used, and that is a doubt."""
    if not own:
        return protocol.bounds, []
    try:
        limits = checked_limits(protocol.document, own)
    except ProtocolError:
        return protocol.bounds, [Doubt(Reason.OWN_LIMIT, name, ()) for name in sorted(own)]
    return {**protocol.bounds, **bounds_of(limit for limit in limits if limit.name in own)}, []


def excused(protocol: CompiledProtocol, readings: Readings, bounds: Bounds) -> frozenset[str]:
    """The facts that are missing and may be."""
    return frozenset(
        name
        for name, may_be in protocol.optional
        if readings.get(name, MISSING).status is Status.MISSING and may_be(readings, bounds)["outcome"] is True
    )


def doubts_of(
    protocol: CompiledProtocol,
    evaluated: list[tuple[CompiledRule, Node]],
    readings: Readings,
    bounds: Bounds,
    implausible: set[str],
) -> list[Doubt]:
    """One doubt for each fact, naming the rules it leaves in doubt."""
    may_be_missing = excused(protocol, readings, bounds)
    blamed: dict[str, list[str]] = {}
    for compiled, node in evaluated:
        doubted = (unknown_facts(node) - may_be_missing) | (compiled.doubtable & implausible)
        for name in doubted:
            blamed.setdefault(name, []).append(compiled.id)
    return [
        Doubt(Reason(readings.get(name, MISSING).status.value), name, tuple(blamed[name]))
        for name in protocol.facts
        if name in blamed
    ]


def assess(
    protocol: CompiledProtocol,
    readings: Readings,
    *,
    own_limits: Mapping[str, Decimal] | None = None,
    occasion: Occasion = Occasion.ANSWER,
) -> Assessment:
    """Never raises for any readings made by `triage.facts`. Of an answer the level is green, orange or red; of a
    silence silent, silent_urgent or red. `own_limits` are the patient's, by name, in the limit's unit.
    """
    own = dict(own_limits or {})
    bounds, doubts = own_bounds(protocol, own)
    rules = protocol.rules[occasion]
    nodes = [item.evaluate(readings, bounds) for item in rules]
    outcomes = [node["outcome"] for node in nodes]
    fired = [item.rule for item, outcome in zip(rules, outcomes, strict=True) if outcome] if True in outcomes else []
    implausible = {name for name, reading in readings.items() if reading.status is IMPLAUSIBLE}
    if implausible or None in outcomes:
        doubts += doubts_of(protocol, list(zip(rules, nodes, strict=True)), readings, bounds, implausible)
    if not doubts and outcomes and outcomes.count(None) == len(outcomes):
        doubts.append(Doubt(Reason.NOTHING_ASSESSED, "", ()))
    levels = [FLOOR[occasion], *(rule.level for rule in fired), *([IN_DOUBT[occasion]] if doubts else [])]
    return Assessment(
        level=max(levels),
        fired=tuple([rule.id for rule in fired]),
        doubts=tuple(doubts),
        call_15=any(rule.call_15 for rule in fired),
        facts=readings_to_json(readings),
        own_limits={name: str(value) for name, value in own.items()},
        explanation={
            "protocol": protocol.digest,
            "occasion": occasion.value,
            "rules": [
                {"rule": item.id, "level": item.level, "outcome": outcome, "when": node}
                for item, outcome, node in zip(rules, outcomes, nodes, strict=True)
            ],
            "doubts": [doubt.to_json() for doubt in doubts],
        },
    )


def reassess(
    protocol: CompiledProtocol, *, facts: Mapping[str, Any], own_limits: Mapping[str, str], occasion: str = "answer"
) -> Assessment:
    """The same assessment again, from what the first one stored (invariant 6)."""
    own = {name: Decimal(value) for name, value in own_limits.items()}
    return assess(protocol, readings_from_json(facts), own_limits=own, occasion=Occasion(occasion))
