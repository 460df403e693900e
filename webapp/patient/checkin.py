"""The questionnaire page, and the plain form that it is without script."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from flask import flash, g, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from questionnaires import screens, versions
from questionnaires.answers import raw_from_form
from questionnaires.emergency import emergencies
from questionnaires.findings import Finding
from questionnaires.messages import message
from questionnaires.models import Checkin
from questionnaires.models import Response as Answered
from questionnaires.opened import note_opened
from questionnaires.schema import Questionnaire
from records import clock
from records.db import db
from records.models import EnrolmentState
from webapp.extensions import language, translator
from webapp.patient import danger, finding, forms, reception
from webapp.patient.blueprint import LANGUAGE, blueprint
from webapp.patient.result import correctable
from webapp.permissions import access


@blueprint.get(f"{LANGUAGE}/checkin")
@access("patient")
def page() -> Response | str:
    """Today's questionnaire as one document; it can be answered at any time, whether or not it was asked for."""
    enrolment = g.patient_session.enrolment
    if enrolment.state == EnrolmentState.INVITED:
        return redirect(url_for("patient.consent"))
    now = clock.now()
    _, questionnaire = versions.in_force(db.session, programme_id=enrolment.programme_id, now=now)
    corrected = correctable(request.args.get("correct"), enrolment=enrolment, now=now)
    if corrected is None:
        checkin = finding.due(db.session, enrolment=enrolment, now=now)
    else:
        checkin = db.session.get(Checkin, corrected.checkin_id) if corrected.checkin_id else None
    form = forms.build(_screens(questionnaire))
    shown = _render(form, questionnaire, checkin=checkin, corrected=corrected)
    if checkin is not None and note_opened(db.session, checkin=checkin, now=now):
        db.session.commit()
    return shown


@blueprint.post(f"{LANGUAGE}/checkin/answers")
@access("patient")
def receive() -> Response | tuple[str, int]:
    """The plain form. Sent again it is the same report; what is missing or unclear is asked again, with all input."""
    return take()


@blueprint.get(f"{LANGUAGE}/checkin/answers")
@access("patient")
def returned() -> Response:
    """Where a reload, or the other language, of a page that asked again leads."""
    return redirect(url_for("patient.page"))


def take() -> Response | tuple[str, int]:
    enrolment = g.patient_session.enrolment
    if not reception.is_of(enrolment, request.form):
        flash(translator().gettext("Those answers were another person’s. They were not sent."), "error")
        return redirect(url_for("patient.page"), 303)
    raw = raw_from_form(request.form.to_dict(flat=False))
    sent = reception.read(enrolment, raw, request.form)
    doubtful = [found for found in sent.validated.to_confirm if not forms.was_asked(found.link_id, raw)]
    if sent.validated.errors or doubtful:
        return _ask(sent, doubtful), 422
    receipt = reception.submit(sent, key=reception.key_of(request.form.get("key"), sent))
    db.session.commit()
    return redirect(url_for("patient.result", response=receipt.response), 303)


def _ask(sent: reception.Sent, doubtful: Iterable[Finding]) -> str:
    form = forms.build(_screens(sent.questionnaire))
    forms.show_errors(form, sent.validated.errors, language())
    return _render(
        form,
        sent.questionnaire,
        checkin=sent.checkin,
        likely={found.link_id: message(found, language()) for found in doubtful},
        emergency=bool(emergencies(_ruled(sent.questionnaire), sent.validated.answers)),
    )


def _ruled(questionnaire: Questionnaire) -> Questionnaire:
    return danger.ruled(questionnaire, g.patient_session.enrolment, now=clock.now())


def _screens(questionnaire: Questionnaire) -> tuple[screens.Screen, ...]:
    return screens.screens(questionnaire, language(), reception.facts_of(g.patient_session.enrolment))


def _render(
    form: FlaskForm,
    questionnaire: Questionnaire,
    *,
    checkin: Checkin | None,
    corrected: Answered | None = None,
    **shown: object,
) -> str:
    enrolment = g.patient_session.enrolment
    facts = reception.facts_of(enrolment)
    client = screens.to_client(_ruled(questionnaire), language(), facts)
    ids = {
        "owner": reception.owner_of(enrolment),
        "checkin": str(checkin.public_id) if checkin else None,
        "closes": checkin.closes_at.isoformat() if checkin else None,
        "key": str(corrected.key) if corrected else None,
    }
    client |= ids | {
        "urls": {
            "answers": url_for("patient.receive_json"),
            "left": url_for("patient.left"),
            "worker": url_for("patient.worker"),
        },
        "texts": {"absent": translator().gettext("I could not measure")},
    }
    return render_template(
        "patient/checkin.html",
        form=form,
        client=client,
        screens=_screens(questionnaire),
        questionnaire=questionnaire,
        enrolment=enrolment,
        programme=enrolment.programme,
        key=request.form.get("key") or str(corrected.key if corrected else uuid.uuid4()),
        counted={item.link_id for item in questionnaire.questions if item.unit and item.unit.code == "/min"},
        asks_again=request.method == "POST",
        corrected=corrected,
        **shown,
    )
