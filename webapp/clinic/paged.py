"""What a member of staff who was paged sees: since when somebody waits, who was told, a button to say "I am on it"."""

from __future__ import annotations

import uuid

from flask import flash, g, redirect, render_template, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from records import clock
from records.db import db
from records.models import Enrolment
from triage.duty import answering
from triage.models import Callback, CallbackState
from webapp.clinic.blueprint import blueprint
from webapp.extensions import translator
from webapp.permissions import access


@blueprint.get("/p/<uuid:escalation>")
@access("callback.work")
def paged(escalation: uuid.UUID) -> str:
    found = answering.of(db.session(), escalation=escalation, staff=g.staff)
    callback = db.session.scalars(
        select(Callback)
        .where(Callback.id == found.callback_id)
        .options(joinedload(Callback.enrolment).joinedload(Enrolment.team), joinedload(Callback.claimed_by))
    ).one()
    held = callback.claim_ends_at is not None and callback.claim_ends_at > clock.now()
    return render_template(
        "clinic/paged.html",
        escalation=found,
        callback=callback,
        enrolment=callback.enrolment,
        holder=callback.claimed_by if held else None,
        is_open=callback.state == CallbackState.OPEN,
        said=answering.said(db.session(), callback_id=callback.id),
        zone=callback.enrolment.programme.zone,
        others=answering.waiting_for(db.session(), staff=g.staff, but=found.id),
    )


@blueprint.post("/p/<uuid:escalation>/answer")
@access("callback.work")
def on_it(escalation: uuid.UUID) -> Response:
    found = answering.answer(db.session(), escalation=escalation, staff=g.staff, now=clock.now())
    enrolment = db.session.scalars(
        select(Enrolment.public_id)
        .join(Callback, Callback.enrolment_id == Enrolment.id)
        .where(Callback.id == found.callback_id)
    ).one()
    db.session.commit()
    flash(translator().gettext("Nobody else is told of it for ten minutes. Claim it and call."), "success")
    return redirect(url_for("clinic.patient", public_id=enrolment))
