"""Sheets of paper: printing one, and typing one that comes back, with the time at which it was filled in."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from flask import Response as Page
from flask import g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from questionnaires import paper, screens, versions
from questionnaires.languages import spoken
from questionnaires.models import Checkin, Door
from questionnaires.models import Response as Answered
from records import access as records_access
from records import clock, texts
from records.db import db
from records.models import Enrolment, EnrolmentState
from records.refusals import FieldErrors
from records.texts import LANGUAGES
from triage.refusals import ProtocolUnsigned
from triage.situation import known_zone
from webapp import kept
from webapp.clinic import doors_form, taking
from webapp.clinic.asking import not_begun
from webapp.clinic.blueprint import blueprint, yours
from webapp.extensions import language, translator
from webapp.patient import reception
from webapp.permissions import KEEPS, access

KEEPS["clinic.record_sheet"] = kept.page


def reference(enrolment: Enrolment) -> str:
    """What a sheet bears instead of a name: enough to lay it on the right file, and no key to anything."""
    text = enrolment.public_id.hex[:8].upper()
    return f"{text[:4]} {text[4:]}"


@blueprint.get("/patients/<uuid:public_id>/sheet")
@access("answers.record")
def sheet(public_id: uuid.UUID) -> str:
    """An empty questionnaire to print, in any language that it speaks: the patient's unless another is asked for."""
    enrolment, now = yours(public_id), clock.now()
    _, questionnaire = versions.in_force(db.session, programme_id=enrolment.programme_id, now=now)
    wanted = request.args.get("in", "")
    printed = spoken(questionnaire, wanted if wanted in LANGUAGES else enrolment.patient.language)
    pages = language()
    g.language = texts.best(printed)  # the whole page speaks to the patient
    opened = {"staff": g.staff, "enrolment_id": enrolment.id, "page": "sheet", "from_address": request.remote_addr}
    records_access.log_access(db.session, **opened, now=now)
    db.session.commit()
    return render_template(
        "clinic/sheet.html",
        enrolment=enrolment,
        reference=reference(enrolment),
        questionnaire=questionnaire,
        screens=[
            screen
            for screen in screens.screens(questionnaire, printed, reception.facts_of(enrolment))
            if screen.kind != "display"
        ],
        programme=enrolment.programme,
        spoken=[(code, LANGUAGES[code]) for code in LANGUAGES if code in questionnaire.languages],
        pages=pages,
    )


@blueprint.get("/patients/<uuid:public_id>/paper")
@access("answers.record")
def type_sheet(public_id: uuid.UUID) -> Response | Page:
    return _page(yours(public_id), doors_form.PaperForm(), 200)


@blueprint.post("/patients/<uuid:public_id>/paper")
@access("answers.record")
def record_sheet(public_id: uuid.UUID) -> Response | Page:
    """What a sheet says, at the time at which it was filled in. Doubtful values are asked about here too: whoever types
    can have misread them.
    """
    enrolment, form = yours(public_id), doors_form.PaperForm()
    if refused := not_begun(enrolment):
        return refused
    taken = taking.read(enrolment)
    if kept.is_back():
        return _page(enrolment, form, 200, taken=taken)
    form.read(invited=enrolment.state == EnrolmentState.INVITED)
    moment = _moment(enrolment, form) if form.has_time else None
    if moment is None or form.errors or not taken.is_whole:
        return _page(enrolment, form, 422, taken=taken, judged=True)
    checkin = _checkin(enrolment, moment)
    there = taking.already(enrolment, checkin=checkin, moment=moment)
    form.compare(bool(there))
    if form.errors:
        return _page(enrolment, form, 422, taken=taken, judged=True, there=there)
    return _store(enrolment, form, taken, checkin, moment)


def _zone(enrolment: Enrolment) -> str:
    return known_zone(enrolment.zone, enrolment.programme.zone)


def _moment(enrolment: Enrolment, form: doors_form.PaperForm) -> datetime | None:
    when = {"enrolled_at": enrolment.enrolled_at, "now": clock.now(), "second": form.second}
    try:
        return paper.filled_at(form.filled_on.data, form.filled_hour.data, _zone(enrolment), **when)
    except FieldErrors as refused:
        for name, sentence in refused.texts(translator()).items():
            form[name].errors = [sentence]
    return None


def _checkin(enrolment: Enrolment, moment: datetime) -> Checkin | None:
    day = clock.local_day(moment, _zone(enrolment))
    return paper.checkin_of(db.session, enrolment_id=enrolment.id, moment=moment, day=day, now=clock.now())


def _page(
    enrolment: Enrolment,
    form: doors_form.PaperForm,
    code: int,
    *,
    taken: taking.Taken | None = None,
    judged: bool = False,
    there: Sequence[Answered] = (),
) -> Response | Page:
    if refused := not_begun(enrolment):
        return refused
    told = {"taken": taken, "judged": judged, "there": there, "reference": reference(enrolment)}
    which = bool(form.passing.errors) or form.second is not None
    return make_response(
        taking.page("clinic/paper.html", enrolment, form, checkin=None, asks_which=which, **told), code
    )


def _store(
    enrolment: Enrolment,
    form: doors_form.PaperForm,
    taken: taking.Taken,
    checkin: Checkin | None,
    moment: datetime,
) -> Response | Page:
    public_id = enrolment.public_id
    taking.begin(enrolment)
    try:
        said = {"door": Door.PAPER, "informant": form.informant.data, "completed_at": moment}
        receipt = taking.store(taken, **said, checkin=checkin)
        db.session.commit()
    except ProtocolUnsigned as refused:
        db.session.rollback()
        form.form_errors.append(refused.text(translator()))
        return _page(yours(public_id), form, 409, taken=taken, judged=True)
    told = {"public_id": public_id, "response": receipt.response, "to": taking.came_from()}
    return redirect(url_for("clinic.recorded", **told), 303)
