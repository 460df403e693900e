"""Form fields that read what people type, by the same rules as the services: text, days, telephone numbers."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from wtforms import Field, StringField, ValidationError
from wtforms.validators import StopValidation
from wtforms.widgets import TextArea, TextInput

from questionnaires.numbers import plain_digits
from records import phones
from records.fields import Fields
from webapp.extensions import translator
from webapp.lazy import lazy

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_LOCAL = re.compile(r"(\d{1,2})[ ./-](\d{1,2})[ ./-](\d{4})", re.ASCII)
YEARS = range(1800, 2200)
"""Beyond them lies no day that anybody means, and at the ends of the calendar there is no day before or after."""


class Required:
    """Something must have been typed or chosen; `message` says what to do. Puts no attribute into the page."""

    field_flags: dict[str, object] = {}  # noqa: RUF012 - WTForms reads this class attribute

    def __init__(self, message: str) -> None:
        self.message = lazy(message)

    def __call__(self, _form: Any, field: Field) -> None:
        typed = field.raw_data[0] if field.raw_data else ""
        if not str(typed).strip():
            field.errors = []
            raise StopValidation(str(self.message))


class Offered:
    """What was chosen must be among the choices shown; asked of every list, because WTForms says it in English."""

    def __call__(self, _form: Any, field: Field) -> None:
        chosen = field.data if isinstance(field.data, list) else [field.data]
        offered = {str(choice.value) for choice in field.iter_choices()}
        if any(value is not None and str(value) not in offered for value in chosen):
            raise StopValidation(str(lazy("Choose among the choices shown")))


class PlainText(StringField):
    """One line of text, spaces tidied; characters that hide or cannot be kept are refused, never dropped."""

    def __init__(self, *args: Any, longest: int = 100, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.longest = longest

    def pre_validate(self, _form: Any) -> None:
        fields = Fields()
        cleaned = self.read(fields, self.data)
        for sentence in fields.errors.values():
            raise ValidationError(sentence.text(translator()))
        self.data = cleaned

    def read(self, fields: Fields, typed: str | None) -> str | None:
        return fields.line(self.name, typed, self.longest, required=False)


class Email(PlainText):
    def read(self, fields: Fields, typed: str | None) -> str | None:
        return fields.email(self.name, typed)


class Note(PlainText):
    """Several lines of text."""

    widget = TextArea()

    def read(self, fields: Fields, typed: str | None) -> str | None:
        return fields.lines(self.name, typed, self.longest)


class Phone(PlainText):
    """Any national or international typing. `e164` is how it was understood, once `understand` accepted it."""

    e164: str | None = None

    def understand(self, zone: str, *, rehearsal: bool = False) -> None:
        if not self.data or self.errors:
            return
        try:
            self.e164 = phones.parse(self.data, region=phones.region_of(zone), rehearsal=rehearsal)
        except phones.BadPhone as refused:
            self.errors = [refused.text(translator())]


class Day(Field):
    """A day typed as day, month, year (or ISO); `data` is a date, or None when nothing was typed."""

    widget = TextInput()
    typed = ""

    def _value(self) -> str:
        return self.typed or (self.data.strftime("%d/%m/%Y") if self.data else "")

    def process_formdata(self, valuelist: list[str]) -> None:
        self.typed, self.data = (valuelist[0].strip() if valuelist else "")[:40], None
        if self.typed:
            self.data = _read_day(plain_digits(self.typed))
            if self.data is None:
                raise ValueError(str(lazy("Type a day that exists, as day/month/year: 27/03/1958")))


def _read_day(text: str) -> date | None:
    if found := _ISO.fullmatch(text):
        year, month, day = (int(part) for part in found.groups())
    elif found := _LOCAL.fullmatch(text):
        day, month, year = (int(part) for part in found.groups())
    else:
        return None
    try:
        return date(year, month, day) if year in YEARS else None
    except ValueError:
        return None


class Period:
    """First and last day of a form that has both, as `since` and `until`; `longest` is what may lie between them, None
    where the form has hours too and judges the span by them.
    """

    longest: timedelta | None = None
    too_long = ""
    since: Day
    until: Day

    def validate_since(self, field: Day) -> None:
        if field.data is None and not field.process_errors:
            raise ValidationError(str(lazy("Type the first day")))

    def validate_until(self, field: Day) -> None:
        if field.data is None and not field.process_errors:
            raise ValidationError(str(lazy("Type the last day")))
        if self.longest is None or not self.since.data or not field.data:
            return
        if field.data < self.since.data:
            raise ValidationError(str(lazy("The last day is before the first")))
        if field.data - self.since.data > self.longest:
            raise ValidationError(str(self.too_long))
