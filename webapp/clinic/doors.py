"""By which door a patient is asked, and whom the centre has to telephone for it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from flask import flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from questionnaires import to_ask
from questionnaires.models import Checkin
from records import access as records_access
from records import clock, patients
from records import enrolment as enrolments
from records.db import db
from records.models import AnswersBy, Enrolment
from records.patients import Identity
from records.refusals import FieldErrors
from webapp.clinic import doors_form
from webapp.clinic.blueprint import actor, blueprint, yours
from webapp.clinic.board import wait
from webapp.clinic.patients import page
from webapp.extensions import translator
from webapp.navigation import COUNTS
from webapp.permissions import access


@dataclass(frozen=True)
class Waiting:
    """Somebody to ask; `on_paper` when a sheet is expected instead of a call."""

    enrolment: Enrolment
    identity: Identity
    checkin: Checkin
    since: str
    on_paper: bool


@blueprint.get("/to-ask", endpoint="to_ask")
@access("answers.record")
def listing() -> str:
    now = clock.now()
    found = to_ask.waiting(db.session, scope=records_access.scope(g.staff))
    people = [_waiting(checkin, now) for checkin in found]
    return render_template("clinic/to_ask.html", people=people, is_cut=len(people) == to_ask.MOST)


def _waiting(checkin: Checkin, now: datetime) -> Waiting:
    enrolment = checkin.enrolment
    person = patients.reveal(enrolment.patient)
    since = wait(now - checkin.opens_at)
    return Waiting(enrolment, person, checkin, since, enrolment.answers_by == AnswersBy.PAPER)


def how_many() -> int:
    return to_ask.count(db.session, scope=records_access.scope(g.staff))


COUNTS["clinic.to_ask"] = how_many


@blueprint.post("/patients/<uuid:public_id>/door")
@access("patient.door")
def switch_door(public_id: uuid.UUID) -> Response:
    """Nothing begins again: what is open stays open, for whichever door answers first."""
    enrolment, form, t = yours(public_id), doors_form.DoorForm(), translator()
    if not form.validate():
        return page(enrolment, 422, door=form)
    said = {"answers_by": form.answers_by.data, "reason": form.reason.data}
    try:
        changed = enrolments.switch_door(db.session, enrolment=enrolment, actor=actor(), now=clock.now(), **said)
        db.session.commit()
    except (enrolments.WrongState, FieldErrors) as refused:
        db.session.rollback()
        texts = refused.texts(t).values() if isinstance(refused, FieldErrors) else [refused.text(t)]
        flash(" ".join(texts), "error")
        return redirect(url_for("clinic.patient", public_id=public_id))
    if changed:
        flash(_told(said["answers_by"]), "success")
    return redirect(url_for("clinic.patient", public_id=public_id))


def _told(answers_by: str) -> str:
    t = translator()
    if answers_by == AnswersBy.PHONE:
        return t.gettext("The patient is asked by text again, from the next questionnaire on.")
    return t.gettext("No more texts ask this patient. Each questionnaire that opens stands in the list “To ask”.")
