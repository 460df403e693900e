"""How a programme is run, as people type it: hours, when it asks, targets, escalation, numbers."""

from __future__ import annotations

import re
from datetime import time

from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, ValidationError
from wtforms.fields import SelectChoice

from questionnaires import programme_settings
from questionnaires.numbers import plain_digits
from questionnaires.programme_settings import Settings
from records import phones
from records.models import CallsBy, Programme
from records.programmes import MOST_SLOTS, TIERS
from webapp.extensions import translator
from webapp.fields import Offered, PlainText, Required
from webapp.lazy import lazy

HOUR = re.compile(r"([01]?[0-9]|2[0-3])[:hH. ]([0-5][0-9])")
WAYS = {
    CallsBy.HOSPITAL: lazy("The hospital's telephony: patients see the number below"),
    CallsBy.BRIDGE: lazy("Calls through the service: it rings the caller, then the patient, who sees the number below"),
    CallsBy.OWN: lazy("Callers' own telephones: patients see the caller's own number"),
}
MINUTES = ("red_minutes", "orange_minutes", "silent_minutes", "lead_after_minutes", "physician_after_minutes")
NUMBERS = ("phone", "shown_number", "interpreter_phone")


def _minutes(label: str, hint: str = "") -> PlainText:
    return PlainText(
        lazy(label),
        [Required("Type a number of minutes")],
        longest=5,
        description=lazy(hint) if hint else "",
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )


def _hour(label: str) -> PlainText:
    how = {"inputmode": "numeric", "autocomplete": "off"}
    return PlainText(lazy(label), [Required("Type an hour as in 08:00")], longest=5, render_kw=how)


def _number(label: str, hint: str, *validators: Required) -> PlainText:
    how = {"inputmode": "tel", "autocomplete": "off", "dir": "ltr"}
    return PlainText(lazy(label), list(validators), longest=40, description=lazy(hint), render_kw=how)


class ProgrammeForm(FlaskForm):
    zone = PlainText(
        lazy("Time zone of the centre"),
        [Required("Type a time zone")],
        longest=60,
        description=lazy("As in Europe/Paris or Indian/Reunion"),
        render_kw={"autocomplete": "off", "dir": "ltr"},
    )
    opens, closes = _hour("Opens at"), _hour("Closes at")
    red_minutes = _minutes("Red: first call within", "minutes")
    orange_minutes = _minutes("Orange: first call within", "minutes")
    silent_minutes = _minutes("Silent: first call within", "minutes, counted once nobody has answered")
    lead_after_minutes = _minutes("A late call goes before a lead after", "minutes past its target")
    physician_after_minutes = _minutes("and before the physician on call after", "minutes past its target")
    phone = _number(
        "Number of the centre", "What texts and pages tell patients to call", Required("Type the centre's number")
    )
    shown_number = _number("Number that patients see when the centre calls (optional)", "Where it is another one")
    interpreter_phone = _number("Interpreters' number (optional)", "Shown to callers beside the patient's language")
    calls_by = RadioField(
        lazy("How do callers telephone?"),
        [Required("Choose how callers telephone"), Offered()],
        choices=lambda: [SelectChoice(value=code.value, label=label) for code, label in WAYS.items()],
        validate_choice=False,
    )
    announces_calls = BooleanField(lazy("Tell patients by text before the centre calls"))
    seen = HiddenField()

    def __init__(self, programme: Programme) -> None:
        stands = programme_settings.of(programme)
        shown = {name: getattr(stands, name) for name in Settings.__slots__}
        shown |= {name: f"{shown[name]:%H:%M}" for name in ("opens", "closes")}
        shown |= {name: str(shown[name]) for name in MINUTES}
        shown |= {name: phones.international(shown[name]) if shown[name] else "" for name in NUMBERS}
        super().__init__(data={**shown, "seen": programme_settings.mark(programme)})
        self.stands = stands
        self.rows = [dict(entry) for entry in programme.schedule]
        self.wrong: set[int] = set()

    @property
    def slots(self) -> list[dict[str, str]]:
        """Those that stand, and one empty row while there may be more."""
        room = [{"slot": "", "at": "", "tier": TIERS[0]}] if len(self.rows) < MOST_SLOTS else []
        return [*self.rows, *room]

    def read_schedule(self, typed: dict[str, str]) -> list[dict[str, str]] | None:
        """The rows with an hour; a new one is named after it. None where an hour cannot be read."""
        self.rows = []
        for number in range(MOST_SLOTS):
            at = plain_digits(typed.get(f"at-{number}", "").strip())[:8]
            if not at:
                continue
            found = HOUR.fullmatch(at)
            if found is None:
                self.wrong.add(len(self.rows))
            hour = f"{int(found[1]):02d}:{found[2]}" if found else at
            name = typed.get(f"slot-{number}", "").strip()[:30] or f"at-{hour.replace(':', '-')}"
            tier = typed.get(f"tier-{number}", TIERS[0])
            self.rows.append({"slot": name, "at": hour, "tier": tier if tier in TIERS else TIERS[0]})
        if self.wrong:
            self.form_errors.append(translator().gettext("Type each hour at which patients are asked as in 08:00."))
        return None if self.wrong else self.rows

    def _validate_hour(self, field: PlainText) -> None:
        if not HOUR.fullmatch(plain_digits(field.data or "")):
            raise ValidationError(translator().gettext("Type an hour as in 08:00"))

    validate_opens = validate_closes = _validate_hour

    def _validate_minutes(self, field: PlainText) -> None:
        if not plain_digits(field.data or "").isdecimal():
            raise ValidationError(translator().gettext("Type a number of minutes"))

    validate_red_minutes = validate_orange_minutes = validate_silent_minutes = _validate_minutes
    validate_lead_after_minutes = validate_physician_after_minutes = _validate_minutes

    def settings(self) -> Settings:
        """Of a form that validates; a number that was left as it stood is the stored one."""
        said = {name: int(plain_digits(self[name].data or "")) for name in MINUTES}
        return Settings(
            zone=self.zone.data or "",
            opens=_time(self.opens.data or ""),
            closes=_time(self.closes.data or ""),
            calls_by=self.calls_by.data,
            announces_calls=self.announces_calls.data,
            **{name: self._unchanged(name) for name in NUMBERS},
            **said,
        )

    def _unchanged(self, name: str) -> str:
        typed, stands = (self[name].data or "").strip(), getattr(self.stands, name)
        return stands if stands and typed == phones.international(stands) else typed

    def refuse(self, errors: dict[str, str]) -> None:
        for name, text in errors.items():
            self[name].errors = [*self[name].errors, text]


def _time(typed: str) -> time:
    found = HOUR.fullmatch(plain_digits(typed))
    assert found is not None, "the form has validated"
    return time(int(found[1]), int(found[2]))
