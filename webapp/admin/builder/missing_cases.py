"""The edges of rules that no test case stands on, each as a case that is ready to be looked at and named."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from triage.boundaries import uncovered
from triage.cases import plain
from triage.conditions.expanding import ANSWERED, MARK, original
from triage.conditions.shapes import limits_of
from triage.documents import Case, Document, Rule
from triage.documents.parts import Given, NearLimit
from triage.edges import KNOWN, MISSING, OTHER, Uncovered, edges_of
from triage.facts import NUMERIC, Fact, FactKind, as_number, scale, unscale
from triage.levels import Level
from webapp.admin.builder.given_form import in_words
from webapp.admin.builder.offered import Offer
from webapp.admin.builder.satisfying import Told, told_for
from webapp.extensions import translator

MOST_WORK = 250_000
"""Comparisons made for one list of edges, some seconds: more than that no page waits for, and nobody reads."""


@dataclass(frozen=True)
class Wanted:
    """`text` tells the edge; `number` names it among those that the document lacks."""

    number: int
    rule: Rule
    text: str


def wanted(offer: Offer) -> list[Wanted]:
    """Of a document that loads, in the order of its rules."""
    rules = {rule.id: rule for rule in offer.document.rules}
    found = lacking(offer.document)
    return [Wanted(number, rules[one.rule], text(offer, rules[one.rule], one)) for number, one in enumerate(found)]


def lacking(document: Document) -> tuple[Uncovered, ...]:
    """The edges on which no case stands; none where finding them would take minutes, which the command line may."""
    sizes = [sum(1 for _ in edges_of(document, rule)) for rule in document.rules]
    work = sum(size * size for size in sizes) * max(len(document.cases), 1)
    return uncovered(document) if work <= MOST_WORK else ()


def prepared(offer: Offer, number: int) -> Case | None:
    """The case of one edge: the rest of the rule holds, its fact stands there, everything else is as usual. What must
    come out is for its author to say.
    """
    found = lacking(offer.document)
    if not 0 <= number < len(found):
        return None
    one = found[number]
    rule = next(rule for rule in offer.document.rules if rule.id == one.rule)
    told = told_for(offer.document, rule.when)
    put(told, one, value_of(offer.document, rule, one))
    return Case(text(offer, rule, one), told.now, Level.GREEN, (), rule.on_silence, tuple(told.before))


def put(told: Told, one: Uncovered, given: Given) -> None:
    """The edge into the case: now, or at the answer before that it is about."""
    name, back = original(one.fact.name), steps_back(one.fact)
    if name == ANSWERED:
        told.before = told.before[: back if one.value == "true" else back - 1]
    elif not back:
        told.now[name] = given
    elif back <= len(told.before):
        told.before[back - 1][name] = given


def steps_back(fact: Fact) -> int:
    """0 for a fact of the answers at hand."""
    return int(fact.name.split(MARK)[1]) if MARK in fact.name else 0


def text(offer: Offer, rule: Rule, one: Uncovered) -> str:
    t, back, name = translator(), steps_back(one.fact), original(one.fact.name)
    if name == ANSWERED:
        return (
            t.gettext("an answer before, number %(back)s", back=back)
            if one.value == "true"
            else t.gettext("no answer before, number %(back)s", back=back)
        )
    known = offer.fact(name) or one.fact
    values = {"fact": offer.words.name(name), "value": shown(offer, rule, one, known)}
    if back:
        return t.gettext("%(fact)s: %(value)s, at the answer before, number %(back)s", back=back, **values)
    return t.gettext("%(fact)s: %(value)s", **values)


def shown(offer: Offer, rule: Rule, one: Uncovered, known: Fact) -> str:
    t = translator()
    if one.value == OTHER:
        return t.gettext("another value")
    if one.value == KNOWN:
        return t.gettext("any value")
    return in_words(offer, known, value_of(offer.document, rule, one))


def value_of(document: Document, rule: Rule, one: Uncovered) -> Given:
    fact, value = one.fact, one.value
    if value == MISSING:
        return None
    if value in (OTHER, KNOWN):
        return document.usual.get(original(fact.name))
    if fact.kind is FactKind.BOOLEAN:
        return value == "true"
    return near(document, rule, one) if fact.kind in NUMERIC else value


def near(document: Document, rule: Rule, one: Uncovered) -> Given:
    """At a limit of the rule, or a step from it, so that the case follows the limit; of a change, that much over the
    usual value before.
    """
    before = plain(document, document.usual.get(original(one.since.name))) if one.since is not None else 0
    over = scale(as_number(before) or Decimal(0), one.fact.decimals) or 0
    at = scale(Decimal(one.value), one.fact.decimals) or 0
    named = limits_of(rule.when)
    for limit in document.limits:
        fits = (limit.unit, limit.decimals) == (one.fact.unit, one.fact.decimals)
        if limit.name in named and fits and abs(at - limit.value) <= 1:
            return NearLimit(limit.name, at - limit.value, unscale(over, limit.decimals) if over else "0")
    return unscale(at + over, one.fact.decimals)
