"""Small forms of the patient's page: each becomes one act of the person signed in."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date

from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, ValidationError
from wtforms.fields import SelectChoice

from records.models import EndReason, Staff
from webapp.clinic.wording import ENDS, PAUSES
from webapp.extensions import translator
from webapp.fields import Day, Offered, PlainText, Required
from webapp.lazy import lazy

NOTE = 2000
YES, NO = "yes", "no"
USEFUL = {YES: lazy("Yes"), NO: lazy("No")}


def as_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def choices(of: Mapping[str, object]) -> list[SelectChoice]:
    return [SelectChoice(value=str(code), label=label) for code, label in of.items()]


class OnceForm(FlaskForm):
    """Carries a key of its own, so that a double click is taken once."""

    key = HiddenField(default=lambda: str(uuid.uuid4()))

    @property
    def form_key(self) -> uuid.UUID | None:
        return as_uuid(self.key.data or "")


class PauseForm(FlaskForm):
    owner = SelectField(
        lazy("Who looks after this pause?"), [Required("Choose a person"), Offered()], validate_choice=False
    )
    review_on = Day(
        lazy("Day on which it is looked at again"),
        [Required("Type the day on which the pause is looked at again")],
        render_kw={"inputmode": "numeric"},
    )
    reason = RadioField(
        lazy("Reason"),
        [Required("Say why the follow-up is paused"), Offered()],
        choices=lambda: choices(PAUSES),
        validate_choice=False,
    )

    def __init__(self, *, people: list[Staff], today: date) -> None:
        super().__init__(prefix="pause-")
        self.today = today
        self.owner.choices = choices({str(person.public_id): person.name for person in people})

    def validate_review_on(self, field: Day) -> None:
        if field.data and field.data < self.today:
            raise ValidationError(str(lazy("This day is over: type today or a later day")))


class DischargeForm(FlaskForm):
    reason = RadioField(
        lazy("Why does the follow-up end?"),
        [Required("Say why the follow-up ends"), Offered()],
        choices=lambda: choices(ENDS),
        validate_choice=False,
    )

    def __init__(self) -> None:
        super().__init__(prefix="discharge-")

    @property
    def end_reason(self) -> EndReason:
        return EndReason(self.reason.data)


def limits_form(named: list[tuple[str, str, str]]) -> FlaskForm:
    """An optional field for each (name, label, the protocol's value), a reason, and a last day."""
    fields = {
        name: PlainText(
            label,
            longest=12,
            description=translator().gettext("Protocol: %(value)s", value=value),
            render_kw={"inputmode": "decimal", "autocomplete": "off"},
        )
        for name, label, value in named
    }
    fields["limits_reason"] = PlainText(lazy("Reason for these limits"), [Required("Type the reason")], longest=300)
    fields["limits_until"] = Day(lazy("Last day (optional)"), render_kw={"inputmode": "numeric"})
    form_class = type("LimitsForm", (FlaskForm,), fields)
    return form_class(prefix="limits-")
