"""The form by which a physician puts one orange rule off."""

from __future__ import annotations

import uuid

from flask import g
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField
from wtforms.fields import SelectChoice

from records.db import db
from records.models import Enrolment
from triage import snoozable, snoozes
from triage.models import Assessment
from webapp.clinic import put_off
from webapp.clinic.action_forms import NOTE, as_uuid
from webapp.fields import Note, PlainText, Required
from webapp.lazy import lazy
from webapp.permissions import allows

NOT_A_NUMBER = 0
"""Refused like any other number of hours that is none."""


class SnoozeForm(FlaskForm):
    """`seen` is the assessment that the page showed: what came in since must be looked at first."""

    rule = RadioField(
        lazy("Which rule is put off?"), [Required("Choose the rule to put off")], choices=[], validate_choice=False
    )
    hours = PlainText(
        lazy("For how many hours?"),
        [Required("Enter a number of hours from 1 to 24")],
        longest=3,
        description=lazy("From 1 to 24"),
        render_kw={"inputmode": "numeric"},
    )
    reason = Note(lazy("Reason"), [Required("Type the reason")], longest=NOTE)
    seen = HiddenField()

    def __init__(self, assessed: Assessment | None) -> None:
        super().__init__(prefix="snooze-")
        seen = self.seen.data
        self.show_again(assessed)
        self.seen.data = seen or self.seen.data

    def show_again(self, assessed: Assessment | None) -> None:
        """The rules of these answers, now before the reader's eyes."""
        if assessed is None:
            return
        words = put_off.Words(assessed)
        rules = snoozable.offered(db.session, assessed)
        self.rule.choices = [SelectChoice(value=rule, label=words.rule(rule)) for rule in rules]
        self.seen.data = str(assessed.public_id)

    def number_of_hours(self) -> int:
        typed = self.hours.data or ""
        return int(typed) if typed.isascii() and typed.isdigit() else NOT_A_NUMBER

    def seen_assessment(self) -> uuid.UUID:
        return as_uuid(self.seen.data or "") or uuid.UUID(int=0)


def of(enrolment: Enrolment) -> SnoozeForm | None:
    """None for whoever may not, and where nothing may be put off."""
    if not allows(g.staff.role, "alert.snooze"):
        return None
    form = SnoozeForm(snoozes.newest(db.session, enrolment_id=enrolment.id))
    return form if form.rule.choices else None
