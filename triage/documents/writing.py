"""A protocol document as JSON: text, whole numbers, booleans, null, lists and objects, so that no store rounds it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from triage.conditions.writing import write_condition
from triage.documents.parts import Case, Document, Given, Limit, NearLimit, Rule
from triage.facts import WINDOWS, Fact, Source, SourceKind, unscale


def copied(texts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: copied(value) if isinstance(value, Mapping) else value for key, value in texts.items()}


def write_given(facts: Mapping[str, Given]) -> dict[str, Any]:
    """`plus` counts steps of the limit's last decimal: 1 is 0.1 °C where the limit has one decimal."""
    return {name: write_near(value) if isinstance(value, NearLimit) else value for name, value in facts.items()}


def write_near(value: NearLimit) -> dict[str, Any]:
    over = {} if value.over == "0" else {"over": value.over}
    return {"limit": value.limit, "plus": value.plus, **over}


def write_source(source: Source) -> dict[str, Any]:
    if source.kind in WINDOWS:
        return {source.kind.value: source.key, **({"hours": source.hours} if source.hours else {"days": source.days})}
    return {source.kind.value: True if source.kind is SourceKind.FIRST_RESPONSE else source.key}


def write_fact(fact: Fact) -> dict[str, Any]:
    return {
        "name": fact.name,
        "kind": fact.kind.value,
        "source": write_source(fact.source),
        "labels": copied(fact.labels),
        "unit": fact.unit,
        "decimals": fact.decimals,
        "lowest": None if fact.lowest is None else unscale(fact.lowest, fact.decimals),
        "highest": None if fact.highest is None else unscale(fact.highest, fact.decimals),
        "choices": copied(fact.choices),
        "optional_when": None if fact.optional_when is None else write_condition(fact.optional_when),
    }


def write_limit(limit: Limit) -> dict[str, Any]:
    return {
        "name": limit.name,
        "labels": copied(limit.labels),
        "unit": limit.unit,
        "decimals": limit.decimals,
        "value": unscale(limit.value, limit.decimals),
        "lowest": unscale(limit.lowest, limit.decimals),
        "highest": unscale(limit.highest, limit.decimals),
        "source": limit.source,
    }


def write_rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "level": rule.level.code,
        "when": write_condition(rule.when),
        "to_patient": copied(rule.to_patient),
        "to_caller": copied(rule.to_caller),
        "on_silence": rule.on_silence,
        "call_15": rule.call_15,
        "source": rule.source,
    }


def write_case(case: Case) -> dict[str, Any]:
    before = {"before": [write_given(facts) for facts in case.before]} if case.before else {}
    return {
        "name": case.name,
        "facts": write_given(case.facts),
        **before,
        "level": case.level.code,
        "fired": list(case.fired),
        "on_silence": case.on_silence,
    }


def dump(document: Document) -> dict[str, Any]:
    """The JSON of a document; loading it again gives an equal document."""
    return {
        "slug": document.slug,
        "title": copied(document.title),
        "status": document.status,
        "questionnaire": document.questionnaire,
        "languages": list(document.languages),
        "notes": [copied(note) for note in document.notes],
        "facts": [write_fact(fact) for fact in document.facts],
        "limits": [write_limit(limit) for limit in document.limits],
        "orders": [[order.lower, order.operator, order.higher] for order in document.orders],
        "rules": [write_rule(rule) for rule in document.rules],
        "usual": write_given(document.usual),
        "cases": [write_case(case) for case in document.cases],
    }


def digest(document: Document) -> bytes:
    """SHA-256 of the canonical JSON: sorted keys, no spaces, UTF-8. Spelling a number otherwise ("39" for "39.0")
    changes nothing.
    """
    canonical = json.dumps(dump(document), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).digest()
