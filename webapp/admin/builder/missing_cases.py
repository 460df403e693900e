"""The edges of rules that no test case stands on, each as a case that is ready to be looked at and named."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from triage.boundaries import KNOWN, MISSING, OTHER, Uncovered, uncovered
from triage.cases import plain
from triage.conditions.shapes import limits_of
from triage.documents import Case, Document, Rule
from triage.documents.parts import Given, NearLimit
from triage.facts import NUMERIC, FactKind, as_number, scale, unscale
from triage.levels import Level
from webapp.admin.builder.given_form import in_words
from webapp.admin.builder.offered import Offer
from webapp.extensions import translator


@dataclass(frozen=True)
class Wanted:
    """`text` tells the edge; `number` names it among those that the document lacks."""

    number: int
    rule: Rule
    text: str


def wanted(offer: Offer) -> list[Wanted]:
    """Of a document that loads, in the order of its rules."""
    rules = {rule.id: rule for rule in offer.document.rules}
    found = []
    for number, one in enumerate(uncovered(offer.document)):
        given = value_of(offer.document, rules[one.rule], one)
        values = {"fact": offer.label(one.fact), "value": in_words(offer, one.fact, given)}
        found.append(Wanted(number, rules[one.rule], translator().gettext("%(fact)s: %(value)s", **values)))
    return found


def prepared(offer: Offer, number: int) -> Case | None:
    """The case of one edge: its fact there, everything else as usual. What must come out is for its author to say."""
    found = uncovered(offer.document)
    if not 0 <= number < len(found):
        return None
    one = found[number]
    rule = next(rule for rule in offer.document.rules if rule.id == one.rule)
    given = value_of(offer.document, rule, one)
    name = translator().gettext("%(fact)s: %(value)s", fact=offer.label(one.fact), value=in_words(offer, one.fact, given))
    return Case(name, {one.fact.name: given}, Level.GREEN, (), rule.on_silence)


def value_of(document: Document, rule: Rule, one: Uncovered) -> Given:
    fact, value = one.fact, one.value
    if value == MISSING:
        return None
    if value in (OTHER, KNOWN):
        return document.usual.get(fact.name)
    if fact.kind is FactKind.BOOLEAN:
        return value == "true"
    return near(document, rule, one) if fact.kind in NUMERIC else value


def near(document: Document, rule: Rule, one: Uncovered) -> Given:
    """At a limit of the rule, or a step from it, so that the case follows the limit; of a change, that much over the
    usual value before.
    """
    before = as_number(plain(document, document.usual.get(one.since.name))) if one.since is not None else Decimal(0)
    over = scale(before or Decimal(0), one.fact.decimals) or 0
    wanted_value = scale(Decimal(one.value), one.fact.decimals) or 0
    for limit in document.limits:
        if limit.name in limits_of(rule.when) and abs(wanted_value - limit.value) <= 1:
            return NearLimit(limit.name, wanted_value - limit.value, unscale(over, limit.decimals) if over else "0")
    return unscale(wanted_value + over, one.fact.decimals)
