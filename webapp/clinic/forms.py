"""The forms of a patient's page, empty and ready to be filled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import g
from flask_wtf import FlaskForm
from sqlalchemy import select

from questionnaires.numbers import NumberProblem, parse_number
from records import clock
from records.db import db
from records.models import Enrolment, Role, Staff, StaffTeam
from triage.documents import Document, Limit
from triage.facts import SourceKind
from webapp import formatting
from webapp.clinic import action_forms, call_form, doors_form, snooze_form, typed
from webapp.clinic.decision_form import DispositionForm
from webapp.clinic.file import File
from webapp.extensions import language, translator
from webapp.permissions import allows

CARERS = (Role.PHYSICIAN, Role.SUPERVISOR, Role.ENROLLER, Role.OPERATOR)


def of_page(enrolment: Enrolment, file: File, now: datetime, fields: Mapping[str, str]) -> dict[str, FlaskForm]:
    """`fields` are what the person signed in had typed into this call's forms and not sent."""
    return {
        "attempt": call_form.AttemptForm(**typed.into("attempt-", fields)),
        "next_try": call_form.NextTryForm(),
        "disposition": disposition_form(enrolment, now, **typed.into("disposition-", fields)),
        "pause": pause(enrolment, now),
        "discharge": action_forms.DischargeForm(),
        "limits": limits(file.document),
        "snooze": snooze_form.of(enrolment),
        "door": doors_form.DoorForm(now=enrolment.answers_by),
    }


def disposition_form(enrolment: Enrolment, now: datetime, **given: Any) -> DispositionForm:
    decides = allows(g.staff.role, "callback.decide")
    return DispositionForm(is_physician=decides, zone=enrolment.programme.zone, now=now, **given)


def pause(enrolment: Enrolment, now: datetime) -> action_forms.PauseForm:
    form = action_forms.PauseForm(people=carers(enrolment), today=clock.local_day(now, enrolment.programme.zone))
    if not form.owner.data:
        form.owner.data = str(g.staff.public_id)
    return form


def carers(enrolment: Enrolment) -> list[Staff]:
    """Who may look after a pause: clinical staff of the enrolment's team, the person signed in first."""
    query = (
        select(Staff)
        .join(StaffTeam, StaffTeam.staff_id == Staff.id)
        .where(StaffTeam.team_id == enrolment.team_id, Staff.disabled_at.is_(None), Staff.role.in_(CARERS))
        .order_by(Staff.name)
    )
    return sorted(db.session.scalars(query), key=lambda person: person.id != g.staff.id)


def measured_limits(document: Document) -> list[Limit]:
    """The limits that bear on something measured; days of illness and counts of silences are the programme's own."""
    prefixes = tuple(
        f"{fact.name}_" for fact in document.facts if fact.source.kind is SourceKind.ANSWER and fact.lowest is not None
    )
    return [limit for limit in document.limits if limit.name.startswith(prefixes)]


def limits(document: Document | None) -> FlaskForm:
    named = measured_limits(document) if document else []
    return action_forms.limits_form(
        [
            (limit.name, limit.labels.get(language(), limit.name), formatting.number(Decimal(limit.text)))
            for limit in named
        ]
    )


def read_limits(form: FlaskForm, document: Document) -> dict[str, Decimal]:
    """The limits that were typed; what is no number is refused on its field."""
    read: dict[str, Decimal] = {}
    for limit in measured_limits(document):
        field = form[limit.name]
        if not field.data:
            continue
        value = parse_number(field.data, decimals=limit.decimals)
        if isinstance(value, NumberProblem):
            message = translator().gettext("Type a number with at most %(num)s decimals", num=limit.decimals)
            field.errors = [message]
        else:
            read[limit.name] = value
    return read
