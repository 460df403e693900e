"""Entering a shift: who, for what, from when until when, by the clock of the centre."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time

from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField, ValidationError
from wtforms.fields import SelectChoice

from questionnaires.numbers import plain_digits
from records import clock
from records.models import Role, Staff
from triage.models import Duty
from webapp.extensions import translator
from webapp.fields import Day, Offered, PlainText, Required
from webapp.lazy import lazy

HOUR = re.compile(r"([01]?[0-9]|2[0-3])[:hH. ]([0-5][0-9])")
DUTIES = {
    Duty.ON_CALL: lazy("Physician on call: paged outside hours, and when a call stays late"),
    Duty.LEAD: lazy("Lead: told first of late calls"),
}


def _hour(label: str) -> PlainText:
    return PlainText(
        lazy(label),
        [Required("Type an hour, for example 20:00")],
        longest=5,
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )


def _day(label: str) -> Day:
    return Day(lazy(label), [Required("Type a day, for example 27/03/2026")], render_kw={"autocomplete": "off"})


class ShiftForm(FlaskForm):
    duty = RadioField(
        lazy("Duty"),
        [Required("Choose a duty"), Offered()],
        choices=lambda: [SelectChoice(value=code.value, label=label) for code, label in DUTIES.items()],
        validate_choice=False,
    )
    person = SelectField(lazy("Who"), [Required("Choose somebody"), Offered()], validate_choice=False)
    from_on = _day("From the day")
    from_at = _hour("From the hour")
    until_on = _day("Until the day")
    until_at = _hour("Until the hour")

    def __init__(self, *, people: Sequence[Staff], zone: str, day: date | None = None) -> None:
        super().__init__(prefix="shift-")
        self.zone = zone
        self.offered = {str(person.public_id): person for person in people}
        self.person.choices = [
            SelectChoice(value="", label=translator().gettext("Choose")),
            *(SelectChoice(value=key, label=_label(person)) for key, person in self.offered.items()),
        ]
        if day is not None and not self.is_submitted():
            self.duty.data = Duty.ON_CALL.value
            self.from_on.data, self.until_on.data = day, day

    def validate_from_at(self, field: PlainText) -> None:
        _time(field)

    def validate_until_at(self, field: PlainText) -> None:
        _time(field)

    def chosen(self) -> Staff:
        return self.offered[self.person.data]

    def hours(self) -> tuple[datetime, datetime]:
        """The instants of what was typed. An hour that happens twice means its first passing."""
        return (
            clock.instant(self.from_on.data, _time(self.from_at), self.zone),
            clock.instant(self.until_on.data, _time(self.until_at), self.zone),
        )


def _label(person: Staff) -> str:
    """A physician is told from the others: only they can be on call."""
    name = f"\u2068{person.name}\u2069"
    return translator().gettext("%(name)s, physician", name=name) if person.role == Role.PHYSICIAN else name


def _time(field: PlainText) -> time:
    found = HOUR.fullmatch(plain_digits(field.data or "").strip())
    if found is None:
        raise ValidationError(translator().gettext("Type an hour, for example 20:00"))
    return time(int(found[1]), int(found[2]))
