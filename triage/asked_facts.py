"""Whether the rules of a protocol can read what a questionnaire asks: told before people are asked with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from questionnaires.schema import MEASURED, Item, ItemType, Questionnaire
from records.refusals import Sentence
from records.texts import Translator
from triage.documents import Document
from triage.facts import NUMERIC, OF_ANSWERS, Fact, FactKind, SourceKind

NOT_ASKED = Sentence("The rules read the answer to “%(question)s”, which this version does not ask.")
OTHER_KIND = Sentence("The rules read the answer to “%(question)s”, whose answers are of another kind here.")
OTHER_UNIT = Sentence("“%(question)s” is measured in “%(unit)s” here, and the rules count in “%(wanted)s”.")
UNKNOWN_OPTION = Sentence("The rules do not know the answer “%(option)s” to “%(question)s”.")
LOST_OPTION = Sentence("“%(option)s” can no longer be answered to “%(question)s”: rules that wait for it never act.")
OTHER_FORM = Sentence("The rules were written for another questionnaire: %(url)s")


@dataclass(frozen=True, slots=True)
class Misfit:
    """One thing that rules and questions do not share. Where it `stops`, an answer would be missing or unreadable in
    every response; else it is a loss that somebody must know of.
    """

    fact: Fact | None
    sentence: Sentence
    stops: bool

    def text(self, t: Translator) -> str:
        said = self.sentence.text(t)
        if self.fact is None:
            return said
        label = self.fact.labels.get(t.language) or self.fact.labels.get("en") or self.fact.name
        return t.gettext("%(fact)s: %(problem)s", fact=label, problem=said)


def misfits(document: Document, questionnaire: Questionnaire) -> tuple[Misfit, ...]:
    """Everything in which the two differ, in the order of the facts; empty when every answer can be read."""
    found: list[Misfit] = []
    if document.questionnaire != questionnaire.url:
        found.append(Misfit(None, _with(OTHER_FORM, url=document.questionnaire), stops=False))
    for fact in document.facts:
        if fact.source.kind in OF_ANSWERS:
            known = {f"{one.sentence}" for one in found}
            told = (Misfit(fact, sentence, stops) for sentence, stops in _differences(fact, questionnaire))
            found += (one for one in told if f"{one.sentence}" not in known)
    return tuple(found)


def _with(sentence: Sentence, **values: str) -> Sentence:
    return Sentence(sentence.message, values)


def _differences(fact: Fact, questionnaire: Questionnaire) -> Iterator[tuple[Sentence, bool]]:
    question = fact.source.key
    item = questionnaire.by_link_id.get(question)
    if item is None or not _is_asked(item):
        yield _with(NOT_ASKED, question=question), True
    elif item.repeats or not _is_of_kind(fact, item):
        yield _with(OTHER_KIND, question=question), True
    else:
        yield from _units(fact, item)
        yield from _options(fact, item)


def _is_asked(item: Item) -> bool:
    """Of a person: a hidden constant would have the rules believe for ever what nobody said."""
    return item.is_question and (item.score is not None or not (item.hidden or item.read_only))


def _is_of_kind(fact: Fact, item: Item) -> bool:
    if fact.kind in NUMERIC:
        return item.type in MEASURED
    return item.type is (ItemType.BOOLEAN if fact.kind is FactKind.BOOLEAN else ItemType.CHOICE)


def _units(fact: Fact, item: Item) -> Iterator[tuple[Sentence, bool]]:
    units = [unit.code for unit in (item.unit, *item.units) if unit is not None]
    if fact.kind in NUMERIC and item.type is ItemType.QUANTITY and not units:
        units = [""]
    counted = fact.kind in NUMERIC and fact.source.kind is not SourceKind.SLOPE  # a day: its answer's fact has the unit
    for unit in units if counted else ():
        if unit != fact.unit:
            yield _with(OTHER_UNIT, question=item.link_id, unit=unit, wanted=fact.unit), True


def _options(fact: Fact, item: Item) -> Iterator[tuple[Sentence, bool]]:
    if fact.kind is not FactKind.CODE:
        return
    offered = [str(option.value) for option in item.options]
    for option in offered:
        if option not in fact.choices:
            yield _with(UNKNOWN_OPTION, question=item.link_id, option=option), True
    for option in fact.choices:
        if option not in offered:
            yield _with(LOST_OPTION, question=item.link_id, option=option), False
