"""The form of a decision: it offers what applies, says what each choice starts, and closes what its author saw."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from wtforms import HiddenField, RadioField, ValidationError

from questionnaires.numbers import plain_digits
from records import clock
from records.db import db
from records.models import Enrolment, EnrolmentState, RiskTier
from triage.callbacks import NOT_CHOSEN, PHYSICIAN_ONLY, requirements
from triage.callbacks.consequences import usual_hours
from triage.models import AlertKind, Callback, DispositionKind
from webapp.clinic import decision_words
from webapp.clinic.action_forms import NOTE, USEFUL, YES, OnceForm, as_uuid, choices
from webapp.clinic.doors_form import Hour
from webapp.clinic.wording import DISPOSITIONS
from webapp.fields import Note, Offered, PlainText, Required
from webapp.lazy import lazy

if TYPE_CHECKING:
    from webapp.clinic.standing import Alert, Call

BEFORE_MIDNIGHT = timedelta(hours=6)
"""An hour that lies ahead today is one of yesterday evening, when it is not longer ago than this."""


class DispositionForm(OnceForm):
    """`seen` are the alerts that stood on the page: only those are closed. `meanwhile` are those that came since."""

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
    called_at = Hour(
        lazy("At what time was the ambulance called?"),
        description=lazy("The hour at the centre, as 14:05"),
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )
    note = Note(lazy("Note"), longest=NOTE)
    useful = RadioField(
        lazy("Was this call useful for the patient? (optional)"),
        [Offered()],
        choices=lambda: choices(USEFUL),
        validate_choice=False,
    )
    seen = HiddenField()

    def __init__(self, *, is_physician: bool, zone: str, now: datetime, **given: Any) -> None:
        super().__init__(prefix="disposition-", **given)
        self.zone, self.now = zone, now
        self.meanwhile: list[Alert] = []
        self.limits_are_set = True
        self.kind.choices = choices(
            {
                code: word
                for code, word in DISPOSITIONS.items()
                if code not in NOT_CHOSEN and (is_physician or code not in PHYSICIAN_ONLY)
            }
        )
        if self.called_at.raw_data is None:
            self.called_at.data = clock.local(now, zone).time()

    def validate_called_at(self, field: Hour) -> None:
        if self.kind.data == DispositionKind.AMBULANCE and field.data is None:
            raise ValidationError(str(lazy("Type an hour and its minutes: 14:05")))

    def offer(self, codes: list[str]) -> None:
        """Only these, and what was chosen already, which its own sentence refuses."""
        self.kind.choices = [one for one in self.kind.choices if one.value in codes or one.value == self.kind.data]

    def starts(self, code: str) -> object:
        return decision_words.STARTS[DispositionKind(code)]

    def was_useful(self) -> bool | None:
        """None when the caller did not say."""
        return self.useful.data == YES if self.useful.data else None

    def seen_alerts(self) -> list[uuid.UUID]:
        """What the page listed; anything else in the field is ignored and closes nothing."""
        found = (as_uuid(text) for text in (self.seen.data or "").split(",")[:200])
        return [public_id for public_id in found if public_id is not None]

    def details(self) -> dict[str, object]:
        if self.kind.data == DispositionKind.AMBULANCE:
            return {"called_at": self._called_at()}
        if self.kind.data != DispositionKind.EXTRA_CHECKIN:
            return {}
        typed = plain_digits(self.hours.data or "").strip()
        return {"hours": int(typed) if typed.isascii() and typed.isdigit() else None}

    def _called_at(self) -> datetime | None:
        hour = self.called_at.data
        if hour is None:
            return None
        today = clock.local_day(self.now, self.zone)
        at, before = clock.instant(today, hour, self.zone), clock.instant(today - timedelta(days=1), hour, self.zone)
        return before if at > self.now and self.now - before <= BEFORE_MIDNIGHT else at


def suit(form: DispositionForm, call: Call | None, enrolment: Enrolment, *, sent: bool) -> None:
    """Make the form say what applies to this call-back now, to the person signed in. When it was `sent` and comes back,
    what came in after its page was opened does not count as seen.
    """
    if call is None:
        return
    standing = {str(alert.detail.public_id): alert for alert in call.alerts}
    seen = [public_id for public_id in (form.seen.data or "").split(",") if public_id in standing]
    if not sent:
        seen = list(standing)
    form.meanwhile = [alert for public_id, alert in standing.items() if public_id not in seen]
    form.seen.data = ",".join(seen)
    form.offer(_applying(form, call, enrolment))
    if not form.hours.raw_data:
        form.hours.data = str(usual_hours(enrolment, form.now))


def _applying(form: DispositionForm, call: Call, enrolment: Enrolment) -> list[str]:
    if call.waits_for_physician:
        return [DispositionKind.TO_PHYSICIAN]
    callback = db.session.query(Callback).filter_by(public_id=call.detail.public_id).one()
    calls = requirements.calls_that_count(db.session, callback)
    since = min((alert.detail.raised_at for alert in call.alerts), default=call.detail.opened_at)
    form.limits_are_set = requirements.limits_set_since(db.session, callback, since)
    applies = {
        DispositionKind.EXTRA_CHECKIN: enrolment.state == EnrolmentState.ACTIVE,
        DispositionKind.RISK_UP: enrolment.state == EnrolmentState.ACTIVE and enrolment.risk_tier != RiskTier.HIGH,
        DispositionKind.ENTRY_ERROR: any(alert.detail.kind == AlertKind.ANSWERS for alert in call.alerts),
        DispositionKind.WELFARE_CHECK: requirements.were_tried_in_vain(enrolment, calls),
        DispositionKind.UNREACHABLE: bool(calls),
    }
    return [code for code in DispositionKind if applies.get(code, True)]
