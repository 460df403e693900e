"""The signs to watch for, in the same figures as the rules that assess: read out of the protocol itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from records.texts import translator
from triage.conditions.shapes import Compare, Condition, LimitName, OneOf
from triage.documents import Document, Rule
from triage.facts import NUMERIC, Fact, SourceKind
from triage.levels import Level
from triage.wording import DECIMAL_COMMA, SEPARATORS, UNITS


@dataclass(frozen=True)
class Signs:
    """Each sign is a short phrase. `call_15` are those of rules that say so; `other` the remaining red ones."""

    call_15: list[str]
    other: list[str]


def signs(document: Document, own_limits: Mapping[str, str], language: str) -> Signs:
    """What is red now, whatever was answered before; a patient's own limits take the place of the protocol's."""
    spoken = language if language in document.languages else document.languages[0]
    told: dict[bool, list[str]] = {True: [], False: []}
    for rule in document.rules:
        if rule.level is Level.RED and not rule.on_silence:
            phrase = _phrase(document, rule, own_limits, spoken)
            if phrase:
                told[rule.call_15].append(phrase)
    return Signs(told[True], told[False])


def _phrase(document: Document, rule: Rule, own_limits: Mapping[str, str], language: str) -> str | None:
    """None for a rule of several parts, or about earlier answers: those are not signs that one can watch for."""
    when: Condition = rule.when
    if not isinstance(when, Compare | OneOf):
        return None
    fact = next(fact for fact in document.facts if fact.name == when.fact)
    if fact.source.kind is not SourceKind.ANSWER:
        return None
    label = fact.labels[language]
    if isinstance(when, OneOf):
        chosen = SEPARATORS.get(language, ", ").join(fact.choices[code][language] for code in when.codes)
        return translator(language).gettext("%(sign)s: %(value)s", sign=label, value=chosen)
    if fact.kind in NUMERIC:
        return _bound(document, fact, when, own_limits, language)
    if when.operand is True:
        return label
    chosen = fact.choices[str(when.operand)][language] if fact.choices else str(when.operand)
    return translator(language).gettext("%(sign)s: %(value)s", sign=label, value=chosen)


def _bound(document: Document, fact: Fact, when: Compare, own_limits: Mapping[str, str], language: str) -> str:
    limits = {limit.name: limit.text for limit in document.limits} | dict(own_limits)
    text = limits[when.operand.name] if isinstance(when.operand, LimitName) else str(when.operand)
    figure = text.replace(".", ",") if language in DECIMAL_COMMA else text
    value = f"{figure}\u202f{UNITS.get(fact.unit, fact.unit)}" if fact.unit else figure
    t, values = translator(language), {"sign": fact.labels[language], "value": value}
    sentences = {
        "<": t.gettext("%(sign)s: below %(value)s", **values),
        "<=": t.gettext("%(sign)s: %(value)s or less", **values),
        ">": t.gettext("%(sign)s: above %(value)s", **values),
        ">=": t.gettext("%(sign)s: %(value)s or more", **values),
    }
    return sentences.get(when.operator, t.gettext("%(sign)s: %(value)s", **values))
