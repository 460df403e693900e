"""Teams, or cells: who works in each, whom it follows, and what happens when one is closed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from flask import abort, flash, g, redirect, render_template, request, url_for
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from records import audit, clock, teams
from records.db import db
from records.enrolment.states import OPEN, in_states
from records.models import Enrolment, Role, Staff, StaffTeam, Team
from records.refusals import Refused
from triage import team_moves
from triage.models import Callback, CallbackState
from webapp.admin.blueprint import blueprint
from webapp.admin.people_form import SHORT_ROLES
from webapp.admin.setup.team_form import MemberForm, MoveForm
from webapp.extensions import translator
from webapp.permissions import access, allows

Page = str | Response | tuple[str, int]


@dataclass(frozen=True)
class Cell:
    """One team with its people. `per_caller` None: nobody calls."""

    team: Team
    people: list[Staff]
    followed: int
    waiting: int

    @property
    def callers(self) -> int:
        return sum(person.role in teams.CALLERS for person in self.people)

    @property
    def per_caller(self) -> int | None:
        return -(-self.followed // self.callers) if self.callers else None


@blueprint.get("/setup/teams")
@access("centre.edit")
def centre_teams() -> Page:
    return render_template("admin/setup/teams.html", cells=_cells(_mine()))


@blueprint.get("/setup/teams/<uuid:public_id>")
@access("centre.edit")
def centre_team(public_id: uuid.UUID) -> Page:
    return _page(_team(public_id))


@blueprint.post("/setup/teams/<uuid:public_id>/people")
@access("centre.edit")
def team_people(public_id: uuid.UUID) -> Page:
    """Put somebody in, or take them out."""
    team = _team(public_id)
    form = MemberForm(people=_addable(team))
    leaving = request.form.get("leaves", "")
    if leaving:
        person = next((one for one in _people(team) if str(one.public_id) == leaving), None) or abort(404)
        try:
            teams.take_out(db.session, team=team, person=person, actor=_actor(), now=clock.now())
        except Refused as refused:
            db.session.rollback()
            flash(refused.text(translator()), "error")
            return redirect(url_for("admin.centre_team", public_id=public_id))
    elif form.validate():
        person = db.session.scalars(select(Staff).where(Staff.public_id == uuid.UUID(form.person.data))).one()
        teams.put_in(db.session, team=team, person=person, actor=_actor(), now=clock.now())
    else:
        return _page(team, member=form), 422
    db.session.commit()
    still = team in g.staff.teams or allows(g.staff.role, "staff.manage")
    return redirect(url_for("admin.centre_team", public_id=public_id) if still else url_for("admin.centre_teams"))


@blueprint.post("/setup/teams/<uuid:public_id>/move")
@access("centre.edit")
def move_patients(public_id: uuid.UUID) -> Page:
    team = _team(public_id)
    form = MoveForm(teams=_others(team))
    if not form.validate():
        return _page(team, move=form), 422
    to = next(one for one in _others(team) if str(one.public_id) == form.to.data)
    try:
        moved = team_moves.move_all(db.session, team=team, to=to, actor=_actor(), now=clock.now())
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        form.form_errors.append(refused.text(translator()))
        return _page(_team(public_id), move=form), 422
    done = translator().ngettext("%(num)s patient has gone over.", "%(num)s patients have gone over.", moved)
    flash(done, "success")
    return redirect(url_for("admin.centre_team", public_id=public_id))


@blueprint.post("/setup/teams/<uuid:public_id>/close")
@access("centre.edit")
def close_team(public_id: uuid.UUID) -> Page:
    try:
        teams.close(db.session, team=_team(public_id), actor=_actor(), now=clock.now())
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        flash(refused.text(translator()), "error")
    return redirect(url_for("admin.centre_team", public_id=public_id))


@blueprint.post("/setup/teams/<uuid:public_id>/open")
@access("centre.edit")
def reopen_team(public_id: uuid.UUID) -> Page:
    teams.reopen(db.session, team=_team(public_id), actor=_actor(), now=clock.now())
    db.session.commit()
    return redirect(url_for("admin.centre_team", public_id=public_id))


def _mine() -> list[Team]:
    """An administrator's are all of them, everybody else's their own."""
    return teams.everyone(db.session) if allows(g.staff.role, "staff.manage") else teams.of_staff(g.staff)


def _team(public_id: uuid.UUID) -> Team:
    return next((team for team in _mine() if team.public_id == public_id), None) or abort(404)


def _others(team: Team) -> list[Team]:
    """Where patients may go: any open team of the centre, for a cell that winds down hands over to another one's."""
    return [one for one in teams.everyone(db.session) if one.id != team.id and one.closed_at is None]


def _people(team: Team) -> list[Staff]:
    found = select(Staff).join(StaffTeam, StaffTeam.staff_id == Staff.id).where(StaffTeam.team_id == team.id)
    return list(db.session.scalars(found.where(Staff.disabled_at.is_(None)).order_by(Staff.role, Staff.name)))


def _addable(team: Team) -> list[Staff]:
    there = select(StaffTeam.staff_id).where(StaffTeam.team_id == team.id)
    found = select(Staff).where(Staff.disabled_at.is_(None), Staff.role != Role.ADMINISTRATOR, Staff.id.not_in(there))
    return list(db.session.scalars(found.where(~Staff.email.startswith("rehearsal-")).order_by(Staff.name)))


def _cells(of: list[Team]) -> list[Cell]:
    ids = [team.id for team in of]
    followed = _counted(select(Enrolment.team_id, func.count()).where(Enrolment.team_id.in_(ids), in_states(OPEN)))
    open_calls = (Callback.team_id.in_(ids), Callback.state == CallbackState.OPEN)
    waiting = _counted(select(Callback.team_id, func.count()).where(*open_calls))
    return [Cell(team, _people(team), followed.get(team.id, 0), waiting.get(team.id, 0)) for team in of]


def _counted(query: object) -> dict[int, int]:
    return dict(db.session.execute(query.group_by("team_id")).all())  # type: ignore[attr-defined]


def _actor() -> audit.Actor:
    return audit.Actor.staff(g.staff, request.remote_addr)


def _page(team: Team, *, member: MemberForm | None = None, move: MoveForm | None = None) -> str:
    [cell] = _cells([team])
    forms = {"member": member or MemberForm(people=_addable(team)), "move": move or MoveForm(teams=_others(team))}
    return render_template("admin/setup/team.html", cell=cell, **forms, role_words=SHORT_ROLES)
