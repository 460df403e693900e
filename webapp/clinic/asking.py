"""Filling in the questionnaire with the patient on the telephone, and what to tell them."""

from __future__ import annotations

import uuid

from flask import Response as Page
from flask import abort, flash, g, make_response, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from questionnaires import responses
from questionnaires.models import Checkin, Door
from records import access as records_access
from records import clock, patients, phones
from records.db import db
from records.models import Enrolment, EnrolmentState
from records.texts import direction
from triage import callbacks, protocols
from triage.models import Assessment, ProtocolVersion
from triage.refusals import ProtocolUnsigned
from triage.wording import Wording
from webapp import kept
from webapp.clinic import doors_form, taking
from webapp.clinic.blueprint import blueprint, yours
from webapp.extensions import language, translator
from webapp.patient import finding
from webapp.patient.result import figures
from webapp.permissions import KEEPS, access

KEEPS["clinic.record_call"] = kept.page


@blueprint.get("/patients/<uuid:public_id>/ask")
@access("answers.record")
def ask(public_id: uuid.UUID) -> Response | Page:
    return _page(yours(public_id), doors_form.CallForm(), 200)


@blueprint.post("/patients/<uuid:public_id>/ask")
@access("answers.record")
def record_call(public_id: uuid.UUID) -> Response | Page:
    """Sent again it is the same answer; what is missing or unclear is asked again, with everything typed."""
    enrolment, form = yours(public_id), doors_form.CallForm()
    if refused := not_begun(enrolment):
        return refused
    taken = taking.read(enrolment)
    if kept.is_back():
        return _page(enrolment, form, 200, taken=taken)
    form.read(invited=enrolment.state == EnrolmentState.INVITED)
    form.compare(bool(taking.came_meanwhile(enrolment)))
    if form.errors or not taken.is_whole:
        return _page(enrolment, form, 422, taken=taken, judged=True)
    return _store(enrolment, form, taken)


def not_begun(enrolment: Enrolment) -> Response | None:
    """Before the invitation there is nothing to fill in: back to the file, where the next step is."""
    if enrolment.state not in taking.NOT_BEGUN:
        return None
    t = translator()
    flash(t.gettext("This patient is not invited yet: nothing can be asked before that. See the next step."), "error")
    return redirect(url_for("clinic.patient", public_id=enrolment.public_id))


def _page(
    enrolment: Enrolment,
    form: doors_form.CallForm,
    code: int,
    *,
    taken: taking.Taken | None = None,
    judged: bool = False,
) -> Response | Page:
    if refused := not_begun(enrolment):
        return refused
    checkin = taken.sent.checkin if taken else finding.due(db.session, enrolment=enrolment, now=clock.now())
    shown = {"taken": taken, "judged": judged, "there": taking.came_meanwhile(enrolment) if judged else []}
    return make_response(taking.page("clinic/ask.html", enrolment, form, checkin=checkin, **shown), code)


def _store(enrolment: Enrolment, form: doors_form.CallForm, taken: taking.Taken) -> Response | Page:
    public_id = enrolment.public_id
    taking.begin(enrolment)
    try:
        said = {"door": Door.STAFF, "informant": form.informant.data, "checkin": taken.sent.checkin}
        receipt = taking.store(taken, **said)
        db.session.commit()
    except ProtocolUnsigned as refused:
        db.session.rollback()
        form.form_errors.append(refused.text(translator()))
        return _page(yours(public_id), form, 409, taken=taken, judged=True)
    told = {"public_id": public_id, "response": receipt.response, "to": taking.came_from()}
    return redirect(url_for("clinic.recorded", **told), 303)


def _to_tell(wording: Wording, enrolment: Enrolment, assessed: Assessment) -> list[str]:
    """In the patient's language; of what is put off no sentence that promises a call."""
    if not assessed.snoozed:
        return wording.to_patient()
    t, programme = wording.t, enrolment.programme
    return [
        *figures(wording),
        t.gettext("A doctor of the centre knows about this sign: for now, nobody calls because of it alone."),
        t.gettext("Do you feel worse, or are you worried? Do not wait for a call."),
        t.gettext("Call the centre: %(phone)s. In an emergency, call 15.", phone=phones.national(programme.phone)),
    ]


@blueprint.get("/patients/<uuid:public_id>/recorded/<uuid:response>")
@access("answers.record")
def recorded(public_id: uuid.UUID, response: uuid.UUID) -> str:
    """What the rules say of these answers, what to tell the patient, and what happens next."""
    enrolment, now = yours(public_id), clock.now()
    answered = responses.by_public_id(db.session, enrolment_id=enrolment.id, public_id=response)
    if answered is None:
        abort(404)
    assessed = db.session.scalars(select(Assessment).where(Assessment.response_id == answered.id)).one()
    version = db.session.get_one(ProtocolVersion, assessed.protocol_version_id)
    document = protocols.compiled(db.session, version_id=version.id, digest=version.digest).document
    found = callbacks.detail(db.session, enrolment=enrolment, language=language(), now=now)
    said = [
        Wording(document, assessed.facts, assessed.limits, assessed.explanation, spoken)
        for spoken in (language(), answered.language)
    ]
    text = render_template(
        "clinic/recorded.html",
        enrolment=enrolment,
        person=patients.reveal(enrolment.patient),
        zone=enrolment.programme.zone,
        answered=answered,
        checkin=db.session.get(Checkin, answered.checkin_id) if answered.checkin_id else None,
        assessed=assessed,
        why=said[0].to_caller(),
        tell=_to_tell(said[1], enrolment, assessed),
        tell_language=answered.language,
        tell_direction=direction(answered.language),
        call=next((detail for detail in found if detail.is_open), None),
        back=taking.came_from(),
    )
    opened = {"staff": g.staff, "enrolment_id": enrolment.id, "page": "answers", "from_address": request.remote_addr}
    records_access.log_access(db.session, **opened, now=now)
    db.session.commit()
    return text
