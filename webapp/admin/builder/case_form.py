"""A test case as a form: what is known of a patient, and what must come out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, HiddenField, RadioField, SelectMultipleField, ValidationError
from wtforms.fields import SelectChoice

from triage.assess import Assessment, Occasion, assess, compile_protocol
from triage.cases import readings_of
from triage.conditions.expanding import counts_in
from triage.conditions.shapes import facts_of
from triage.documents import Case, Document
from triage.documents.parts import Given
from triage.documents.writing import write_given
from triage.facts import Fact, SourceKind
from triage.levels import Level
from webapp.admin.builder.desk import Data, DraftForm
from webapp.admin.builder.given_form import GivenForm, chosen
from webapp.admin.builder.offered import OF_SILENCE, Offer
from webapp.admin.builder.text_fields import Sentence
from webapp.admin.level_words import level_word
from webapp.extensions import translator
from webapp.fields import Offered, Required
from webapp.lazy import lazy

MOST_BEFORE = 9
OF_ANSWER = (Level.GREEN, Level.ORANGE, Level.RED)
OF_NO_ANSWER = (Level.SILENT, Level.SILENT_URGENT, Level.RED)


class CaseForm(DraftForm):
    case = HiddenField()
    before = HiddenField()
    name = Sentence(lazy("What this case shows"), longest=200)
    occasion = RadioField(lazy("It happens"), [Required("Choose when it happens"), Offered()], validate_choice=False)
    level = RadioField(
        lazy("The level must be"), [Required("Choose the level that must come out"), Offered()], validate_choice=False
    )
    fired = SelectMultipleField(lazy("These rules, and no others, must act"), [Offered()], validate_choice=False)
    sure = BooleanField(lazy("I have looked at these facts: the level that comes out is right for them"))
    names: frozenset[str] = frozenset()

    def __init__(self, offer: Offer, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        t = translator()
        self.name.needed = t.gettext("Type what this case shows, for example “SpO2 at the limit”")
        self.occasion.choices = [
            SelectChoice(value="answer", label=t.gettext("when the patient answers")),
            SelectChoice(value="silence", label=t.gettext("when the patient does not answer")),
        ]
        levels = OF_NO_ANSWER if self.on_silence else OF_ANSWER
        self.level.choices = [SelectChoice(value=one.code, label=level_word(t, one)) for one in levels]
        rules = [rule for rule in offer.document.rules if rule.on_silence is self.on_silence]
        self.fired.choices = [
            SelectChoice(value=rule.id, label=f"{offer.words.rule(rule)} → {level_word(t, rule.level)}")
            for rule in rules
        ]

    @property
    def on_silence(self) -> bool:
        return self.occasion.data == "silence"

    @property
    def times_before(self) -> int:
        text = self.before.data or ""
        return min(int(text), MOST_BEFORE) if text.isascii() and text.isdigit() and len(text) < 3 else 0

    def validate_name(self, field: Sentence) -> None:
        if field.data in self.names:
            raise ValidationError(translator().gettext("Another case has this name: change a word"))


@dataclass
class CaseSheet:
    """The form with one small form for each fact, now and at each answer before."""

    offer: Offer
    form: CaseForm
    now: list[GivenForm]
    earlier: list[list[GivenForm]]

    def validate(self) -> bool:
        every = [self.form, *self.now, *(one for row in self.earlier for one in row)]
        return not [one for one in every if not one.validate()]

    def facts_validate(self) -> bool:
        return not [one for one in [*self.now, *(one for row in self.earlier for one in row)] if not one.validate()]

    def errors(self) -> list[tuple[str, str]]:
        rows = [*self.now, *(one for row in self.earlier for one in row)]
        return [(field.id, str(error)) for one in rows for field in one for error in field.errors]

    def written(self) -> Data:
        before = [write_given(given(row)) for row in self.earlier]
        return {
            "name": self.form.name.data,
            "facts": write_given(given(self.now)),
            **({"before": before} if before else {}),
            "level": self.form.level.data,
            "fired": list(self.form.fired.data or ()),
            "on_silence": self.form.on_silence,
        }

    def outcome(self) -> Assessment:
        """What comes out of the facts as they stand; only of a document that loads and of facts that validate."""
        occasion = Occasion.SILENCE if self.form.on_silence else Occasion.ANSWER
        readings = readings_of(self.offer.document, given(self.now), [given(row) for row in self.earlier])
        return assess(compile_protocol(self.offer.document), readings, occasion=occasion)


def given(row: Iterable[GivenForm]) -> dict[str, Given]:
    return {one.fact.name: one.given() for one in row if not one.is_usual}


def counted_facts(document: Document) -> set[str]:
    """Facts whose earlier answers matter: those that some rule asks of several answers in a row."""
    return {name for rule in document.rules for count in counts_in(rule.when) for name in facts_of(count.part)}


def sheet(offer: Offer, case: Case | None, sent: MultiDict[str, str] | None, wanted: str = "") -> CaseSheet:
    """Of a case that is there, of a new one (`case` None), or of what was `sent`."""
    if sent is None:
        said = {} if case is None else filled(case)
        form = CaseForm(offer, formdata=None, **({"occasion": "answer"} | said))
    else:
        form = CaseForm(offer, formdata=sent)
    form.names = frozenset(one.name for one in offer.document.cases if one.name != wanted)
    usable = [one for one in offer.document.facts if not form.on_silence or one.source.kind in OF_SILENCE]
    counted = counted_facts(offer.document)
    before = case.before if case else ()
    answered = [
        one
        for one in usable
        if one.source.kind is SourceKind.ANSWER
        and (
            one.name in counted
            or any(one.name in facts for facts in before)
            or f"before-0-{one.name}-how" in (sent or ())
        )
    ]
    rows = [
        given_forms(answered, offer, before[number] if number < len(before) else {}, sent, f"before-{number}")
        for number in range(0 if form.on_silence else form.times_before)
    ]
    return CaseSheet(offer, form, given_forms(usable, offer, case.facts if case else {}, sent, "now"), rows)


def given_forms(
    facts: Iterable[Fact], offer: Offer, known: Mapping[str, Given], sent: MultiDict[str, str] | None, start: str
) -> list[GivenForm]:
    made = []
    for fact in facts:
        values = chosen(known[fact.name], fact, offer) if fact.name in known else {}
        made.append(GivenForm(fact, offer, formdata=sent, prefix=f"{start}-{fact.name}-", data=values))
    return made


def filled(case: Case) -> dict[str, Any]:
    return {
        "case": case.name,
        "before": str(len(case.before)),
        "name": case.name,
        "occasion": "silence" if case.on_silence else "answer",
        "level": case.level.code,
        "fired": list(case.fired),
    }
