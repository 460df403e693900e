"""What stands beside the questions when somebody of the centre fills them in: who speaks, who was checked, and when."""

from __future__ import annotations

import re
from datetime import time

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, RadioField, SelectField
from wtforms.widgets import TextInput

from questionnaires.numbers import plain_digits
from records.enrolment import DoorReason
from records.models import AnswersBy
from webapp.clinic.action_forms import choices
from webapp.clinic.doors_words import DOOR_REASONS, DOORS, INFORMANTS
from webapp.extensions import translator
from webapp.fields import Day, Offered, Required
from webapp.lazy import lazy

_HOUR = re.compile(r"(\d{1,2})(?: ?[:.hH] ?(\d{2})?)?", re.ASCII)


class Hour(Field):
    """A time of day as people write it: 8, 8h, 8:05, 08.05, 8 h 05. `data` is a time, None when nothing was typed."""

    widget = TextInput()
    typed = ""

    def _value(self) -> str:
        return self.typed or (f"{self.data:%H:%M}" if self.data else "")

    def process_formdata(self, valuelist: list[str]) -> None:
        self.typed, self.data = (valuelist[0].strip() if valuelist else "")[:20], None
        if not self.typed:
            return
        found = _HOUR.fullmatch(plain_digits(self.typed))
        hour, minute = (int(found[1]), int(found[2] or 0)) if found else (24, 0)
        if hour > 23 or minute > 59:
            raise ValueError(str(lazy("Type an hour from 0:00 to 23:59, as in 8:05")))
        self.data = time(hour, minute)


class RecordForm(FlaskForm):
    """`agreed` is asked of somebody who has not begun yet; `twice` when there are answers that may be the same ones."""

    informant = RadioField(
        lazy("Who answers?"),
        [Required("Say who answers"), Offered()],
        choices=lambda: choices(INFORMANTS),
        validate_choice=False,
    )
    agreed = BooleanField(lazy("The patient knows what the follow-up is, and agrees to begin"))
    twice = BooleanField(lazy("These are other answers: keep them too"))

    def read(self, *, invited: bool) -> None:
        """Validates; afterwards `errors` says whether anything must be asked again."""
        self.validate()
        if invited and not self.agreed.data:
            self.agreed.errors = [translator().gettext("Without the patient’s agreement nothing can begin")]

    def compare(self, there: bool) -> None:
        if there and not self.twice.data:
            self.twice.errors = [translator().gettext("There are answers already that may be the same. Compare first.")]


class CallForm(RecordForm):
    verified = BooleanField(
        lazy("The person on the line has said the name and the date of birth"),
        [Required("First ask for the name and the date of birth of the patient")],
    )


class PaperForm(RecordForm):
    same = BooleanField(
        lazy("The sheet bears this reference"),
        [Required("Compare the reference on the sheet; without one, telephone the patient")],
    )
    filled_on = Day(
        lazy("Day on which the sheet was filled in"),
        [Required("Type the day written on the sheet")],
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )
    filled_hour = Hour(
        lazy("Hour, on the patient’s clock"),
        [Required("Type the hour written on the sheet")],
        render_kw={"autocomplete": "off"},
    )
    passing = RadioField(
        lazy("This hour came twice that night. Which one?"),
        choices=lambda: choices({"first": lazy("Before the clocks were put back"), "second": lazy("After that")}),
        validate_choice=False,
    )

    @property
    def has_time(self) -> bool:
        return self.filled_on.data is not None and self.filled_hour.data is not None

    @property
    def second(self) -> bool | None:
        return {"first": False, "second": True}.get(self.passing.data or "")


class DoorForm(FlaskForm):
    answers_by = RadioField(
        lazy("How is this patient asked?"),
        [Required("Say how this patient is asked"), Offered()],
        choices=lambda: choices(DOORS),
        validate_choice=False,
    )
    reason = SelectField(
        lazy("Why?"), [Required("Say why"), Offered()], choices=lambda: choices(DOOR_REASONS), validate_choice=False
    )

    def __init__(self, *, now: str = AnswersBy.PHONE) -> None:
        super().__init__(prefix="door-", data={"answers_by": now, "reason": DoorReason.ASKED})
