"""Is the service well: for those who must notice before a patient does."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app, render_template

from records import clock
from records.db import db
from webapp.admin import wellbeing
from webapp.admin.blueprint import blueprint
from webapp.extensions import translator
from webapp.permissions import access


@blueprint.get("/health")
@access("health.read")
def health() -> str:
    now = clock.now()
    known = wellbeing.look(db.session, now=now)
    well = wellbeing.is_everything_well(known)
    return render_template(
        "admin/health.html", known=known, well=well, now=now, settings=current_app.config["VIGIDOM"], ago=ago
    )


def ago(age: timedelta) -> str:
    """A length of time in its largest whole unit."""
    t, seconds = translator(), int(age.total_seconds())
    if seconds < -120:
        return t.gettext("in what is now the future")
    seconds = max(seconds, 0)
    if seconds < 120:
        return t.ngettext("%(num)d second ago", "%(num)d seconds ago", seconds)
    if seconds < 7200:
        return t.ngettext("%(num)d minute ago", "%(num)d minutes ago", seconds // 60)
    if seconds < 172_800:
        return t.ngettext("%(num)d hour ago", "%(num)d hours ago", seconds // 3600)
    return t.ngettext("%(num)d day ago", "%(num)d days ago", seconds // 86_400)
