"""Keeping the filters of the queue under a name of one's own."""

from __future__ import annotations

import uuid

from flask import Response, flash, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from records import clock
from records.db import db
from triage import saved_views
from triage.refusals import Refused
from triage.saved_views import NoSuchView
from webapp.clinic import queue, queue_address
from webapp.clinic.blueprint import blueprint
from webapp.extensions import translator
from webapp.permissions import access


def _asked() -> queue_address.Asked:
    return queue_address.read(request.args, staff=g.staff)


@blueprint.post("/queue/views")
@access("queue.read")
def save_view() -> AnyResponse:
    """What the page shows, under the name typed; the same name again replaces it."""
    name, asked = request.form.get("name", ""), _asked()
    try:
        saved_views.save(db.session, staff=g.staff, name=name, query=asked.kept, now=clock.now())
        db.session.commit()
    except Refused as refused:
        return _refused(refused, name)
    return redirect(url_for("clinic.queue", **asked.kept), 303)


@blueprint.post("/queue/views/<uuid:public_id>/rename")
@access("queue.read")
def rename_view(public_id: uuid.UUID) -> AnyResponse:
    name = request.form.get("name", "")
    try:
        saved_views.rename(db.session, staff=g.staff, view=public_id, name=name)
        db.session.commit()
    except Refused as refused:
        return _refused(refused, name)
    return redirect(url_for("clinic.queue", **_asked().kept), 303)


@blueprint.post("/queue/views/<uuid:public_id>/delete")
@access("queue.read")
def delete_view(public_id: uuid.UUID) -> AnyResponse:
    try:
        saved_views.delete(db.session, staff=g.staff, view=public_id)
        db.session.commit()
    except Refused as refused:
        return _refused(refused, "")
    return redirect(url_for("clinic.queue", **_asked().kept), 303)


def _refused(refused: Refused, name: str) -> Response:
    """The page again with what was typed, and why it was not taken."""
    db.session.rollback()
    if isinstance(refused, NoSuchView):
        flash(refused.text(translator()), "error")
        return queue.shown(404)
    return queue.shown(422, view_fault=refused.text(translator()), view_name=name)
