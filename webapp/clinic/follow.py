"""Steps of a follow-up: invite, pause, resume, end, a patient's own limits."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from flask import flash, g, redirect, request, url_for
from flask_wtf import FlaskForm
from sqlalchemy import select
from werkzeug.wrappers import Response

from records import clock
from records.db import db
from records.models import Enrolment, Staff
from records.refusals import FieldErrors
from records.refusals import Refused as RecordsRefused
from triage import followup
from triage.findings import ProtocolError
from triage.refusals import Refused
from webapp import kept
from webapp.clinic import action_forms, forms, rules
from webapp.clinic.blueprint import actor, blueprint, yours
from webapp.clinic.patients import page
from webapp.extensions import translator
from webapp.permissions import KEEPS, access

KEEPS["clinic.pause"] = KEEPS["clinic.limits"] = kept.page

REFUSALS = (RecordsRefused, Refused, FieldErrors, ProtocolError)


def _act(enrolment: Enrolment, done: str, act: Callable[[], None], **form: FlaskForm) -> Response:
    """Do it and say so, or show the page again with why not and with what was typed."""
    public_id = enrolment.public_id
    try:
        act()
        db.session.commit()
    except REFUSALS as refused:
        db.session.rollback()
        if not form:
            flash(" ".join(_sentences(refused)), "error")
            return redirect(url_for("clinic.patient", public_id=public_id))
        _put(refused, next(iter(form.values())))
        return page(yours(public_id), 422, **form)
    flash(done, "success")
    return redirect(url_for("clinic.patient", public_id=public_id))


def _sentences(refused: Exception) -> list[str]:
    t = translator()
    if isinstance(refused, FieldErrors):
        return list(refused.texts(t).values())
    if isinstance(refused, ProtocolError):
        return [finding.text(t) for finding in refused.findings]
    return [refused.text(t)]  # type: ignore[attr-defined]


def _put(refused: Exception, form: FlaskForm) -> None:
    """Each refusal on its field, what belongs to none above the form."""
    if isinstance(refused, FieldErrors):
        for name, sentence in refused.texts(translator()).items():
            form[name].errors = [sentence]
    else:
        form.form_errors.extend(_sentences(refused))


@blueprint.post("/patients/<uuid:public_id>/invite")
@access("patient.follow")
def invite(public_id: uuid.UUID) -> Response:
    enrolment, t = yours(public_id), translator()
    done = t.gettext("The patient is invited: the text leaves in a moment.")
    how = {"enrolment": enrolment, "actor": actor(), "now": clock.now()}
    return _act(enrolment, done, lambda: followup.invite(db.session, **how))


@blueprint.post("/patients/<uuid:public_id>/invite-again")
@access("patient.follow")
def invite_again(public_id: uuid.UUID) -> Response:
    enrolment, t = yours(public_id), translator()
    done = t.gettext("The invitation is sent again: the text leaves in a moment.")
    how = {"enrolment": enrolment, "actor": actor(), "now": clock.now()}
    return _act(enrolment, done, lambda: followup.invite_again(db.session, **how))


@blueprint.post("/patients/<uuid:public_id>/resume")
@access("patient.follow")
def resume(public_id: uuid.UUID) -> Response:
    enrolment, t = yours(public_id), translator()
    how = {"enrolment": enrolment, "actor": actor(), "now": clock.now()}
    return _act(enrolment, t.gettext("The follow-up goes on."), lambda: followup.resume(db.session, **how))


@blueprint.post("/patients/<uuid:public_id>/pause")
@access("patient.follow")
def pause(public_id: uuid.UUID) -> Response:
    enrolment, now = yours(public_id), clock.now()
    form = forms.pause(enrolment, now)
    if kept.is_back():
        return page(enrolment, pause=form)
    if not form.validate():
        return page(enrolment, 422, pause=form)
    owner = db.session.scalars(select(Staff).where(Staff.public_id == uuid.UUID(form.owner.data))).one()
    said = {"owner": owner, "review_on": form.review_on.data, "reason": form.reason.data}
    how = {"enrolment": enrolment, "actor": actor(), "now": now}
    done = translator().gettext("The follow-up is paused: no text is sent.")
    return _act(enrolment, done, lambda: followup.pause(db.session, **said, **how), pause=form)


@blueprint.post("/patients/<uuid:public_id>/discharge")
@access("patient.follow")
def discharge(public_id: uuid.UUID) -> Response:
    enrolment, form = yours(public_id), action_forms.DischargeForm()
    if not form.validate():
        return page(enrolment, 422, discharge=form)
    how = {"enrolment": enrolment, "reason": form.reason.data, "actor": actor(), "now": clock.now()}
    done = translator().gettext("The follow-up has ended.")
    return _act(enrolment, done, lambda: followup.discharge(db.session, **how), discharge=form)


@blueprint.post("/patients/<uuid:public_id>/limits")
@access("patient.limits")
def limits(public_id: uuid.UUID) -> Response:
    enrolment, now = yours(public_id), clock.now()
    document = rules.document_in_force(enrolment.programme_id, now)
    form = forms.limits(document)
    if kept.is_back():
        return page(enrolment, limits=form)
    valid = form.validate()
    read = forms.read_limits(form, document) if document else {}
    if not valid or form.errors:
        return page(enrolment, 422, limits=form)
    said = {"limits": read, "reason": form.limits_reason.data, "until": form.limits_until.data}
    how = {"enrolment": enrolment, "physician": g.staff, "now": now, "from_address": request.remote_addr}
    done = translator().gettext("The limits of this patient are set.")
    return _act(enrolment, done, lambda: followup.set_own_limits(db.session, **said, **how), limits=form)
