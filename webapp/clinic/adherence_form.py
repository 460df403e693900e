"""Which follow-ups a page about adherence is of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from flask import request
from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.fields import SelectChoice

from records.models import Programme, Team
from webapp.extensions import language, translator
from webapp.fields import Day, Offered, Period
from webapp.lazy import lazy

USUAL = timedelta(weeks=8)


class AdherenceForm(Period, FlaskForm):
    """What it asks stands in the page's address: a page that only reads can be kept and sent on."""

    longest, too_long = timedelta(days=366), lazy("Choose a year at the most")

    class Meta:
        csrf = False

    programme = SelectField(lazy("Programme"), [Offered()], validate_choice=False)
    since = Day(lazy("Follow-ups that began from"), render_kw={"autocomplete": "off"})
    until = Day(lazy("to"), render_kw={"autocomplete": "off"})
    team = SelectField(lazy("Team"), [Offered()], validate_choice=False)

    def __init__(self, *, programmes: Sequence[Programme], teams: Sequence[Team], today: date) -> None:
        usual = {"since": today - USUAL + timedelta(days=1), "until": today}
        super().__init__(request.args or None, data={**usual, "programme": programmes[0].slug, "team": ""})
        self.programmes = {one.slug: one for one in programmes}
        self.teams = {str(one.public_id): one for one in teams}
        self.programme.choices = [
            SelectChoice(value=one.slug, label=one.name.get(language(), one.slug)) for one in programmes
        ]
        everyone = SelectChoice(value="", label=translator().gettext("All teams"))
        self.team.choices = [everyone, *(SelectChoice(value=key, label=one.name) for key, one in self.teams.items())]
        if request.args:  # an address that was cut short asks for the usual of what it does not say
            self.programme.data = self.programme.data or programmes[0].slug
            self.team.data = self.team.data or ""

    @property
    def chosen(self) -> Programme:
        return self.programmes[self.programme.data]
