"""Keeping what is typed during a call, every few seconds, until it is sent."""

from __future__ import annotations

import uuid

from flask import Response, flash, g, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from records import clock
from records.db import db
from triage.callbacks import drafts, finding
from triage.refusals import DraftTooLong, NotFound
from webapp.clinic.blueprint import blueprint
from webapp.extensions import translator
from webapp.permissions import access

FORMS = ("attempt-", "disposition-")
MOST_FIELDS = 60
OF_ONE_CALL = "attempt-verified"
"""That name and date of birth were right is said of one conversation: nobody finds it ticked in the next."""


@blueprint.post("/callbacks/<uuid:public_id>/draft")
@access("callback.work")
def save_draft(public_id: uuid.UUID) -> tuple[Response, int]:
    """Answers for the script: `saved` says when in words, `error` why not."""
    t, now = translator(), clock.now()
    names = [name for name in request.form if name.startswith(FORMS) and not name.endswith(("csrf_token", OF_ONE_CALL))]
    fields = {name: request.form[name] for name in names[:MOST_FIELDS]}
    try:
        drafts.save(db.session, callback=public_id, staff=g.staff, fields=fields, now=now)
        zone = finding.find(db.session, callback=public_id, staff=g.staff).enrolment.programme.zone
        db.session.commit()
    except (DraftTooLong, NotFound) as refused:
        db.session.rollback()
        return jsonify(error=refused.text(t)), 404 if isinstance(refused, NotFound) else 422
    said = t.gettext("Saved at %(time)s.", time=f"{clock.local(now, zone):%H:%M:%S}")
    return jsonify(saved=said), 200


@blueprint.post("/callbacks/<uuid:public_id>/draft/discard")
@access("callback.work")
def discard_draft(public_id: uuid.UUID) -> AnyResponse:
    found = finding.find(db.session, callback=public_id, staff=g.staff)
    enrolment = found.enrolment.public_id
    drafts.discard(db.session, callback=found, staff=g.staff)
    db.session.commit()
    flash(translator().gettext("What you had typed is removed."), "success")
    return redirect(url_for("clinic.patient", public_id=enrolment))
