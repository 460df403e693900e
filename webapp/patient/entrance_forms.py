"""What is asked at the door: the typed code, and the day and month of birth."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, StringField, ValidationError

from questionnaires.numbers import plain_digits
from webapp.extensions import translator


def _whole(field: Field, most: int, sentence: str) -> None:
    """Leaves the number in `field.number`; digits of any script that the questionnaire reads too."""
    text = plain_digits(field.data or "")
    if not (text.isascii() and text.isdigit() and len(text) <= 2 and 1 <= int(text) <= most):
        raise ValidationError(sentence)
    field.number = int(text)


class BirthDayForm(FlaskForm):
    """Day and month of birth; the year is not asked."""

    day = StringField()
    month = StringField()

    def validate_day(self, field: Field) -> None:
        _whole(field, 31, translator().gettext("Type the day you were born, for example 27."))

    def validate_month(self, field: Field) -> None:
        _whole(field, 12, translator().gettext("Type the month you were born as a number, from 1 to 12."))


class EnterForm(BirthDayForm):
    code = StringField()

    def validate_code(self, field: Field) -> None:
        if not (field.data or "").strip():
            raise ValidationError(translator().gettext("Type the code that the centre gave you."))
        if len(field.data) > 40:
            raise ValidationError(translator().gettext("This code is too long. Type it as the centre gave it to you."))


class ConsentForm(FlaskForm):
    """The token against forged requests, and whose page it is; the answer is the button."""

    owner = HiddenField()
