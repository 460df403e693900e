"""Taking parts out of a draft and moving them, with what hangs on them; nothing that is still used is taken out."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from triage.cases import plain
from triage.conditions.expanding import original
from triage.conditions.shapes import facts_of, limits_of
from triage.documents import Document
from triage.documents.parsing import DocumentReader
from triage.documents.parts import NearLimit
from triage.facts import scale
from triage.findings import Findings
from webapp.admin.builder.desk import Data
from webapp.admin.rule_words import Words


def users_of_fact(document: Document, words: Words, name: str) -> list[str]:
    """What still reads a fact: rules as sentences, other facts by their label."""
    rules = [words.rule(rule) for rule in document.rules if name in {original(one) for one in facts_of(rule.when)}]
    texts = [words.rule(rule) for rule in document.rules if _shows(rule, name)]
    facts = [
        words.name(fact.name)
        for fact in document.facts
        if fact.name != name and fact.optional_when is not None and name in facts_of(fact.optional_when)
    ]
    return list(dict.fromkeys([*rules, *texts, *facts]))


def users_of_limit(document: Document, words: Words, name: str) -> list[str]:
    rules = [words.rule(rule) for rule in document.rules if name in limits_of(rule.when) or _shows(rule, name)]
    return list(dict.fromkeys(rules))


def _shows(rule: Any, name: str) -> bool:
    return any("{" + name + "}" in text for texts in (rule.to_patient, rule.to_caller) for text in texts.values())


def remove_rule(data: Data, name: str) -> None:
    """Cases that waited for it wait for it no more; where that leaves their level wrong, they fail and say so."""
    data["rules"] = [one for one in data.get("rules", []) if one.get("id") != name]
    for case in data.get("cases", []):
        case["fired"] = [rule for rule in case.get("fired", []) if rule != name]


def remove_limit(data: Data, name: str, document: Document) -> None:
    """Its orders go with it; a case that stood at it keeps the number that it came to."""
    data["limits"] = [one for one in data.get("limits", []) if one.get("name") != name]
    data["orders"] = [one for one in data.get("orders", []) if name not in (one[0], one[2])]
    data["usual"] = _settled(data.get("usual", {}), name, document)
    for case in data.get("cases", []):
        case["facts"] = _settled(case.get("facts", {}), name, document)
        if "before" in case:
            case["before"] = [_settled(facts, name, document) for facts in case["before"]]


def _settled(facts: Mapping[str, Any], name: str, document: Document) -> Data:
    known = {limit.name for limit in document.limits} & {name}
    return {
        fact: _number(document, given) if isinstance(given, Mapping) and given.get("limit") in known else given
        for fact, given in facts.items()
    }


def _number(document: Document, given: Mapping[str, Any]) -> Any:
    near = DocumentReader(Findings()).given(given, "")
    limit = next(one for one in document.limits if one.name == given["limit"])
    if not isinstance(near, NearLimit) or scale(Decimal(near.over), limit.decimals) is None:
        return None  # it came to no number before either, and was told so
    return plain(document, near)


def remove_fact(data: Data, name: str) -> None:
    data["facts"] = [one for one in data.get("facts", []) if one.get("name") != name]
    data["usual"] = {fact: given for fact, given in data.get("usual", {}).items() if fact != name}
    for case in data.get("cases", []):
        case["facts"] = {fact: given for fact, given in case.get("facts", {}).items() if fact != name}
        if "before" in case:
            case["before"] = [{f: given for f, given in facts.items() if f != name} for facts in case["before"]]


def remove_case(data: Data, name: str) -> None:
    """The first of that name."""
    for number, case in enumerate(data.get("cases", [])):
        if case.get("name") == name:
            del data["cases"][number]
            return


def move_rule(data: Data, name: str, by: int) -> None:
    """One place up or down among the rules of its own level: callers read the reasons of a level in this order."""
    rules = data.get("rules", [])
    here = next((number for number, one in enumerate(rules) if one.get("id") == name), None)
    if here is None:
        return
    kind = (rules[here].get("level"), bool(rules[here].get("on_silence")))
    near = [n for n, one in enumerate(rules) if (one.get("level"), bool(one.get("on_silence"))) == kind]
    at = near.index(here) + by
    if 0 <= at < len(near):
        there = near[at]
        rules[here], rules[there] = rules[there], rules[here]
