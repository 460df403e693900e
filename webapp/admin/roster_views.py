"""The week of a programme's callers, which the forecast of a replay is held against."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from records import clock, programmes
from records.db import db
from records.models import Programme
from triage import roster
from triage.refusals import Refused
from webapp import choosing, kept
from webapp.admin import versions
from webapp.admin.blueprint import blueprint
from webapp.admin.roster_form import FILL, SAVE, RosterForm, day_names, name
from webapp.extensions import language, translator
from webapp.permissions import KEEPS, access

KEEPS["admin.change_callers"] = kept.page

Page = str | Response | tuple[str, int]


@blueprint.get("/roster")
@access("roster.edit")
def callers() -> Page:
    programme = versions.programme()
    if programme is None:
        return render_template("admin/no_protocol.html")
    return _page(programme, _form(programme))


@blueprint.post("/roster")
@access("roster.edit")
def change_callers() -> Page:
    programme = versions.loaded_programme()
    form = _form(programme)
    form.read(request.form)
    if kept.is_back():
        return _page(programme, form)
    if request.form.get("act") == FILL:
        if form.validate():
            form.fill()
        return _page(programme, form), 422 if form.errors else 200
    week = form.counted() if form.validate() else None
    if week is None or not _saved(programme, form, week):
        return _page(programme, form), 422
    db.session.commit()
    flash(translator().gettext("The callers' hours are saved."), "success")
    return redirect(url_for("admin.callers", programme=programme.slug))


def _form(programme: Programme) -> RosterForm:
    return RosterForm(programme, roster.roster(db.session, programme_id=programme.id))


def _saved(programme: Programme, form: RosterForm, week: roster.Roster) -> bool:
    who = {"staff": g.staff, "from_address": request.remote_addr, "now": clock.now()}
    try:
        roster.save(db.session, programme=programme, callers=week, seen=form.seen.data or "", **who)
    except Refused as refused:
        form.form_errors.append(refused.text(translator()))
        form.seen.data = roster.mark(roster.roster(db.session, programme_id=programme.id))
        return False
    return True


def _page(programme: Programme, form: RosterForm) -> str:
    return render_template(
        "admin/roster.html",
        programme=programme,
        programmes=[(one.slug, choosing.name(one.name, language())) for one in programmes.loaded(db.session)],
        form=form,
        days=list(zip(day_names("abbreviated"), day_names("wide"), strict=True)),
        name=name,
        saves=SAVE,
        fills=FILL,
    )
