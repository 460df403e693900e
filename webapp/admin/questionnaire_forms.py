"""What is asked before a questionnaire is imported, published, brought into force or retired."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, time

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, SelectField, ValidationError
from wtforms.fields import SelectChoice

from questionnaires.numbers import plain_digits
from records import clock
from records.models import Programme
from webapp.extensions import translator
from webapp.fields import Day, Offered, PlainText, Required
from webapp.lazy import lazy

HOUR = re.compile(r"([01]?[0-9]|2[0-3])[:hH.]([0-5][0-9])")


class ImportForm(FlaskForm):
    file = FileField(lazy("FHIR Questionnaire, as a JSON file"))

    def validate_file(self, field: FileField) -> None:
        if not field.data:
            raise ValidationError(translator().gettext("Choose a file"))


class PublishForm(FlaskForm):
    def __init__(self) -> None:
        super().__init__(prefix="publish-")

    read = BooleanField(lazy("I have read the differences and tried the preview in every language"))
    decided = BooleanField(lazy("Where the form starts answered, people start with an empty question"))

    def validate_read(self, field: BooleanField) -> None:
        if not field.data:
            raise ValidationError(translator().gettext("Tick the box to publish"))


class RetireForm(FlaskForm):
    def __init__(self) -> None:
        super().__init__(prefix="retire-")

    sure = BooleanField(lazy("This version will never be asked again"))

    def validate_sure(self, field: BooleanField) -> None:
        if not field.data:
            raise ValidationError(translator().gettext("Tick the box to retire this version"))


class InForceForm(FlaskForm):
    """Without a day and an hour it means now; `aware` is needed where the rules lose something."""

    programme = SelectField(lazy("Programme"), [Required("Choose a programme"), Offered()], validate_choice=False)
    day = Day(
        lazy("From which day"),
        description=lazy("Day/month/year. Leave the day and the hour empty to bring it into force now."),
    )
    hour = PlainText(
        lazy("From which hour"),
        longest=5,
        description=lazy("For example 08:00, by the centre’s clock."),
    )
    aware = BooleanField(lazy("I know what the rules say about this version, and accept it"))

    def __init__(self, *, offered: Sequence[Programme]) -> None:
        super().__init__(prefix="in-force-")
        self.offered = {str(one.public_id): one for one in offered}
        self.programme.choices = [SelectChoice(value=key, label=one.slug) for key, one in self.offered.items()]

    def validate_hour(self, field: PlainText) -> None:
        t = translator()
        if field.data and not HOUR.fullmatch(plain_digits(field.data)):
            raise ValidationError(t.gettext("Type the hour as hours and minutes: 08:00"))
        if field.data and not self.day.typed:
            raise ValidationError(t.gettext("Type the day too, or leave both empty"))
        if self.day.data and not field.data:
            raise ValidationError(t.gettext("Type the hour too, or leave both empty"))

    @property
    def chosen(self) -> Programme:
        return self.offered[self.programme.data]

    def from_at(self, now: datetime) -> datetime:
        """The instant that was typed, by the programme's clock; `now` when none was."""
        typed = HOUR.fullmatch(plain_digits(self.hour.data or ""))
        if self.day.data is None or typed is None:
            return now
        return clock.instant(self.day.data, time(int(typed[1]), int(typed[2])), self.chosen.zone)
