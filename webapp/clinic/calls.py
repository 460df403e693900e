"""Working a call-back: calling, and writing what came of it."""

from __future__ import annotations

import uuid

from flask import Response, flash, g, redirect, url_for
from flask_wtf import FlaskForm
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from records.db import db
from records.models import Enrolment
from triage import callbacks
from triage.models import AttemptOutcome
from triage.refusals import Refused, TakenBy
from webapp.clinic import action_forms, forms
from webapp.clinic.blueprint import blueprint, yours
from webapp.clinic.claiming import about, whose
from webapp.clinic.patients import page
from webapp.extensions import translator
from webapp.permissions import access, allows


def _to_patient(enrolment: uuid.UUID) -> AnyResponse:
    return redirect(url_for("clinic.patient", public_id=enrolment))


@blueprint.post("/callbacks/<uuid:public_id>/attempts")
@access("callback.work")
def attempt(public_id: uuid.UUID) -> AnyResponse:
    enrolment, form = whose(public_id), action_forms.AttemptForm()
    if not form.validate():
        return page(enrolment, 422, attempt=form)
    try:
        said = {"outcome": form.outcome.data, "note": form.note.data, "form_key": form.form_key}
        callbacks.add_attempt(db.session, **about(public_id), **said)
        db.session.commit()
    except Refused as refused:
        return _again(enrolment, "attempt", form, refused)
    flash(translator().gettext("The call is written down."), "success")
    if form.outcome.data == AttemptOutcome.WRONG_NUMBER:
        _ask_for_the_right_number(enrolment)
    return _to_patient(enrolment.public_id)


def _ask_for_the_right_number(enrolment: Enrolment) -> None:
    t = translator()
    if not allows(g.staff.role, "patient.follow"):
        flash(t.gettext("Wrong number: ask an enroller, a supervisor or a physician to correct it."), "info")
        return
    address = url_for("clinic.details", public_id=enrolment.public_id, _anchor="phone")
    words = t.gettext("Correct the number"), t.gettext("Wrong number: find the right one, through the relative say.")
    flash(Markup('{1} <a href="{2}">{0}</a>').format(*words, address), "info")


@blueprint.post("/callbacks/<uuid:public_id>/dispositions")
@access("callback.work")
def dispose(public_id: uuid.UUID) -> AnyResponse:
    enrolment, form = whose(public_id), forms.disposition_form()
    if not form.validate():
        return page(enrolment, 422, disposition=form)
    try:
        said = {"kind": form.kind.data, "note": form.note.data, "details": form.details(), "useful": form.was_useful()}
        seen = {"seen_alerts": form.seen_alerts(), "form_key": form.form_key}
        outcome = callbacks.dispose(db.session, **about(public_id), **said, **seen)
        db.session.commit()
    except Refused as refused:
        return _again(enrolment, "disposition", form, refused)
    return _disposed(outcome, enrolment)


def _disposed(outcome: callbacks.Outcome, enrolment: Enrolment) -> AnyResponse:
    t = translator()
    if outcome.closed:
        flash(t.gettext("The call-back is closed."), "success")
        return redirect(url_for("clinic.queue"))
    flash(t.gettext("It is written down. The call-back stays open: there is still a reason to call."), "info")
    return _to_patient(enrolment.public_id)


def _again(enrolment: Enrolment, name: str, form: FlaskForm, refused: Refused) -> Response:
    """The page with what was typed, and why it was not taken; the alerts it lists are those that were seen."""
    seen = getattr(form, "seen", None)
    kept = seen.data if seen is not None else None
    public_id = enrolment.public_id
    db.session.rollback()
    form.form_errors.append(refused.text(translator()))
    if seen is not None:
        seen.data = kept
    return page(yours(public_id), 409 if isinstance(refused, TakenBy) else 422, **{name: form})
