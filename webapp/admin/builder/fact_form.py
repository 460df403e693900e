"""Choosing where a fact comes from, then what it is called, what of it is believed, and what its absence means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wtforms import HiddenField, SelectField, StringField, ValidationError

from questionnaires.schema import Questionnaire
from records.texts import LANGUAGES, together
from triage import catalogue
from triage.conditions.shapes import AnyOf, Compare, Condition, Missing, Not
from triage.documents import Document
from triage.documents.writing import write_fact
from triage.facts import NUMERIC, WINDOWS, Fact, Source, SourceKind, scale, unscale
from webapp.admin.builder.desk import Data, DraftForm
from webapp.admin.builder.fact_sources import WAYS, fact_of, questions
from webapp.admin.builder.given_form import TYPED, USUAL, GivenForm, chosen
from webapp.admin.builder.offered import Offer
from webapp.admin.builder.part_forms import choices, whole
from webapp.admin.builder.text_fields import Measure, Sentence, name_from
from webapp.admin.differences import is_always
from webapp.extensions import language, translator
from webapp.fields import Offered, Required
from webapp.lazy import lazy

LABEL = "label_"
KNOWN_BEFORE = (SourceKind.PATIENT, SourceKind.HISTORY, SourceKind.FIRST_RESPONSE)
NEVER, ALWAYS, KEPT = "", "always", "kept"
SPANS = {"days": lazy("days"), "hours": lazy("hours")}
LONGEST = {"days": 31, "hours": 31 * 24}
SPELT = re.compile(r"([a-z_]+)\|(.{0,300})\|(\d{1,4})\|(\d{1,4})", re.ASCII)


class SourceForm(DraftForm):
    """The first step of a new fact."""

    subject = SelectField(
        lazy("What the rules should know"),
        [Required("Choose what the rules should know"), Offered()],
        validate_choice=False,
    )
    way = SelectField(lazy("Of a question"), [Offered()], validate_choice=False)
    length = StringField(lazy("Over how long"))
    span = SelectField(lazy("Days or hours"), [Offered()], validate_choice=False)
    how_long = 0

    def __init__(self, document: Document, asked: Questionnaire | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.document, self.asked = document, asked
        t, lang = translator(), language()
        taken = {fact.source for fact in document.facts}
        known = {
            f"{kind.value}:{key}": fact.labels.get(lang) or fact.labels["en"]
            for kind, facts in catalogue.KNOWN.items()
            for key, fact in facts.items()
            if Source(kind, key) not in taken
        }
        if Source(SourceKind.FIRST_RESPONSE) not in taken:
            known["first_response:"] = t.gettext("whether these are the first answers")
        asked_now = {f"question:{key}": text for key, text in questions(asked)}
        self.groups = [(t.gettext("Questions"), asked_now), (t.gettext("Known of every patient"), known)]
        self.subject.choices = choices({**asked_now, **known}, t.gettext("Choose"))
        self.way.choices, self.span.choices = choices(dict(WAYS)), choices(dict(SPANS))

    def validate_length(self, field: StringField) -> None:
        if str(self.subject.data).startswith("question:") and self.way.data in WINDOWS:
            self.how_long = whole(field.data, 1, LONGEST.get(str(self.span.data), 31))

    def validate_way(self, _field: SelectField) -> None:
        if not self.subject.data or self.subject.errors:
            return
        source, t = self.source(), translator()
        if any(fact.source == source for fact in self.document.facts):
            raise ValidationError(t.gettext("The rules know this already: it stands in the list of facts"))
        if fact_of(source, self.asked, self.document) is None:
            raise ValidationError(
                t.gettext("Only a question about a number has a lowest, a highest, a change or a trend")
            )

    def source(self) -> Source:
        kind, _, key = str(self.subject.data or "").partition(":")
        if kind != "question":
            return Source(SourceKind(kind), key) if kind in set(SourceKind) else Source(SourceKind.ANSWER, "")
        way = SourceKind(self.way.data) if self.way.data in WAYS else SourceKind.ANSWER
        return Source(
            way, key, **({str(self.span.data): self.how_long} if way in WINDOWS and self.span.data in SPANS else {})
        )


def spelt_source(source: Source) -> str:
    return f"{source.kind.value}|{source.key}|{source.days}|{source.hours}"


def read_source(text: str) -> Source | None:
    found = SPELT.fullmatch(text)
    if found is None or found[1] not in set(SourceKind):
        return None
    return Source(SourceKind(found[1]), found[2], int(found[3]), int(found[4]))


class FactForm(DraftForm):
    """`fact` is the name of one that is there; `source` spells where a new one comes from."""

    fact = HiddenField()
    source = HiddenField()
    lowest = Measure(lazy("Lowest value that can be true"))
    highest = Measure(lazy("Highest value that can be true"))
    absent = SelectField(lazy("When it is not known"), [Offered()], validate_choice=False)
    languages: tuple[str, ...] = ()
    usual: GivenForm
    made: Fact

    def prepare(self, offer: Offer, made: Fact) -> None:
        self.made = made
        self.is_number = made.kind in NUMERIC
        self.absent.choices = choices(absences(offer.document, made))
        for field in (self.lowest, self.highest):
            field.decimals, field.needed = made.decimals, self.is_number

    def validate_highest(self, field: Measure) -> None:
        if self.lowest.number is not None and field.number is not None and self.lowest.number >= field.number:
            raise ValidationError(translator().gettext("The highest value must be above the lowest"))

    def labels(self) -> list[tuple[str, Sentence]]:
        return [(code, self[LABEL + code]) for code in self.languages]

    def written(self, document: Document, taken: set[str]) -> Data:
        labels = {code: str(field.data) for code, field in self.labels()}
        first = labels.get("en") or labels[self.languages[0]]
        name = self.made.name if self.fact.data else name_from(first, taken, "fact")
        ends: dict[str, Any] = {}
        if self.is_number:
            ends = {
                end: scale(self[end].number, self.made.decimals) if self[end].number is not None else None
                for end in ("lowest", "highest")
            }
        excuse = excuse_of(str(self.absent.data), document, self.made)
        return write_fact(replace(self.made, name=name, labels=labels, optional_when=excuse, **ends))


def fact_form(offer: Offer, made: Fact, sent: Any, *, is_new: bool) -> FactForm:
    document, fields = offer.document, dict[str, Any]()
    fields["languages"] = document.languages
    for code in document.languages:
        name = together(LANGUAGES.get(code, code), language())
        needed = translator().gettext("Type the name in this language (%(language)s)", language=name)
        fields[LABEL + code] = Sentence(name, needed=needed, longest=200, render_kw={"lang": code, "dir": "auto"})
    values = filled(offer, made, is_new=is_new) if sent is None else {}
    form: FactForm = type("DocumentFact", (FactForm,), fields)(formdata=sent, **values)
    form.prepare(offer, made)
    return form


def filled(offer: Offer, made: Fact, *, is_new: bool) -> dict[str, Any]:
    ends = {"lowest": made.lowest, "highest": made.highest}
    shown = {key: "" if end is None else offer.words.number(unscale(end, made.decimals)) for key, end in ends.items()}
    labels = {LABEL + code: text for code, text in made.labels.items()}
    where = {"source": spelt_source(made.source), "fact": "" if is_new else made.name}
    return {**shown, **labels, **where, "absent": absence_of(made)}


def usual_form(offer: Offer, made: Fact, sent: Any) -> GivenForm:
    """What test cases take for it unless they say otherwise: a value, or not known."""
    known: Mapping[str, Any] = offer.document.usual
    values = {}
    if made.name in known and sent is None:
        values = chosen(known[made.name], made, offer)
    form = GivenForm(made, offer, formdata=sent, prefix="usual-", data=values)
    form.how.label.text = translator().gettext("In test cases, unless they say otherwise")
    form.how.choices = [one for one in form.how.choices if one.value != USUAL]
    if form.is_number and not form.how.data:
        form.how.data = TYPED
    return form


def absences(document: Document, made: Fact) -> dict[str, Any]:
    t = translator()
    found: dict[str, Any] = {NEVER: t.gettext("somebody looks at it: orange at least")}
    for fact in document.facts:
        if fact.name != made.name and fact.source.kind in KNOWN_BEFORE and fact.kind.value == "boolean":
            label = fact.labels.get(language()) or next(iter(fact.labels.values()))
            found[f"{fact.name}=yes"] = t.gettext("no reason to call where “%(fact)s” is yes", fact=label)
            found[f"{fact.name}=no"] = t.gettext("no reason to call where “%(fact)s” is no", fact=label)
    if before_answers(document, made):
        found[ALWAYS] = t.gettext("never a reason to call")
    if absence_of(made) == KEPT:
        found[KEPT] = t.gettext("as it is written now")
    return found


def before_answers(document: Document, made: Fact) -> Fact | None:
    return next((one for one in document.facts if one.source.kind in KNOWN_BEFORE and one.name != made.name), None)


def always(fact: Fact) -> Condition:
    """True whatever is known: a condition that a document can hold."""
    return AnyOf((Missing(fact.name), Not(Missing(fact.name))))


def absence_of(made: Fact) -> str:
    match made.optional_when:
        case None:
            return NEVER
        case Compare(name, "=", bool(value)):
            return f"{name}={'yes' if value else 'no'}"
    return ALWAYS if is_always(made.optional_when) else KEPT


def excuse_of(choice: str, document: Document, made: Fact) -> Condition | None:
    other = before_answers(document, made)
    if choice == ALWAYS and other is not None:
        return always(other)
    if choice == KEPT:
        return made.optional_when
    name, _, said = choice.partition("=")
    return Compare(name, "=", said == "yes") if said else None
