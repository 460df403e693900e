"""The questionnaire as a WTForms form: fields named as `questionnaires.answers` reads them. Nothing is judged here; the
service reads the posted texts and its findings become the fields' errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from questionnaires.findings import Finding
from questionnaires.messages import message
from questionnaires.screens import Screen
from webapp.extensions import translator

MEASURED = frozenset({"decimal", "integer", "quantity"})


def build(screens: Sequence[Screen]) -> FlaskForm:
    """A form for the screens, holding what this request posted."""
    fields: dict[str, Field] = {}
    for screen in screens:
        if screen.kind != "display":
            fields[f"answer-{screen.link_id}"] = _field(screen)
        if screen.could_not_measure:
            fields[f"absent-{screen.link_id}"] = BooleanField(translator().gettext("I could not measure"))
    return type("CheckinForm", (FlaskForm,), fields)()


def _field(screen: Screen) -> Field:
    said = {"label": screen.title, "description": screen.hint or ""}
    if screen.options:
        kind = SelectMultipleField if screen.multiple else RadioField
        choices = [SelectChoice(value=option.key, label=option.label) for option in screen.options]
        return kind(choices=choices, validate_choice=False, **said)
    if screen.kind == "text":
        return TextAreaField(**said)
    if screen.kind in MEASURED:
        return StringField(render_kw={"inputmode": "decimal" if screen.decimals else "numeric"}, **said)
    return StringField(**said)


def show_errors(form: FlaskForm, findings: Iterable[Finding], language: str) -> None:
    """Puts each finding's sentence on its field; one about a whole group on the form."""
    for finding in findings:
        field = form._fields.get(f"answer-{finding.link_id}")
        if field is not None:
            field.errors = [*field.errors, message(finding, language)]
        else:
            form.form_errors.append(message(finding, language))
