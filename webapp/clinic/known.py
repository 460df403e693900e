"""Persons who may be known already, as a form shows them, and refusals beside their fields."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import g, url_for
from flask_wtf import FlaskForm
from sqlalchemy import select

from records import access as records_access
from records import patients
from records.db import db
from records.models import Enrolment, EnrolmentState, Patient
from records.patients import Duplicate, Identity
from records.refusals import FieldErrors, Refused
from webapp.clinic.wording import STATES
from webapp.extensions import translator


@dataclass(frozen=True)
class Known:
    """Somebody who may be the person on the form. Of another team's patient only the likeness is told."""

    patient: Patient
    why: str
    name: str
    birth_date: date | None
    states: list[object]
    url: str | None


def known_persons(identity: Identity, besides: Patient | None = None) -> list[Known]:
    found = patients.likely_duplicates(db.session, identity=identity, besides=besides)
    return [_describe(duplicate) for duplicate in found]


def _describe(found: Duplicate) -> Known:
    query = select(Enrolment).where(Enrolment.patient_id == found.patient.id, records_access.scope(g.staff))
    ours = db.session.scalars(query.order_by(Enrolment.enrolled_at.desc())).all()
    t = translator()
    why = found.sentence.text(t)
    if not ours:
        return Known(found.patient, why, t.gettext("A patient of another team; ask a supervisor"), None, [], None)
    person = patients.reveal(found.patient)
    url = url_for("clinic.patient", public_id=ours[0].public_id)
    states = [STATES[EnrolmentState(enrolment.state)] for enrolment in ours]
    return Known(found.patient, why, person.name, person.birth_date, states, url)


def refuse(form: FlaskForm, refused: FieldErrors | Refused) -> FlaskForm:
    """Each refusal beside its field; what is about no field above the form."""
    if isinstance(refused, FieldErrors):
        for name, sentence in refused.texts(translator()).items():
            form[name].errors = [sentence]
    else:
        form.form_errors.append(refused.text(translator()))
    return form
