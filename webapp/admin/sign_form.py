"""A physician's signature: on what was shown, on nothing that changed meanwhile; and the other acts."""

from __future__ import annotations

from datetime import datetime, time

from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, ValidationError

from questionnaires.numbers import plain_digits
from records import clock
from webapp.admin.questionnaire_forms import HOUR
from webapp.admin.versions import Shown
from webapp.extensions import translator
from webapp.fields import Day, Note, PlainText, Required
from webapp.lazy import lazy


class SignForm(FlaskForm):
    """`against` is the version beside which the differences were shown. Without a day and an hour it starts now."""

    against = HiddenField()
    day = Day(
        lazy("In force from which day"),
        description=lazy("Day/month/year. Leave the day and the hour empty to put it in force now."),
    )
    hour = PlainText(
        lazy("From which hour"),
        longest=5,
        description=lazy("For example 08:00, by the centre’s clock."),
    )
    read = BooleanField(lazy("I have read the differences, the rules and the result of the test cases"))

    def __init__(self, *, zone: str, now: datetime) -> None:
        super().__init__()
        self.zone, self.now = zone, now

    def validate_hour(self, field: PlainText) -> None:
        t, typed = translator(), HOUR.fullmatch(plain_digits(field.data or ""))
        if field.data and typed is None:
            raise ValidationError(t.gettext("Type the hour as hours and minutes: 08:00"))
        if field.data and not self.day.typed:
            raise ValidationError(t.gettext("Type the day too, or leave both empty"))
        if self.day.data and not field.data:
            raise ValidationError(t.gettext("Type the hour too, or leave both empty"))
        if self.day.data and not self._passings():
            raise ValidationError(t.gettext("That hour is skipped: clocks are put forward. Choose another one"))

    @property
    def from_at(self) -> datetime | None:
        """The instant that was typed, by the centre's clock; None for now. Of an hour that comes twice, its first
        passing that is still ahead.
        """
        passings = self._passings()
        return next((moment for moment in passings if moment >= self.now), passings[-1]) if passings else None

    def _passings(self) -> tuple[datetime, ...]:
        typed = HOUR.fullmatch(plain_digits(self.hour.data or ""))
        if self.day.data is None or typed is None:
            return ()
        return clock.passings(self.day.data, time(int(typed[1]), int(typed[2])), self.zone)

    def validate_read(self, field: BooleanField) -> None:
        if not field.data:
            raise ValidationError(translator().gettext("Tick the box to sign"))

    @classmethod
    def showing(cls, shown: Shown, *, zone: str, now: datetime) -> SignForm:
        form = cls(zone=zone, now=now)
        form.against.data = _beside(shown)
        return form

    def can_sign(self, shown: Shown) -> bool:
        """Whether it can be signed as it was read."""
        self.validate()
        if self.against.data != _beside(shown):
            self.against.data = _beside(shown)
            self.form_errors.append(
                translator().gettext("Another version came into force meanwhile. Read the differences again.")
            )
        if shown.failures:
            self.form_errors.append(translator().gettext("Test cases fail: this version cannot be signed."))
        return not self.errors


def _beside(shown: Shown) -> str:
    return str(shown.against.public_id) if shown.against else ""


class ActForm(FlaskForm):
    """A button that needs nothing typed."""


class GoBackForm(FlaskForm):
    def __init__(self) -> None:
        super().__init__(prefix="back-")

    reason = Note(
        lazy("Reason for going back"),
        [Required("Type the reason: it stays beside the new version for good")],
        longest=500,
    )
