"""A patient calls the centre: found by number or name, and taken on the line with what stands for them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import flash, g, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from records import clock
from records.db import db
from records.models import Enrolment
from triage.announcing import calling_back as incoming
from triage.callbacks import finding
from triage.callbacks.claims import is_held
from triage.levels import Level
from triage.models import Callback, CallbackState
from triage.refusals import Refused
from webapp.clinic.action_forms import as_uuid
from webapp.clinic.blueprint import blueprint
from webapp.clinic.claiming import trusted_now
from webapp.extensions import translator
from webapp.permissions import access


@dataclass(frozen=True)
class Owed:
    """A call-back that stands, with who has it if not the reader."""

    callback: uuid.UUID
    level: Level
    holder: str
    key: uuid.UUID


def standing(people: Sequence[Enrolment]) -> dict[int, Owed]:
    """The open call-backs of these follow-ups, by enrolment; one statement."""
    now, ids = clock.now(), [one.id for one in people]
    query = select(Callback).where(Callback.enrolment_id.in_(ids), Callback.state == CallbackState.OPEN)
    found = db.session.scalars(query.options(joinedload(Callback.claimed_by))) if ids else ()
    return {row.enrolment_id: Owed(row.public_id, Level(row.rank), _holder(row, now), uuid.uuid4()) for row in found}


def _holder(row: Callback, now: datetime) -> str:
    held = row.claimed_by is not None and is_held(row, now) and row.claimed_by_id != g.staff.id
    return row.claimed_by.name if held and row.claimed_by else ""


@blueprint.post("/callbacks/<uuid:public_id>/calling-back")
@access("callback.work")
def calling_back(public_id: uuid.UUID) -> Response:
    t, enrolment = translator(), finding.find(db.session, callback=public_id, staff=g.staff).enrolment.public_id
    said = {"verified": request.form.get("verified") == "yes", "note": t.gettext("The patient called the centre.")}
    once = {"form_key": as_uuid(request.form.get("key", "")), "from_address": request.remote_addr}
    try:
        taken = incoming.take(db.session, callback=public_id, staff=g.staff, now=trusted_now(), **said, **once)
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        flash(refused.text(t), "error")
        return redirect(url_for("clinic.patient", public_id=enrolment))
    if taken is None:
        flash(t.gettext("The call is yours. Ask for the name and the date of birth, then write the call down."), "info")
    else:
        flash(t.gettext("The call is yours, and written down: the patient called the centre."), "success")
    return redirect(url_for("clinic.patient", public_id=enrolment, _anchor="call"))
