"""Which days, and which events, a page about the worth of rules is of; it all stands in the page's address."""

from __future__ import annotations

from datetime import date, timedelta

from flask import request
from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.fields import SelectChoice

from triage.outcome_models import OutcomeKind
from triage.worth.counting import ANY_EVENT, SEVERE
from webapp.fields import Day, Offered, Period
from webapp.lazy import lazy

USUAL = timedelta(weeks=8)
WITHIN = ("3", "7", "14")
BY = {"all": lazy("not divided"), "week": lazy("by week"), "month": lazy("by month")}
EVENTS = {"any": lazy("admission, intensive care or death"), "severe": lazy("intensive care or death")}
KINDS = {"any": ANY_EVENT, "severe": SEVERE}
DEFAULTS = {"by": "all", "within": "7", "events": "any"}


class WorthForm(Period, FlaskForm):
    longest, too_long = timedelta(days=366), lazy("Choose a year at the most")

    class Meta:
        csrf = False

    since = Day(lazy("From"), render_kw={"autocomplete": "off"})
    until = Day(lazy("to"), render_kw={"autocomplete": "off"})
    by = SelectField(lazy("Days divided"), [Offered()], validate_choice=False)
    events = SelectField(lazy("Events that count"), [Offered()], validate_choice=False)
    within = SelectField(lazy("Days from an alert to its event, at most"), [Offered()], validate_choice=False)

    def __init__(self, today: date) -> None:
        asked = any(name in request.args for name in ("since", "until", "by", "events", "within"))
        usual = {"since": today - USUAL + timedelta(days=1), "until": today, **DEFAULTS}
        super().__init__(request.args if asked else None, data=usual)
        for field, words in ((self.by, BY), (self.events, EVENTS)):
            field.choices = [SelectChoice(value=code, label=str(word)) for code, word in words.items()]
        self.within.choices = [SelectChoice(value=days, label=days) for days in WITHIN]
        if asked:  # an address that was cut short asks for the usual of what it does not say
            for name, value in DEFAULTS.items():
                self[name].data = self[name].data or value

    @property
    def kinds(self) -> tuple[OutcomeKind, ...]:
        return KINDS[self.events.data]

    def asked(self) -> dict[str, object]:
        """For counting.measure and tradeoff.curve."""
        days = {"first": self.since.data, "last": self.until.data}
        return {**days, "within": int(self.within.data), "kinds": self.kinds}

    def address(self) -> dict[str, str]:
        """The same, for a link to another page."""
        days = {name: f"{self[name].data:%d/%m/%Y}" for name in ("since", "until")}
        return {**days, "within": self.within.data, "events": self.events.data}
