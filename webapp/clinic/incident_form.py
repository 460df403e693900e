"""Raising an incident: in which programme, and for how long it has been so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.fields import SelectChoice

from records.models import Programme
from webapp.extensions import language, translator
from webapp.fields import Offered
from webapp.lazy import lazy

HOURS = (1, 2, 4, 6, 12, 24, 48)
USUAL = "4"


class IncidentForm(FlaskForm):
    """Hours instead of an hour: nobody has to think of a zone while patients wait."""

    programme = SelectField(lazy("Programme"), [Offered()], validate_choice=False)
    since = SelectField(
        lazy("For how long"),
        [Offered()],
        validate_choice=False,
        description=lazy("Whoever missed a check-in that opened since then is of it, now and later."),
    )

    def __init__(self, *, programmes: Sequence[Programme]) -> None:
        first = programmes[0].slug if programmes else ""
        super().__init__(data={"programme": first, "since": USUAL})
        self.programmes = {one.slug: one for one in programmes}
        self.programme.choices = [
            SelectChoice(value=one.slug, label=one.name.get(language(), one.slug)) for one in programmes
        ]
        t = translator()
        self.since.choices = [
            SelectChoice(value=str(hours), label=t.ngettext("%(num)s hour", "%(num)s hours", hours)) for hours in HOURS
        ]

    @property
    def chosen(self) -> Programme:
        return self.programmes[self.programme.data]

    @property
    def span(self) -> timedelta:
        return timedelta(hours=int(self.since.data))
