"""What the follow-up is, before its first question: agreed to, or refused."""

from __future__ import annotations

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from records import clock
from records import enrolment as enrolments
from records.audit import Actor
from records.db import db
from records.models import EndReason, Enrolment, EnrolmentState
from triage import followup
from webapp.patient import reception
from webapp.patient.blueprint import LANGUAGE, blueprint
from webapp.patient.entrance_forms import ConsentForm
from webapp.permissions import access


@blueprint.route(f"{LANGUAGE}/consent", methods=["GET", "POST"])
@access("patient")
def consent() -> Response | str:
    """Agreeing begins the follow-up, also where staff has already written the consent down."""
    enrolment = g.patient_session.enrolment
    form = ConsentForm(owner=reception.owner_of(enrolment))
    if enrolment.state == EnrolmentState.DISCHARGED and enrolment.end_reason == EndReason.WITHDREW:
        return render_template("patient/refused.html", programme=enrolment.programme)
    if enrolment.state != EnrolmentState.INVITED:
        return redirect(url_for("patient.page"))
    decides = form.validate_on_submit() and reception.is_of(enrolment, request.form)
    if decides and request.form.get("decision") in DECISIONS:
        try:
            DECISIONS[request.form["decision"]](enrolment)
            db.session.commit()
        except enrolments.WrongState:  # pressed twice: the first press has decided
            db.session.rollback()
        return redirect(url_for("patient.consent"), 303)
    form.owner.data = reception.owner_of(enrolment)
    return render_template("patient/consent.html", form=form, enrolment=enrolment, programme=enrolment.programme)


def _agree(enrolment: Enrolment) -> None:
    actor = Actor.patient(enrolment.patient, request.remote_addr)
    enrolments.activate(db.session, enrolment=enrolment, actor=actor, now=clock.now())


def _refuse(enrolment: Enrolment) -> None:
    actor = Actor.patient(enrolment.patient, request.remote_addr)
    followup.discharge(db.session, enrolment=enrolment, actor=actor, reason=EndReason.WITHDREW, now=clock.now())


DECISIONS = {"agree": _agree, "refuse": _refuse}
