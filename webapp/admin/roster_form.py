"""The hours of a week as a table of small fields, and a way to fill many of them at once."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from babel.dates import get_day_names
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, StringField
from wtforms.fields import SelectChoice

from questionnaires.numbers import NumberProblem, parse_number
from records.models import Programme
from triage import roster
from triage.roster import Hour, Roster
from webapp.extensions import language, translator
from webapp.lazy import lazy

DAYS = {"week": range(5), "weekend": range(5, 7), "all": range(7)}
SAVE, FILL = "save", "fill"


def day_names(width: str) -> list[str]:
    """Monday first, as the reader's language writes them; `width` as Babel names it."""
    names = get_day_names(width, context="stand-alone", locale=language())
    return [names[day] for day in range(7)]


def count(typed: str | None) -> int | None:
    """A number of callers, nothing typed being none; None for what is no such number."""
    if not (typed or "").strip():
        return 0
    number = parse_number(typed or "", decimals=0)
    if isinstance(number, NumberProblem) or not Decimal(0) <= number <= roster.MOST_CALLERS:
        return None
    return int(number)


class RosterForm(FlaskForm):
    """One text for each hour in which the centre is open, and those of another spelling kept as they were typed."""

    seen = HiddenField()
    days = SelectField(
        lazy("Days"),
        choices=lambda: [
            SelectChoice(value="week", label=translator().gettext("Monday to Friday")),
            SelectChoice(value="weekend", label=translator().gettext("Saturday and Sunday")),
            SelectChoice(value="all", label=translator().gettext("Every day")),
        ],
        validate_choice=False,
    )
    begin = SelectField(lazy("From"), validate_choice=False)
    end = SelectField(lazy("until"), validate_choice=False)
    callers = StringField(lazy("Callers at work"), render_kw={"inputmode": "numeric"})

    def __init__(self, programme: Programme, known: Roster) -> None:
        self.hours = roster.open_hours(programme)
        super().__init__(begin=str(self.hours.start), end=str(self.hours.stop), seen=roster.mark(known))
        self.begin.choices = [_clock(hour) for hour in self.hours]
        self.end.choices = [_clock(hour + 1) for hour in self.hours]
        self.typed = {hour: str(known.get(hour, 0)) for hour in self.each()}
        self.wrong: list[Hour] = []

    def each(self) -> Iterable[Hour]:
        return ((day, hour) for hour in self.hours for day in range(roster.WEEK))

    def read(self, given: Any) -> None:
        """What was typed, from the fields of a request."""
        self.typed = {hour: str(given.get(name(hour), "")).strip()[:12] for hour in self.each()}

    def counted(self) -> dict[Hour, int] | None:
        """The whole week, or None with the reasons among the form's errors."""
        read = {hour: count(self.typed[hour]) for hour in self.each()}
        self.wrong = [hour for hour, number in read.items() if number is None]
        if self.wrong:
            self.form_errors.append(
                translator().gettext("Type a whole number of callers, from 0 to 9999, in the marked fields")
            )
            return None
        return {hour: number for hour, number in read.items() if number is not None}

    def fill(self) -> None:
        """Put the number into the chosen hours of the chosen days; nothing is saved by that."""
        number, t = count(self.callers.data), translator()
        chosen = range(_hour(self.begin.data), _hour(self.end.data))
        if number is None:
            self.callers.errors = [t.gettext("Type a whole number of callers, from 0 to 9999")]
        if not chosen or not set(chosen) <= set(self.hours):
            self.end.errors = [t.gettext("Choose an end after the beginning")]
        if self.errors:
            return
        days = DAYS.get(self.days.data, DAYS["all"])
        self.typed |= {(day, hour): str(number) for day in days for hour in chosen}


def name(hour: Hour) -> str:
    return f"c{hour[0]}-{hour[1]}"


def _clock(hour: int) -> SelectChoice:
    return SelectChoice(value=str(hour), label=f"{hour:02}:00")


def _hour(typed: str | None) -> int:
    return int(typed) if typed and typed.isascii() and typed.isdecimal() and len(typed) < 3 else 0
