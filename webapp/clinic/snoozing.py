"""Putting one rule off for a patient, and ending that."""

from __future__ import annotations

import uuid

from flask import flash, g, redirect, request, url_for
from werkzeug.wrappers import Response

from records import clock
from records.db import db
from records.models import Enrolment
from triage import snoozes
from triage.callbacks import finding
from triage.refusals import AnsweredMeanwhile, Refused
from webapp import kept
from webapp.clinic import snooze_form
from webapp.clinic.blueprint import blueprint, yours
from webapp.clinic.patients import page
from webapp.extensions import translator
from webapp.permissions import KEEPS, access

KEEPS["clinic.snooze"] = kept.page


@blueprint.post("/callbacks/<uuid:public_id>/snooze")
@access("alert.snooze")
def snooze(public_id: uuid.UUID) -> Response:
    enrolment = finding.find(db.session, callback=public_id, staff=g.staff).enrolment
    form = snooze_form.SnoozeForm(snoozes.newest(db.session, enrolment_id=enrolment.id))
    if kept.is_back():
        return page(enrolment, snooze=form)
    if not form.validate():
        return page(enrolment, 422, snooze=form)
    said = {"rule": form.rule.data, "hours": form.number_of_hours(), "reason": form.reason.data}
    who = {"staff": g.staff, "now": clock.now(), "from_address": request.remote_addr}
    try:
        snoozes.put_off(db.session, callback=public_id, seen=form.seen_assessment(), **said, **who)
        db.session.commit()
    except Refused as refused:
        return _again(enrolment.public_id, form, refused)
    flash(translator().gettext("The rule is put off. Now write down what came of this call."), "success")
    return redirect(url_for("clinic.patient", public_id=enrolment.public_id))


def _again(enrolment: uuid.UUID, form: snooze_form.SnoozeForm, refused: Refused) -> Response:
    db.session.rollback()
    found: Enrolment = yours(enrolment)
    if isinstance(refused, AnsweredMeanwhile):
        form.show_again(snoozes.newest(db.session, enrolment_id=found.id))
    form.form_errors.append(refused.text(translator()))
    return page(found, 422, snooze=form)


@blueprint.post("/snoozes/<uuid:public_id>/lift")
@access("callback.work")
def lift_snooze(public_id: uuid.UUID) -> Response:
    who = {"staff": g.staff, "now": clock.now(), "from_address": request.remote_addr}
    enrolment = snoozes.lift(db.session, snooze=public_id, **who)
    db.session.commit()
    flash(translator().gettext("The rule counts again."), "success")
    return redirect(url_for("clinic.patient", public_id=enrolment.public_id))
