"""The questionnaire as a WTForms form: fields named as `questionnaires.answers` reads them. Nothing is judged here; the
service reads the posted texts and its findings become the fields' errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask import request
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from questionnaires.answers import RawAnswers, raw_from_form
from questionnaires.findings import Finding
from questionnaires.messages import message
from questionnaires.screens import Screen
from webapp.extensions import translator

MEASURED = frozenset({"decimal", "integer", "quantity"})
ADDRESSED = {"url": "url"}


def build(screens: Sequence[Screen]) -> FlaskForm:
    """A form for the screens, holding what this request posted: on each field as its texts in `raw_data`, and as the
    answers that they are in `typed`.
    """
    fields: dict[str, Field] = {}
    for screen in screens:
        if screen.control not in {"display", "fixed"}:
            fields[f"answer-{screen.link_id}"] = _field(screen)
        if screen.could_not_measure:
            fields[f"absent-{screen.link_id}"] = BooleanField(translator().gettext("I could not measure"))
        if screen.units:
            fields[f"unit-{screen.link_id}"] = StringField(translator().gettext("Unit you measured in"))
        for part in screen.parts:
            fields[f"{part}-{screen.link_id}"] = StringField(_named(part))
    form: FlaskForm = type("CheckinForm", (FlaskForm,), fields)()
    sent = raw_from_form(request.form.to_dict(flat=False))
    for screen in screens:
        if (field := form._fields.get(f"answer-{screen.link_id}")) is not None:
            field.typed = typed(screen.link_id, sent)
    return form


def typed(link_id: str, sent: RawAnswers) -> list[str]:
    """What was typed as one answer each: a measure with its unit, a date out of its fields."""
    return list(sent.entries[link_id].texts) if link_id in sent.entries else []


def was_asked(link_id: str, sent: RawAnswers) -> bool:
    """Asked once, with these very texts: no range stands in the way of sending."""
    return request.form.getlist(f"asked-{link_id}") == typed(link_id, sent)


def _named(part: str) -> str:
    t = translator()
    named = {
        "day": t.gettext("Day"),
        "month": t.gettext("Month"),
        "year": t.gettext("Year"),
        "hour": t.gettext("Hour"),
        "minute": t.gettext("Minutes"),
    }
    return named[part]


def _field(screen: Screen) -> Field:
    said = {"label": screen.title, "description": screen.hint or ""}
    if screen.options:
        choices = [SelectChoice(value=option.key, label=option.label) for option in screen.options]
        return SelectField(choices=choices, validate_choice=False, **said)
    if screen.control == "area":
        return TextAreaField(**said)
    return StringField(render_kw={"inputmode": _keys(screen)}, **said)


def _keys(screen: Screen) -> str:
    """Which keys a phone shows. Only some have a minus sign among the digits, so a signed number has them all."""
    if screen.kind in MEASURED:
        return "text" if screen.signed and screen.low is not None else "decimal" if screen.decimals else "numeric"
    return ADDRESSED.get(screen.kind, "text")


def show_errors(form: FlaskForm, findings: Iterable[Finding], language: str) -> None:
    """Puts each finding's sentence on its field; one about a whole group on the form."""
    for finding in findings:
        field = form._fields.get(f"answer-{finding.link_id}")
        if field is not None:
            field.errors = [*field.errors, message(finding, language)]
        else:
            form.form_errors.append(message(finding, language))
