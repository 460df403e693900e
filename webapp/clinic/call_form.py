"""The forms of a call: what came of it, and when it is tried again."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from wtforms import BooleanField, RadioField, SelectField

from records import clock
from records.models import Programme
from triage.models import AttemptOutcome, Called
from webapp.clinic.action_forms import NOTE, OnceForm, choices
from webapp.clinic.doors_form import Hour
from webapp.clinic.wording import OUTCOMES
from webapp.extensions import translator
from webapp.fields import Note, Offered, Required
from webapp.lazy import lazy

NOT_VERIFIED = "not-verified"
"""Somebody answered; stored as reached and not verified, which counts as nobody."""
TODAY, TOMORROW = "today", "tomorrow"
DAYS = {TODAY: lazy("Today"), TOMORROW: lazy("Tomorrow")}
WHOM = {Called.PATIENT: lazy("The patient"), Called.CONTACT: lazy("The emergency contact")}
VERIFIED = lazy("Name and date of birth asked and right")
SOMEBODY_ELSE = lazy("Somebody else, or name and date of birth not right")
CAME_OF_IT = {
    str(AttemptOutcome.REACHED): OUTCOMES[AttemptOutcome.REACHED],
    NOT_VERIFIED: SOMEBODY_ELSE,
    **{str(code): words for code, words in OUTCOMES.items() if code != AttemptOutcome.REACHED},
}
HALF_A_DAY = timedelta(hours=12)


class TryFields(OnceForm):
    """An hour of the centre, today or tomorrow."""

    try_at = Hour(lazy("At what hour?"), render_kw={"inputmode": "numeric", "autocomplete": "off"})
    try_day = SelectField(lazy("Day"), [Offered()], choices=lambda: choices(DAYS), default=TODAY, validate_choice=False)

    def next_try(self, programme: Programme, now: datetime) -> datetime | None:
        """None when no hour was typed."""
        if self.try_at.data is None:
            return None
        today = clock.local_day(now, programme.zone)
        return clock.instant(today + timedelta(days=self.try_day.data == TOMORROW), self.try_at.data, programme.zone)


class AttemptForm(TryFields):
    called = RadioField(
        lazy("Who was called?"),
        [Offered()],
        choices=lambda: choices(WHOM),
        default=Called.PATIENT.value,
        validate_choice=False,
    )
    verified = BooleanField(VERIFIED)
    outcome = RadioField(
        lazy("What came of the call?"),
        [Required("Say what came of the call"), Offered()],
        choices=lambda: choices(CAME_OF_IT),
        validate_choice=False,
    )
    note = Note(lazy("Note (optional)"), longest=NOTE)
    at = Hour(
        lazy("A call made earlier: at what hour? (optional)"),
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )

    def __init__(self, **given: Any) -> None:
        super().__init__(prefix="attempt-", **given)

    def validate(self, *args: Any, **given: Any) -> bool:
        fine = bool(super().validate(*args, **given))
        if self.outcome.data == AttemptOutcome.REACHED and not self.verified.data:
            words = translator().gettext(
                "First ask for the name and the date of birth, then tick this. If they were not right, say that "
                "somebody else answered."
            )
            self.verified.errors = [words]
            return False
        return fine

    @property
    def outcome_code(self) -> str:
        return AttemptOutcome.REACHED if self.outcome.data == NOT_VERIFIED else str(self.outcome.data)

    def was_verified(self) -> bool | None:
        """None where nobody answered."""
        return {AttemptOutcome.REACHED.value: True, NOT_VERIFIED: False}.get(str(self.outcome.data))

    def made_at(self, programme: Programme, now: datetime) -> datetime | None:
        """When the call was made, None for just now: the hour's last passing; shortly after midnight that of the day
        before. An hour that is still to come stays so, and is refused where it is written down.
        """
        return _last(self.at.data, programme.zone, now) if self.at.data is not None else None


def _last(hour: time, zone: str, now: datetime) -> datetime:
    today = clock.local_day(now, zone)
    over = [moment for moment in clock.passings(today, hour, zone) if moment <= now]
    if over:
        return over[-1]
    to_come = clock.instant(today, hour, zone)
    return _on(today - timedelta(days=1), hour, zone) if to_come - now > HALF_A_DAY else to_come


def _on(day: date, hour: time, zone: str) -> datetime:
    return (clock.passings(day, hour, zone) or (clock.instant(day, hour, zone),))[-1]


class NextTryForm(TryFields):
    def __init__(self, **given: Any) -> None:
        super().__init__(prefix="try-", **given)

    def validate(self, *args: Any, **given: Any) -> bool:
        fine = bool(super().validate(*args, **given))
        if self.try_at.data is None and not self.try_at.errors:
            self.try_at.errors = [translator().gettext("Type an hour from 0:00 to 23:59, as in 8:05")]
            return False
        return fine
