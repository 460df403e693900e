"""Which days of real answers a version shall be replayed on."""

from __future__ import annotations

from datetime import date, timedelta

from flask_wtf import FlaskForm
from wtforms import ValidationError

from webapp.extensions import translator
from webapp.fields import Day, Period
from webapp.lazy import lazy

USUAL = timedelta(days=27)


class ReplayForm(Period, FlaskForm):
    longest, too_long = timedelta(days=732), lazy("Choose two years at the most")
    since = Day(lazy("Answers from"), render_kw={"autocomplete": "off"})
    until = Day(lazy("to"), render_kw={"autocomplete": "off"})

    def __init__(self, today: date) -> None:
        self.today = today
        super().__init__(data={"since": today - USUAL, "until": today})

    def validate_until(self, field: Day) -> None:
        if field.data and field.data > self.today:
            raise ValidationError(translator().gettext("No day to come has answers yet: choose today at the latest"))
        super().validate_until(field)
