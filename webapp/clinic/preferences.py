"""How somebody likes the queue to look, sound and be driven; theirs on every machine."""

from __future__ import annotations

from flask import g, redirect, request, url_for
from werkzeug.wrappers import Response

from records.db import db
from records.models import Staff
from webapp.clinic import queue_address
from webapp.clinic.blueprint import blueprint
from webapp.permissions import access

CHOICES = ("compact", "sound", "keyboard")


def of(staff: Staff) -> dict[str, bool]:
    kept = staff.preferences.get("queue", {})
    return {name: bool(kept.get(name)) for name in CHOICES}


@blueprint.post("/queue/preferences")
@access("queue.read")
def prefer() -> Response:
    """A single-key shortcut stands in the way of whoever speaks to their machine, so keys are off until asked for."""
    chosen = {name: name in request.form for name in CHOICES}
    g.staff.preferences = {**g.staff.preferences, "queue": chosen}
    db.session.commit()
    return redirect(url_for("clinic.queue", **queue_address.read(request.args, staff=g.staff).query), 303)
