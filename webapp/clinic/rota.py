"""The rota of a team: everybody of it may read it; shifts are entered, cancelled, and copied from the week before."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from records import clock, teams
from records.db import db
from records.models import Role, Team
from triage.duty import shifts
from triage.models import Duty
from triage.refusals import Refused
from webapp import errors
from webapp.clinic import rota_page
from webapp.clinic.blueprint import blueprint
from webapp.clinic.rota_form import ShiftForm
from webapp.extensions import translator
from webapp.permissions import access, allows

Page = str | Response | tuple[str, int]


@blueprint.get("/rota")
@access("rota.read")
def rota() -> Page:
    team = _team(request.args.get("team"))
    if team is None:
        return render_template("clinic/rota_empty.html")
    return _page(team, _monday(request.args.get("week"), team))


@blueprint.post("/rota/<uuid:team>/shifts")
@access("rota.edit")
def add_shift(team: uuid.UUID) -> Page:
    chosen = _team(str(team))
    if chosen is None or chosen.public_id != team:
        return _not_yours()
    form = _form(chosen)
    monday = _monday(request.form.get("week"), chosen)
    if not form.validate():
        return _page(chosen, monday, form), 422
    begins, ends = form.hours()
    said = {"person": form.chosen(), "duty": Duty(form.duty.data), "from_at": begins, "until_at": ends}
    try:
        made = shifts.add(db.session(), team=chosen, **said, by=g.staff, now=clock.now())
        db.session.commit()
    except Refused as refused:
        form.form_errors.append(refused.text(translator()))
        return _page(chosen, monday, form), 422
    flash(translator().gettext("The shift is entered."), "success")
    return redirect(_address(chosen, rota_page.monday_of(clock.local_day(made.from_at, form.zone))))


@blueprint.post("/rota/shifts/<uuid:shift>/cancel")
@access("rota.edit")
def cancel_shift(shift: uuid.UUID) -> Page:
    try:
        ended = shifts.cancel(db.session(), shift=shift, by=g.staff, now=clock.now())
        db.session.commit()
    except shifts.ShiftNotFound as refused:
        return errors.page(404, refused.text(translator()))
    flash(translator().gettext("The shift is cancelled."), "success")
    return redirect(_address(ended.team, _monday(request.form.get("week"), ended.team)))


@blueprint.post("/rota/<uuid:team>/copy")
@access("rota.edit")
def copy_week(team: uuid.UUID) -> Page:
    chosen = _team(str(team))
    if chosen is None or chosen.public_id != team:
        return _not_yours()
    monday = _monday(request.form.get("week"), chosen)
    zone = rota_page.zone_of(shifts.programmes_of(db.session(), team_id=chosen.id))
    made = shifts.copy_week(db.session(), team=chosen, into=monday, zone=zone, by=g.staff, now=clock.now())
    db.session.commit()
    t = translator()
    if made:
        flash(t.ngettext("%(num)s shift was copied.", "%(num)s shifts were copied.", made), "success")
    else:
        flash(t.gettext("There was nothing to copy: the week before is empty, over, or stands here already."), "info")
    return redirect(_address(chosen, monday))


def _not_yours() -> Page:
    return errors.page(404, shifts.NotYourTeam().text(translator()))  # type: ignore[return-value]


def _mine() -> list[Team]:
    """An administrator has no teams and arranges every one."""
    return teams.everyone(db.session()) if g.staff.role == Role.ADMINISTRATOR else teams.of_staff(g.staff)


def _team(wanted: str | None) -> Team | None:
    """The one asked for among one's own, else the first of them."""
    mine = _mine()
    return next((team for team in mine if str(team.public_id) == wanted), mine[0] if mine else None)


def _monday(typed: str | None, team: Team) -> date:
    """The Monday of the week asked for; of this week where none can be read, or where no calendar goes so far."""
    try:
        day = date.fromisoformat(typed or "")
        if not 2000 <= day.year <= 2199:
            raise ValueError
    except ValueError:
        zone = rota_page.zone_of(shifts.programmes_of(db.session(), team_id=team.id))
        day = clock.local_day(clock.now(), zone)
    return rota_page.monday_of(day)


def _form(team: Team, day: date | None = None) -> ShiftForm:
    zone = rota_page.zone_of(shifts.programmes_of(db.session(), team_id=team.id))
    return ShiftForm(people=shifts.candidates(db.session(), team=team), zone=zone, day=day)


def _address(team: Team, monday: date) -> str:
    return url_for("clinic.rota", team=team.public_id, week=monday.isoformat())


def _page(team: Team, monday: date, form: ShiftForm | None = None) -> str:
    week = rota_page.week_of(team, monday, clock.now())
    if form is None and allows(g.staff.role, "rota.edit"):
        today = clock.local_day(clock.now(), week.zone)
        form = _form(team, max(monday, min(today, monday + timedelta(days=6))))
    return render_template("clinic/rota.html", week=week, teams=_mine(), form=form, now=clock.now(), address=_address)
