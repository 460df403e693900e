"""Facts that a protocol may take in: from a question in force as it is asked, from a window over its answers, from
what is known of every patient. Kind, unit, range and choices come from there and are not typed again.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from questionnaires import versions as questionnaires
from questionnaires.kinds import decimals_of
from questionnaires.schema import MEASURED, Item, ItemType, Questionnaire
from questionnaires.versions import NothingInForce
from records import clock
from records.db import db
from records.models import Programme
from records.texts import Translator, around
from triage import catalogue
from triage.documents import Document
from triage.facts import TRENDS, WINDOWS, Fact, FactKind, Source, SourceKind, scale
from webapp.extensions import language
from webapp.lazy import lazy

WAYS = {
    SourceKind.ANSWER.value: lazy("the answer itself"),
    SourceKind.PREVIOUS.value: lazy("the answer before"),
    SourceKind.LOWEST.value: lazy("the lowest of the answers before"),
    SourceKind.HIGHEST.value: lazy("the highest of the answers before"),
    SourceKind.LATEST.value: lazy("the last known of the answers before"),
    SourceKind.CHANGE.value: lazy("the change since the oldest of the answers before"),
    SourceKind.SLOPE.value: lazy("the trend: change a day through the answers before and now"),
}


def in_force(programme: Programme) -> Questionnaire | None:
    """The questionnaire that is asked now."""
    try:
        return questionnaires.in_force(db.session, programme_id=programme.id, now=clock.now())[1]
    except NothingInForce:
        return None


def questions(asked: Questionnaire | None) -> list[tuple[str, str]]:
    """(linkId, question) of everything that rules can read."""
    if asked is None:
        return []
    return [(item.link_id, item.text.speak(language())) for item in asked.by_link_id.values() if kind_of(item)]


def options(asked: Questionnaire | None) -> dict[str, list[str]]:
    """The codes of every question in the order in which they are offered."""
    items = asked.by_link_id.values() if asked is not None else ()
    return {item.link_id: [str(option.value) for option in item.options] for item in items if item.options}


def kind_of(item: Item) -> FactKind | None:
    """What a fact of this question is; None where rules cannot read its answers."""
    is_asked = item.is_question and (item.score is not None or not (item.hidden or item.read_only))
    if not is_asked or item.repeats:
        return None
    if item.type in MEASURED:
        return FactKind.NUMBER
    return {ItemType.BOOLEAN: FactKind.BOOLEAN, ItemType.CHOICE: FactKind.CODE}.get(item.type)


def fact_of(source: Source, asked: Questionnaire | None, document: Document) -> Fact | None:
    """The fact as its source makes it, under the source's own words; None for what is not there to be read."""
    languages = document.languages
    if source.kind is SourceKind.FIRST_RESPONSE:
        labels = {code: around(code).gettext("First answers of this patient") for code in languages}
        return Fact("first_response", FactKind.BOOLEAN, source, labels)
    if source.kind in catalogue.KNOWN:
        known = catalogue.known(source)
        return None if known is None else spoken(known, languages)
    item = asked.by_link_id.get(source.key) if asked is not None else None
    kind = None if item is None else kind_of(item)
    if item is None or kind is None or (source.kind in WINDOWS and kind is not FactKind.NUMBER):
        return None
    return _of_item(source, item, kind, document)


def spoken(fact: Fact, languages: tuple[str, ...]) -> Fact:
    """A fact of the catalogue in the languages of the document."""
    labels = {code: fact.labels.get(code) or fact.labels["en"] for code in languages}
    choices = {key: {code: said.get(code) or said["en"] for code in languages} for key, said in fact.choices.items()}
    return replace(fact, labels=labels, choices=choices)


def _of_item(source: Source, item: Item, kind: FactKind, document: Document) -> Fact:
    """Under the words that the protocol has for the question already, else under the question itself."""
    languages, asked = document.languages, Source(SourceKind.ANSWER, item.link_id)
    known = next((fact.labels for fact in document.facts if fact.source == asked), {})
    words = {code: known.get(code) or item.text.speak(code).rstrip(" ?\u202f\u00a0؟") for code in languages}
    labels = {code: named(around(code), words[code], source.kind) for code in languages}
    fact = Fact("", kind, source, labels)
    if kind is FactKind.CODE:
        options = {str(option.value): {c: option.label.speak(c) for c in languages} for option in item.options}
        return replace(fact, choices=options)
    return measured(fact, item) if kind is FactKind.NUMBER else fact


def measured(fact: Fact, item: Item) -> Fact:
    """Unit, decimals and plausible range as the question has them; of a trend, as far as two answers can lie apart."""
    decimals = 0 if item.type is ItemType.INTEGER else decimals_of(item)
    unit = item.unit.code if item.unit is not None else ""
    low, high = (scale(Decimal(end), decimals) if _is_number(end) else None for end in (item.low, item.high))
    kind = fact.source.kind
    if kind in TRENDS and low is not None and high is not None:
        low, high = low - high, high - low
    if kind is SourceKind.SLOPE:
        decimals, unit = decimals + 1, f"{unit}/d"
        low, high = (None if end is None else end * 10 for end in (low, high))
    return replace(fact, unit=unit, decimals=decimals, lowest=low, highest=high)


def _is_number(value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def named(t: Translator, question: str, kind: SourceKind) -> str:
    """A first name for the fact; rules say the window beside it."""
    return {
        SourceKind.PREVIOUS: lambda: t.gettext("%(question)s, the answer before", question=question),
        SourceKind.LOWEST: lambda: t.gettext("%(question)s, lowest", question=question),
        SourceKind.HIGHEST: lambda: t.gettext("%(question)s, highest", question=question),
        SourceKind.LATEST: lambda: t.gettext("%(question)s, last known", question=question),
        SourceKind.CHANGE: lambda: t.gettext("%(question)s, change", question=question),
        SourceKind.SLOPE: lambda: t.gettext("%(question)s, change a day", question=question),
    }.get(kind, lambda: question)()


def told(source: Source, asked: Questionnaire | None) -> str:
    """Where a fact comes from, in the reader's words."""
    t = around(language())
    if source.kind is SourceKind.FIRST_RESPONSE:
        return t.gettext("whether these are the first answers")
    if source.kind is SourceKind.PATIENT:
        return t.gettext("the patient’s file")
    if source.kind is SourceKind.HISTORY:
        return t.gettext("what happened so far")
    item = asked.by_link_id.get(source.key) if asked is not None else None
    question = t.gettext("“%(question)s”", question=item.text.speak(language()) if item else source.key)
    said = named(t, question, source.kind)
    if source.kind not in WINDOWS:
        return said
    span = (
        t.ngettext("%(num)d hour", "%(num)d hours", source.hours)
        if source.hours
        else t.ngettext("%(num)d day", "%(num)d days", source.days)
    )
    return t.gettext("%(reading)s (%(span)s)", reading=said, span=span)
