"""Calling through the centre: its provider rings the caller, then the patient, and the page says how it goes."""

from __future__ import annotations

import uuid

from flask import abort, current_app, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from notifications import on_the_line, voice
from notifications.providers.voice import Leg
from records import clock
from records.db import db
from triage.callbacks import finding
from triage.refusals import Refused
from webapp.clinic.action_forms import as_uuid
from webapp.clinic.announced import bridged
from webapp.clinic.blueprint import blueprint
from webapp.clinic.claiming import trusted_now
from webapp.extensions import translator
from webapp.permissions import access
from webapp.providers import chosen_voice

PLAYED = {
    "pick-up": (Leg.CALLER, "in-progress"),
    "answer": (Leg.CALLED, "in-progress"),
    "busy": (Leg.CALLED, "busy"),
    "no-answer": (Leg.CALLED, "no-answer"),
    "hang-up": (Leg.CALLED, "completed"),
}
"""What both ends of a call may do, as a provider would report it."""


@blueprint.post("/callbacks/<uuid:public_id>/bridge")
@access("callback.work")
def bridge(public_id: uuid.UUID) -> Response:
    """Commits before the provider is called, so that a call which was asked for is known of whatever happens then; and
    holds no connection to the database meanwhile.
    """
    enrolment = finding.find(db.session, callback=public_id, staff=g.staff).enrolment.public_id
    settings, called = current_app.config["VIGIDOM"], request.form.get("called", "")
    try:
        about = {"callback": public_id, "staff": g.staff, "from_address": request.remote_addr}
        made = voice.ask(db.session, **about, called=called, now=trusted_now())
        call = voice.prepared(db.session, call=made, public_url=settings.public_url)
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        flash(refused.text(translator()), "error")
        return _to_call(enrolment)
    outcome = voice.place(chosen_voice(settings), call)
    voice.settle(db.session, public_id=call.public_id, outcome=outcome, now=clock.now())
    db.session.commit()
    return _to_call(enrolment)


@blueprint.post("/callbacks/<uuid:public_id>/bridge/end")
@access("callback.work")
def bridge_end(public_id: uuid.UUID) -> Response:
    """End a call that is going on: one's own, or that of whoever had the call-back before."""
    enrolment = finding.find(db.session, callback=public_id, staff=g.staff).enrolment.public_id
    call = as_uuid(request.form.get("call", "")) or abort(400)
    try:
        about = {"callback": public_id, "staff": g.staff, "from_address": request.remote_addr}
        asked = on_the_line.ask_to_end(db.session, **about, call=call, now=clock.now())
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        flash(refused.text(translator()), "error")
        return _to_call(enrolment)
    if asked is None:
        flash(translator().gettext("That call was over already."), "info")
    else:
        _end(asked)
    return _to_call(enrolment)


def _end(asked: on_the_line.ToEnd) -> None:
    t = translator()
    outcome = on_the_line.end(chosen_voice(current_app.config["VIGIDOM"]), asked)
    over = voice.ended(db.session, public_id=asked.call, outcome=outcome, now=clock.now())
    db.session.commit()
    if over:
        flash(t.gettext("The call of %(name)s was ended.", name=asked.name), "success")
    else:
        said = t.gettext(
            "It is not known whether the call of %(name)s has ended: ask them to hang up.", name=asked.name
        )
        flash(said, "error")


@blueprint.get("/callbacks/<uuid:public_id>/bridge")
@access("callback.work")
def bridge_state(public_id: uuid.UUID) -> str:
    """The part of the page that says how the call goes; without script it is the page itself that is loaded again."""
    found = finding.find(db.session, callback=public_id, staff=g.staff)
    shown = bridged(found.id)
    if shown is None:
        abort(404)
    return render_template("clinic/_bridge_state.html", bridge=shown, callback=public_id)


@blueprint.post("/callbacks/<uuid:public_id>/bridge/play")
@access("callback.work")
def bridge_play(public_id: uuid.UUID) -> Response:
    """In a demonstration no telephone rings: whoever tries it out says what both ends do, and that goes the way of a
    provider's report.
    """
    settings = current_app.config["VIGIDOM"]
    if settings.sms_provider != "console" or settings.production:
        abort(404)
    found = finding.find(db.session, callback=public_id, staff=g.staff)
    enrolment, last = found.enrolment.public_id, on_the_line.latest(db.session, callback_id=found.id, staff=g.staff)
    played = PLAYED.get(request.form.get("what", ""))
    if last is not None and played is not None:
        leg, status = played
        voice.hear(db.session, public_id=last.public_id, leg=leg, status=status, now=clock.now())
        db.session.commit()
    return _to_call(enrolment)


def _to_call(enrolment: uuid.UUID) -> Response:
    return redirect(url_for("clinic.patient", public_id=enrolment, _anchor="call"))
