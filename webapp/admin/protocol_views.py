"""The protocol: what is in force and what waits, and its limits changed into a new version."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from records import clock, programmes
from records.db import db
from triage import documents, protocols
from triage.models import ProtocolVersion
from triage.protocols import Stage
from webapp import choosing
from webapp.admin import lives, versions
from webapp.admin.blueprint import blueprint
from webapp.admin.limits_form import LimitsForm, limits_form, suggestions
from webapp.extensions import language, translator
from webapp.permissions import access

Page = str | Response | tuple[str, int]


@blueprint.get("/protocol")
@access("protocol.read")
def protocol() -> Page:
    programme, now = versions.programme(), clock.now()
    current = versions.in_use(programme, now) if programme else None
    if programme is None or current is None:
        return render_template("admin/no_protocol.html")
    history, standing = versions.history(programme), lives.of_all(programme, now)
    return render_template(
        "admin/protocol.html",
        programme=programme,
        programmes=[(one.slug, choosing.name(one.name, language())) for one in programmes.loaded(db.session)],
        now_in_use=versions.shown(current),
        waiting=[one for one, _ in history if standing[one.id].is_open and one.number > current.number],
        scheduled=[one for one, _ in history if standing[one.id].stage is Stage.SCHEDULED],
        drafts=lives.open_drafts(programme),
        there_is=lives.there_is,
        lives=standing,
        history=history,
    )


@blueprint.get("/protocol/limits")
@access("protocol.edit")
def limits() -> Page:
    chosen = request.args.get("from")
    base = versions.version(chosen) if chosen else versions.in_use(versions.loaded_programme(), clock.now())
    if base is None:
        return redirect(url_for("admin.protocol"))
    document = documents.reload(base.document)
    suggested = suggestions(document, request.args.getlist("set"))
    form = limits_form(document, suggested)
    form.based_on.data = str(base.public_id)
    form.newest.data = str(protocols.versions(db.session, slug=base.slug)[0].number)
    return render_template("admin/limits.html", form=form, base=base, suggested=suggested)


@blueprint.post("/protocol/limits")
@access("protocol.edit")
def change_limits() -> Page:
    base = versions.version(request.form.get("based_on", ""))
    form = limits_form(documents.reload(base.document))
    newest = versions.lock_newest(versions.programme_of(base))
    if form.validate() and _is_current(form, newest) and _is_change(form, base):
        try:
            made = _make(form, base)
        except protocols.CasesFail as refused:
            form.form_errors.extend(refused.text(translator()).split("\n"))
        else:
            db.session.commit()
            flash(
                translator().gettext("Version %(number)s is a draft now. It changes nothing yet.", number=made.number)
            )
            return redirect(url_for("admin.version", public_id=made.public_id))
    return render_template("admin/limits.html", form=form, base=base), 422


def _make(form: LimitsForm, base: ProtocolVersion) -> ProtocolVersion:
    said = {"limits": form.values(), "reason": form.reason.data, "author": g.staff}
    return protocols.new_version(db.session, based_on=base, **said, from_address=request.remote_addr, now=clock.now())


def _is_current(form: LimitsForm, newest: ProtocolVersion) -> bool:
    """Nobody drafts over a version they have not seen; told of it, they may send again."""
    if form.newest.data == str(newest.number):
        return True
    form.newest.data = str(newest.number)
    form.form_errors.append(
        translator().gettext(
            "Version %(number)s was made while you were writing. Look at it first (Protocol, Versions). Your values "
            "are still here: to make another version from them all the same, send again.",
            number=newest.number,
        )
    )
    return False


def _is_change(form: LimitsForm, base: ProtocolVersion) -> bool:
    in_use = versions.in_use(versions.programme_of(base), clock.now())
    if in_use is None or not form.is_unchanged(documents.reload(in_use.document)):
        return True
    form.form_errors.append(translator().gettext("These are the limits in use already. Change at least one."))
    return False
