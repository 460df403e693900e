""" "This is not my phone": the session ends, the device is forgotten, the script forgets what the phone keeps."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from records import clock, doors
from records.db import db
from webapp.extensions import translator
from webapp.patient import cookies, finding, reception
from webapp.patient.blueprint import LANGUAGE, blueprint, in_session
from webapp.permissions import access


class LeaveForm(FlaskForm):
    """Only the token against forged requests."""


@blueprint.route(f"{LANGUAGE}/leave", methods=["GET", "POST"])
@access("public")
def leave() -> Response | str:
    """Also open to somebody whose session has ended: then the device is forgotten for all who used it."""
    session, form = in_session(), LeaveForm()
    if form.validate_on_submit():
        return _forget()
    enrolment = g.patient_session.enrolment if session else None
    return render_template(
        "patient/leave.html",
        form=form,
        owner=_owner(),
        programme=enrolment.programme if enrolment else finding.any_programme(db.session),
    )


def _owner() -> str:
    """Whoever has just left and comes back to delete what waits is still the same person."""
    running = g.patient_session
    return reception.owner_of(running.enrolment) if running else cookies.left() or ""


def _forget() -> Response:
    """Others who share the phone stay known on it."""
    running, owner, now = g.patient_session, _owner(), clock.now()
    patient = running.enrolment.patient if running else None
    known = {"device_token": cookies.device(), "from_address": request.remote_addr}
    others = doors.forget(db.session, patient=patient, **known, now=now)
    if running is not None:
        doors.end_session(db.session, patient_session=running, now=now)
    db.session.commit()
    flash(translator().gettext("This phone has forgotten you. To answer, open the link of your message."), "success")
    return cookies.forget(redirect(url_for("patient.enter"), 303), owner=owner, also_device=not others)
