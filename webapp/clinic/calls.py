"""Working a call-back: taking it, calling, and writing what came of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from flask import Response, flash, g, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from records import clock
from records.db import db
from records.models import Enrolment
from triage import callbacks
from triage.callbacks import finding
from triage.models import AttemptOutcome
from triage.refusals import Refused, TakenBy
from webapp.clinic import action_forms, forms
from webapp.clinic.blueprint import blueprint, yours
from webapp.clinic.patients import page
from webapp.extensions import translator
from webapp.permissions import access, allows

Take = Callable[..., callbacks.Claimed]


def _whose(public_id: uuid.UUID) -> Enrolment:
    """The patient of a call-back within one's teams. Raises NotFound."""
    return finding.find(db.session, callback=public_id, staff=g.staff).enrolment


def _about(public_id: uuid.UUID) -> dict[str, object]:
    return {"callback": public_id, "staff": g.staff, "now": clock.now(), "from_address": request.remote_addr}


def _to_patient(enrolment: uuid.UUID) -> AnyResponse:
    return redirect(url_for("clinic.patient", public_id=enrolment))


@blueprint.post("/callbacks/<uuid:public_id>/claim")
@access("callback.work")
def claim(public_id: uuid.UUID) -> AnyResponse | tuple[str, int]:
    return _take(public_id, callbacks.claim)


@blueprint.post("/callbacks/<uuid:public_id>/take-over")
@access("callback.work")
def take_over(public_id: uuid.UUID) -> AnyResponse | tuple[str, int]:
    return _take(public_id, callbacks.take_over)


def _take(public_id: uuid.UUID, how: Take) -> AnyResponse | tuple[str, int]:
    enrolment = _whose(public_id)
    try:
        taken = how(db.session, **_about(public_id))
        db.session.commit()
        return _to_patient(taken.enrolment)
    except TakenBy as refused:
        db.session.rollback()
        g.page_address = ("clinic.patient", {"public_id": enrolment.public_id})
        return render_template("clinic/taken.html", refused=refused, public_id=public_id, enrolment=enrolment), 409
    except Refused as refused:
        return _back_to_queue(refused)


def _back_to_queue(refused: Refused) -> AnyResponse:
    """Nothing was changed; the queue says what stands now."""
    db.session.rollback()
    flash(refused.text(translator()), "error")
    return redirect(url_for("clinic.queue"))


@blueprint.post("/callbacks/<uuid:public_id>/release")
@access("callback.work")
def release(public_id: uuid.UUID) -> AnyResponse:
    try:
        callbacks.release(db.session, **_about(public_id))
        db.session.commit()
    except TakenBy as refused:
        return _back_to_queue(refused)
    return redirect(url_for("clinic.queue"))


@blueprint.post("/callbacks/<uuid:public_id>/attempts")
@access("callback.work")
def attempt(public_id: uuid.UUID) -> AnyResponse:
    enrolment, form = _whose(public_id), action_forms.AttemptForm()
    if not form.validate():
        return page(enrolment, 422, attempt=form)
    try:
        said = {"outcome": form.outcome.data, "note": form.note.data, "form_key": form.form_key}
        callbacks.add_attempt(db.session, **_about(public_id), **said)
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
    enrolment, form = _whose(public_id), forms.disposition_form()
    if not form.validate():
        return page(enrolment, 422, disposition=form)
    try:
        said = {"kind": form.kind.data, "note": form.note.data, "details": form.details(), "useful": form.was_useful()}
        seen = {"seen_alerts": form.seen_alerts(), "form_key": form.form_key}
        outcome = callbacks.dispose(db.session, **_about(public_id), **said, **seen)
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
