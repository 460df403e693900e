"""Finding patients, and one patient's file."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from flask import Response, g, make_response, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as Redirect

from records import access as records_access
from records import clock, patients
from records.db import db
from records.models import Enrolment, EnrolmentState
from records.patients import Identity
from webapp.clinic import calling_back, decision_form, file, forms, panel, put_off, searching, typed
from webapp.clinic.blueprint import blueprint, yours
from webapp.clinic.wording import STATES
from webapp.permissions import access

MOST = 50

# The newest of each team by its index, then the newest of those: nobody has to sort everybody.
_FIRST = """
    SELECT newest.id FROM unnest(CAST(:teams AS bigint[])) AS team (id) CROSS JOIN LATERAL (
        SELECT e.id, e.enrolled_at FROM enrolments e WHERE e.team_id = team.id {condition}
        ORDER BY e.enrolled_at DESC, e.id DESC LIMIT :most
    ) newest ORDER BY newest.enrolled_at DESC, newest.id DESC LIMIT :most
"""
NEWEST = sa.text(_FIRST.format(condition=""))
NEWEST_OF_STATE = sa.text(_FIRST.format(condition="AND e.state = :state"))


@dataclass(frozen=True)
class Person:
    enrolment: Enrolment
    identity: Identity
    enrolled_on: date


@blueprint.get("/patients", endpoint="patients")
@access("patient.read")
def listing() -> str:
    """The search comes sealed: names stay out of the logs of whatever stands before us, and Back still works."""
    text, state = searching.shown(request.args.get("search", ""), by=g.staff.public_id), _state(request.args)
    found = [_person(enrolment) for enrolment in _found(text, state)]
    calls = calling_back.standing([person.enrolment for person in found]) if text else {}
    shown = {"people": found, "text": text, "state": state, "calls": calls, "is_cut": len(found) == MOST}
    return render_template("clinic/patients.html", states=STATES, **shown)


@blueprint.post("/patients")
@access("patient.read")
def find() -> Redirect:
    search = searching.hidden(request.form.get("text", ""), by=g.staff.public_id)
    return redirect(url_for("clinic.patients", search=search or None, state=_state(request.form) or None), 303)


def _state(said: Mapping[str, str]) -> str:
    state = said.get("state", "")
    return state if state in set(EnrolmentState) else ""


def _found(text: str, state: str) -> list[Enrolment]:
    if not text:
        return _newest(state)
    scope = records_access.scope(g.staff)
    if state:
        scope = scope & (Enrolment.state == state)
    return patients.search(db.session, text=text, scope=scope)


def _newest(state: str) -> list[Enrolment]:
    values = {"teams": records_access.team_ids(g.staff), "most": MOST}
    if state:
        ids = db.session.scalars(NEWEST_OF_STATE, values | {"state": state}).all()
    else:
        ids = db.session.scalars(NEWEST, values).all()
    found = select(Enrolment).where(Enrolment.id.in_(ids))
    return list(db.session.scalars(found.order_by(Enrolment.enrolled_at.desc(), Enrolment.id.desc())))


def _person(enrolment: Enrolment) -> Person:
    enrolled_on = clock.local_day(enrolment.enrolled_at, enrolment.programme.zone)
    return Person(enrolment, patients.reveal(enrolment.patient), enrolled_on)


@blueprint.get("/patients/<uuid:public_id>")
@access("patient.read")
def patient(public_id: uuid.UUID) -> Response:
    return page(yours(public_id))


def page(enrolment: Enrolment, code: int = 200, **filled: object) -> Response:
    """The patient's page, and the note that it was opened, also by a form that was refused.

    `filled` are forms to be shown again as they were sent, unfolded.
    """
    g.page_address = ("clinic.patient", {"public_id": enrolment.public_id})
    now = clock.now()
    shown = file.open_file(enrolment, now)
    fields, drafts = typed.of_page(enrolment, shown.call)
    filling = forms.of_page(enrolment, shown, now, fields) | filled
    decision_form.suit(filling["disposition"], shown.call, enrolment, sent="disposition" in filled)
    about = {"panel": panel.of(shown), "unsent": typed.unsent(shown.call, filled, drafts), "drafts": drafts}
    quiet = put_off.of(enrolment, now)
    text = render_template("clinic/patient.html", file=shown, forms=filling, sent=filled, quiet=quiet, **about)
    answer = make_response(text, code)
    opened = {"staff": g.staff, "enrolment_id": enrolment.id, "page": "patient", "from_address": request.remote_addr}
    records_access.log_access(db.session, **opened, now=now)
    db.session.commit()
    return answer
