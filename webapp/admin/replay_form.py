"""Which days of real answers a version shall be replayed on."""

from __future__ import annotations

from datetime import date, timedelta

from flask_wtf import FlaskForm
from wtforms import ValidationError

from webapp.extensions import translator
from webapp.fields import Day
from webapp.lazy import lazy

USUAL = timedelta(days=27)
LONGEST = timedelta(days=732)


class ReplayForm(FlaskForm):
    since = Day(lazy("Answers from"), render_kw={"autocomplete": "off"})
    until = Day(lazy("to"), render_kw={"autocomplete": "off"})

    def __init__(self, today: date) -> None:
        self.today = today
        super().__init__(data={"since": today - USUAL, "until": today})

    def validate_since(self, field: Day) -> None:
        if field.data is None and not field.process_errors:
            raise ValidationError(translator().gettext("Type the first day"))

    def validate_until(self, field: Day) -> None:
        if field.data is None and not field.process_errors:
            raise ValidationError(translator().gettext("Type the last day"))
        if not self.since.data or not field.data:
            return
        if field.data < self.since.data:
            raise ValidationError(translator().gettext("The last day is before the first"))
        if field.data > self.today:
            raise ValidationError(translator().gettext("No day to come has answers yet: choose today at the latest"))
        if field.data - self.since.data > LONGEST:
            raise ValidationError(translator().gettext("Choose two years at the most"))
