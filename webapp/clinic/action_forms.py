"""Small forms of the patient's page: each becomes one act of the person signed in."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date

from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, ValidationError
from wtforms.fields import SelectChoice

from records.models import EndReason, Staff
from triage.callbacks import PHYSICIAN_ONLY
from triage.models import DispositionKind
from webapp.clinic.wording import DISPOSITIONS, ENDS, OUTCOMES, PAUSES
from webapp.extensions import translator
from webapp.fields import Day, Note, Offered, PlainText, Required
from webapp.lazy import lazy

NOTE = 2000
YES, NO = "yes", "no"
USEFUL = {YES: lazy("Yes"), NO: lazy("No")}


def as_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def choices(of: Mapping[str, object]) -> list[SelectChoice]:
    return [SelectChoice(value=str(code), label=label) for code, label in of.items()]


class OnceForm(FlaskForm):
    """Carries a key of its own, so that a double click is taken once."""

    key = HiddenField(default=lambda: str(uuid.uuid4()))

    @property
    def form_key(self) -> uuid.UUID | None:
        return as_uuid(self.key.data or "")


class AttemptForm(OnceForm):
    outcome = RadioField(
        lazy("What came of the call?"),
        [Required("Say what came of the call"), Offered()],
        choices=lambda: choices(OUTCOMES),
        validate_choice=False,
    )
    note = Note(lazy("Note (optional)"), longest=NOTE)

    def __init__(self) -> None:
        super().__init__(prefix="attempt-")


class DispositionForm(OnceForm):
    """`seen` are the alerts that stood on the page: only those are closed."""

    kind = RadioField(
        lazy("What was decided?"),
        [Required("Say what was decided"), Offered()],
        choices=[],
        validate_choice=False,
    )
    hours = PlainText(
        lazy("Extra questionnaire: in how many hours?"),
        longest=3,
        description=lazy("From 1 to 24"),
        render_kw={"inputmode": "numeric"},
    )
    note = Note(lazy("Note"), longest=NOTE)
    useful = RadioField(
        lazy("Was this call useful for the patient? (optional)"),
        [Offered()],
        choices=lambda: choices(USEFUL),
        validate_choice=False,
    )
    seen = HiddenField()

    def __init__(self, *, is_physician: bool) -> None:
        super().__init__(prefix="disposition-")
        self.kind.choices = choices(
            {code: word for code, word in DISPOSITIONS.items() if is_physician or code not in PHYSICIAN_ONLY}
        )

    def only_hand_over(self) -> None:
        """All that is offered to somebody who is no physician, of a call-back that is the physician's."""
        self.kind.choices = choices({DispositionKind.TO_PHYSICIAN: DISPOSITIONS[DispositionKind.TO_PHYSICIAN]})

    def was_useful(self) -> bool | None:
        """None when the caller did not say."""
        return self.useful.data == YES if self.useful.data else None

    def seen_alerts(self) -> list[uuid.UUID]:
        """What the page listed; anything else in the field is ignored and closes nothing."""
        found = (as_uuid(text) for text in (self.seen.data or "").split(",")[:200])
        return [public_id for public_id in found if public_id is not None]

    def details(self) -> dict[str, object]:
        if self.kind.data != DispositionKind.EXTRA_CHECKIN:
            return {}
        typed = self.hours.data or ""
        return {"hours": int(typed) if typed.isascii() and typed.isdigit() else None}


class PauseForm(FlaskForm):
    owner = SelectField(
        lazy("Who looks after this pause?"), [Required("Choose a person"), Offered()], validate_choice=False
    )
    review_on = Day(
        lazy("Day on which it is looked at again"),
        [Required("Type the day on which the pause is looked at again")],
        render_kw={"inputmode": "numeric"},
    )
    reason = RadioField(
        lazy("Reason"),
        [Required("Say why the follow-up is paused"), Offered()],
        choices=lambda: choices(PAUSES),
        validate_choice=False,
    )

    def __init__(self, *, people: list[Staff], today: date) -> None:
        super().__init__(prefix="pause-")
        self.today = today
        self.owner.choices = choices({str(person.public_id): person.name for person in people})

    def validate_review_on(self, field: Day) -> None:
        if field.data and field.data < self.today:
            raise ValidationError(str(lazy("This day is over: type today or a later day")))


class DischargeForm(FlaskForm):
    reason = RadioField(
        lazy("Why does the follow-up end?"),
        [Required("Say why the follow-up ends"), Offered()],
        choices=lambda: choices(ENDS),
        validate_choice=False,
    )

    def __init__(self) -> None:
        super().__init__(prefix="discharge-")

    @property
    def end_reason(self) -> EndReason:
        return EndReason(self.reason.data)


def limits_form(named: list[tuple[str, str, str]]) -> FlaskForm:
    """An optional field for each (name, label, the protocol's value), a reason, and a last day."""
    fields = {
        name: PlainText(
            label,
            longest=12,
            description=translator().gettext("Protocol: %(value)s", value=value),
            render_kw={"inputmode": "decimal", "autocomplete": "off"},
        )
        for name, label, value in named
    }
    fields["limits_reason"] = PlainText(lazy("Reason for these limits"), [Required("Type the reason")], longest=300)
    fields["limits_until"] = Day(lazy("Last day (optional)"), render_kw={"inputmode": "numeric"})
    form_class = type("LimitsForm", (FlaskForm,), fields)
    return form_class(prefix="limits-")
