"""The signs to watch for, in the same figures as the rules that assess: read out of the protocol itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from records.texts import DECIMAL_COMMA, around, separator, spoken
from triage import documents
from triage.conditions.shapes import AllOf, Change, Compare, Condition, LimitName, Missing, Not, OneOf
from triage.documents import Document, Rule
from triage.facts import NUMERIC, Fact, SourceKind
from triage.levels import Level
from triage.wording import sign


@dataclass(frozen=True)
class Signs:
    """Each sign is a short phrase. `call_15` are those of rules that say so; `other` the remaining red ones; `orange`
    those after which the centre calls back within its longer target.
    """

    call_15: list[str]
    other: list[str]
    orange: list[str]


NO_SIGNS = Signs([], [], [])


def signs(document: Document, own_limits: Mapping[str, str], language: str) -> Signs:
    """What is red or orange now, whatever was answered before; own limits take the place of the protocol's."""
    shown = spoken(language, document.languages)
    told = Signs([], [], [])
    for rule in document.rules:
        phrase = None if rule.on_silence else _phrase(document, rule, own_limits, shown)
        if phrase and rule.level in (Level.RED, Level.ORANGE):
            (told.orange if rule.level is Level.ORANGE else told.call_15 if rule.call_15 else told.other).append(phrase)
    return told


def limits_of(document: Document, own: Mapping[str, Decimal]) -> dict[str, str]:
    """Every limit as it counts for a patient who has these own ones. Raises ProtocolError for some that do not fit."""
    return {limit.name: limit.text for limit in documents.limits_with(document, own)}


def _phrase(document: Document, rule: Rule, own_limits: Mapping[str, str], language: str) -> str | None:
    """None for a rule of several parts, or about one earlier answer: those are not signs that one can watch for. A
    change is one, in the words of its limit.
    """
    when: Condition = rule.when
    rise = _change(when)
    if rise is not None:
        return _rise(document, rise, own_limits, language)
    if not isinstance(when, Compare | OneOf):
        return None
    fact = next(fact for fact in document.facts if fact.name == when.fact)
    if fact.source.kind is not SourceKind.ANSWER:
        return None
    label = fact.labels[language]
    if isinstance(when, OneOf):
        chosen = separator(language).join(fact.choices[code][language] for code in when.codes)
        return around(language).gettext("%(sign)s: %(value)s", sign=label, value=chosen)
    if fact.kind in NUMERIC:
        return _bound(document, fact, when, own_limits, language)
    if when.operand is True:
        return label
    chosen = fact.choices[str(when.operand)][language] if fact.choices else str(when.operand)
    return around(language).gettext("%(sign)s: %(value)s", sign=label, value=chosen)


def _change(when: Condition) -> Change | None:
    """The change that a rule is about, also where the rule holds only if there is something to compare with."""
    if isinstance(when, AllOf):
        parts = [part for part in when.parts if not (isinstance(part, Not) and isinstance(part.part, Missing))]
        return _change(parts[0]) if len(parts) == 1 else None
    return when if isinstance(when, Change) else None


def _rise(document: Document, when: Change, own_limits: Mapping[str, str], language: str) -> str | None:
    limit = next((one for one in document.limits if LimitName(one.name) == when.operand), None)
    if limit is None:
        return None
    text = own_limits.get(limit.name, limit.text)
    figure = text.replace(".", ",") if language in DECIMAL_COMMA else text
    value = f"{figure}\u202f{sign(limit.unit, language)}" if limit.unit else figure
    return around(language).gettext("%(sign)s: %(value)s", sign=limit.labels[language], value=value)


def _bound(document: Document, fact: Fact, when: Compare, own_limits: Mapping[str, str], language: str) -> str:
    limits = {limit.name: limit.text for limit in document.limits} | dict(own_limits)
    text = limits[when.operand.name] if isinstance(when.operand, LimitName) else str(when.operand)
    figure = text.replace(".", ",") if language in DECIMAL_COMMA else text
    value = f"{figure}\u202f{sign(fact.unit, language)}" if fact.unit else figure
    t, values = around(language), {"sign": fact.labels[language], "value": value}
    sentences = {
        "<": t.gettext("%(sign)s: below %(value)s", **values),
        "<=": t.gettext("%(sign)s: %(value)s or less", **values),
        ">": t.gettext("%(sign)s: above %(value)s", **values),
        ">=": t.gettext("%(sign)s: %(value)s or more", **values),
    }
    return sentences.get(when.operator, t.gettext("%(sign)s: %(value)s", **values))
