"""Finding patients, and one patient's file."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from flask import Response, g, make_response, render_template, request
from sqlalchemy import select

from records import access as records_access
from records import clock, patients
from records.db import db
from records.models import Enrolment, EnrolmentState
from records.patients import Identity
from webapp.clinic import file, forms
from webapp.clinic.blueprint import blueprint, yours
from webapp.clinic.wording import STATES
from webapp.permissions import access

MOST = 50


@dataclass(frozen=True)
class Person:
    enrolment: Enrolment
    identity: Identity
    enrolled_on: date


@blueprint.get("/patients", endpoint="patients")
@access("patient.read")
def listing() -> str:
    text = request.args.get("text", "")[:200].strip()
    state = request.args.get("state", "")
    state = state if state in set(EnrolmentState) else ""
    found = [_person(enrolment) for enrolment in _found(text, state)]
    return render_template(
        "clinic/patients.html", people=found, text=text, state=state, states=STATES, is_cut=len(found) == MOST
    )


def _found(text: str, state: str) -> list[Enrolment]:
    scope = records_access.scope(g.staff)
    if state:
        scope = scope & (Enrolment.state == state)
    if text:
        return patients.search(db.session, text=text, scope=scope)
    newest = select(Enrolment).where(scope).order_by(Enrolment.enrolled_at.desc(), Enrolment.id.desc()).limit(MOST)
    return list(db.session.scalars(newest))


def _person(enrolment: Enrolment) -> Person:
    enrolled_on = clock.local_day(enrolment.enrolled_at, enrolment.programme.zone)
    return Person(enrolment, patients.reveal(enrolment.patient), enrolled_on)


@blueprint.get("/patients/<uuid:public_id>")
@access("patient.read")
def patient(public_id: uuid.UUID) -> Response:
    return page(yours(public_id))


def page(enrolment: Enrolment, code: int = 200, **filled: object) -> Response:
    """The patient's page, and the note that it was opened, also by a form that was refused.

    `filled` are forms to be shown again as they were sent.
    """
    g.page_address = ("clinic.patient", {"public_id": enrolment.public_id})
    now = clock.now()
    shown = file.open_file(enrolment, now)
    filling = forms.of_page(enrolment, shown, now) | filled
    answer = make_response(render_template("clinic/patient.html", file=shown, forms=filling), code)
    opened = {"staff": g.staff, "enrolment_id": enrolment.id, "page": "patient", "from_address": request.remote_addr}
    records_access.log_access(db.session, **opened, now=now)
    db.session.commit()
    return answer
