"""Members of staff: invited with a link that the administrator hands over, given a new link, disabled."""

from __future__ import annotations

import uuid

from flask import abort, current_app, flash, g, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from records import audit, clock, staff, teams
from records.db import db
from records.models import Role, Staff
from records.refusals import FieldErrors
from triage import callbacks
from webapp.admin.blueprint import blueprint
from webapp.admin.people_form import SHORT_ROLES, DisableForm, InviteForm, TeamForm
from webapp.auth.account import PhoneForm, keep_phone
from webapp.extensions import translator
from webapp.permissions import access

Page = str | Response | tuple[str, int]


@blueprint.get("/staff", endpoint="staff")
@access("staff.manage")
def people() -> Page:
    return _list(InviteForm(offered=teams.everyone(db.session)))


@blueprint.post("/staff")
@access("staff.manage")
def invite() -> Page:
    form = InviteForm(offered=teams.everyone(db.session))
    if form.validate():
        try:
            person, token = staff.invite(db.session, **form.invitation(), actor=_actor(), now=clock.now())
        except FieldErrors as refused:
            form.refuse(refused.texts(translator()))
        else:
            db.session.commit()
            return _link(person, token), 201
    return _list(form), 422


@blueprint.post("/teams")
@access("staff.manage")
def add_team() -> Page:
    form = TeamForm()
    if form.validate():
        try:
            teams.create(db.session, name=form.name.data or "", actor=_actor(), now=clock.now())
        except FieldErrors as refused:
            form.name.errors = [*refused.texts(translator()).values()]
        else:
            db.session.commit()
            flash(translator().gettext("The team is there."), "success")
            return redirect(url_for("admin.staff"))
    return _list(InviteForm(offered=teams.everyone(db.session)), form), 422


@blueprint.get("/staff/<uuid:public_id>")
@access("staff.manage")
def person(public_id: uuid.UUID) -> Page:
    return _person(_find(public_id), DisableForm())


@blueprint.post("/staff/<uuid:public_id>/link")
@access("staff.manage")
def renew(public_id: uuid.UUID) -> Page:
    chosen = _find(public_id)
    if refusal := _not_possible(chosen):
        flash(refusal, "error")
        return _person(chosen, DisableForm()), 409
    token = staff.renew(db.session, staff=chosen, actor=_actor(), now=clock.now())
    db.session.commit()
    return _link(chosen, token), 201


@blueprint.post("/staff/<uuid:public_id>/phone")
@access("staff.manage")
def staff_phone(public_id: uuid.UUID) -> Page:
    chosen, form = _find(public_id), PhoneForm()
    if refusal := _not_possible(chosen):
        flash(refusal, "error")
        return _person(chosen, DisableForm()), 409
    if form.validate() and keep_phone(chosen, form):
        flash(translator().gettext("The telephone is kept."), "success")
        return redirect(url_for("admin.person", public_id=public_id))
    return _person(chosen, DisableForm(), form), 422


@blueprint.post("/staff/<uuid:public_id>/disable")
@access("staff.manage")
def disable(public_id: uuid.UUID) -> Page:
    chosen, form = _find(public_id), DisableForm()
    if refusal := _not_possible(chosen):
        flash(refusal, "error")
        return _person(chosen, form), 409
    if not form.validate():
        return _person(chosen, form), 422
    staff.disable(db.session, staff=chosen, actor=_actor(), now=clock.now())
    db.session.commit()  # from here on they can take nothing more
    callbacks.free_all(db.session, holder=chosen, by=g.staff, now=clock.now(), from_address=request.remote_addr)
    db.session.commit()
    flash(translator().gettext("This person's access has ended, everywhere and at once."), "success")
    return redirect(url_for("admin.staff"))


def _not_possible(chosen: Staff) -> str | None:
    """Why nothing can be done about this person: an administrator must not lock themself out."""
    if chosen.id == g.staff.id:
        return translator().gettext("You cannot do this to your own account. Ask another administrator.")
    if chosen.disabled_at is not None:
        return translator().gettext("This person's access has ended already.")
    return None


def _find(public_id: uuid.UUID) -> Staff:
    found = db.session.scalar(select(Staff).where(Staff.public_id == public_id).with_for_update(of=Staff))
    return found if found is not None else abort(404)


def _actor() -> audit.Actor:
    return audit.Actor.staff(g.staff, request.remote_addr)


def _list(form: InviteForm, team_form: TeamForm | None = None) -> str:
    everybody = list(db.session.scalars(select(Staff).order_by(Staff.disabled_at.isnot(None), Staff.name)))
    known = {"people": everybody, "form": form, "team_form": team_form or TeamForm()}
    return render_template("admin/staff.html", **known, teams=teams.everyone(db.session), role_of=_role_of)


def _person(chosen: Staff, form: DisableForm, phone: PhoneForm | None = None) -> str:
    known = {"person": chosen, "form": form, "phone": phone or PhoneForm(chosen)}
    return render_template("admin/person.html", **known, role_of=_role_of, mine=chosen.id == g.staff.id)


def _link(person: Staff, token: str) -> str:
    """Shown in this answer and nowhere else: the token is kept as a digest only."""
    path = url_for("auth.set_up", language=person.language, token=token)
    return render_template("admin/link.html", person=person, link=current_app.config["VIGIDOM"].public_url + path)


def _role_of(person: Staff) -> str:
    return str(SHORT_ROLES[Role(person.role)])
