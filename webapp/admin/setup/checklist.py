"""What a centre needs before its first patient, what it has, and where the rest is done."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, flash, g, redirect, render_template, request, url_for
from sqlalchemy import exists, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from records import audit, clock, programmes, teams
from records.db import db
from records.models import Enrolment, Programme, Role, Staff, StaffTeam, Team
from records.refusals import FieldErrors
from triage import protocols, roster
from webapp import choosing, formatting
from webapp.admin.blueprint import blueprint
from webapp.admin.people_form import TeamForm
from webapp.extensions import language, translator
from webapp.navigation import may_open
from webapp.permissions import access

EXAMPLE_PHONE = "+33199001234"
"""What the library's programmes carry until a centre writes its own; nobody answers it."""
CALLERS = (Role.OPERATOR, Role.PHYSICIAN)


@dataclass(frozen=True)
class Step:
    """`done` None: useful, and nothing waits for it. Without `url` somebody else does it."""

    title: str
    done: bool | None
    told: str
    url: str | None
    act: str


@dataclass(frozen=True)
class Known:
    """One programme of the centre, or of the library."""

    slug: str
    name: str
    programme: Programme | None


@blueprint.get("/setup")
@access("centre.edit")
def setup() -> str:
    return _page(TeamForm())


@blueprint.post("/setup/teams")
@access("centre.edit")
def start_team() -> str | Response | tuple[str, int]:
    """A team, with whoever makes it in it: nobody sees patients of a team that they are not in."""
    form = TeamForm()
    if form.validate():
        try:
            actor = audit.Actor.staff(g.staff, request.remote_addr)
            team = teams.create(db.session, name=form.name.data or "", actor=actor, now=clock.now())
        except FieldErrors as refused:
            form.name.errors = [*refused.texts(translator()).values()]
        else:
            if g.staff.role != Role.ADMINISTRATOR:
                g.staff.teams.append(team)
            db.session.commit()
            flash(translator().gettext("The team is there."), "success")
            return redirect(url_for("admin.setup"))
    return _page(form), 422


def _page(form: TeamForm) -> str:
    mine = teams.everyone(db.session) if g.staff.role == Role.ADMINISTRATOR else teams.of_staff(g.staff)
    known = programmes.loaded(db.session)
    steps = [*_programme_steps(known), *_people_steps(db.session, mine), *_last_steps(known, mine)]
    listed = [Known(one.slug, choosing.name(one.name, language()), one) for one in known]
    have = {one.slug for one in known}
    offered = [Known(slug, _library_name(slug), None) for slug in programmes.shipped() if slug not in have]
    missing = sum(step.done is False for step in steps)
    given = {"steps": steps, "programmes": listed, "offered": offered, "missing": missing}
    is_administrator = g.staff.role == Role.ADMINISTRATOR
    return render_template("admin/setup/setup.html", **given, team_form=form, is_administrator=is_administrator)


def _library_name(slug: str) -> str:
    return choosing.name(programmes.library_name(slug), language())


def _programme_steps(known: list[Programme]) -> list[Step]:
    t = translator()
    example = next((one for one in known if one.phone == EXAMPLE_PHONE), None)
    chosen = ", ".join(choosing.name(one.name, language()) for one in known)
    target = example or (known[0] if known else None)
    numbers = url_for("admin.centre_programme", slug=target.slug) if target else None
    signed = bool(known) and all(
        protocols.is_signed(db.session, programme_id=one.id, now=clock.now()) for one in known if one.closed_at is None
    )
    return [
        Step(
            t.gettext("Choose a programme"),
            bool(known),
            chosen or t.gettext("None yet: load one below."),
            None,
            "",
        ),
        Step(
            t.gettext("Your hours, targets and numbers"),
            bool(known) and example is None,
            t.gettext("The number is still the example one, which nobody answers.") if example else "",
            numbers,
            t.gettext("Hours, targets and numbers"),
        ),
        Step(
            t.gettext("The protocol is signed"),
            signed,
            "" if signed else t.gettext("A physician reads it and signs it. Until then it serves rehearsal only."),
            _address("admin.protocol"),
            t.gettext("Protocol"),
        ),
    ]


def _people_steps(session: Session, mine: list[Team]) -> list[Step]:
    t = translator()
    open_teams = [team for team in mine if team.closed_at is None]
    names = [team.name for team in open_teams]
    lacking = [role for role in CALLERS if not _somebody(session, role, open_teams)]
    words = {
        Role.OPERATOR: t.gettext("No operator has set up their account yet."),
        Role.PHYSICIAN: t.gettext("No physician has set up their account yet."),
    }
    return [
        Step(
            t.gettext("A team"),
            bool(open_teams),
            formatting.listed(names) or t.gettext("You are in no team yet: make one below."),
            _address("admin.centre_teams"),
            t.gettext("Teams"),
        ),
        Step(
            t.gettext("People to call"),
            not lacking,
            " ".join(words[role] for role in lacking),
            url_for("admin.staff_file"),
            t.gettext("Invite staff from a file"),
        ),
    ]


def _somebody(session: Session, role: Role, of: list[Team]) -> bool:
    found = exists().where(
        Staff.role == role,
        Staff.set_up_at.is_not(None),
        Staff.disabled_at.is_(None),
        StaffTeam.staff_id == Staff.id,
        StaffTeam.team_id.in_([team.id for team in of]),
    )
    return bool(session.scalar(select(found)))


def _last_steps(known: list[Programme], mine: list[Team]) -> list[Step]:
    t = translator()
    written = any(roster.roster(db.session, programme_id=one.id) for one in known)
    team_ids = [team.id for team in mine]
    enrolled = db.session.scalar(select(exists().where(Enrolment.team_id.in_(team_ids))))
    return [
        Step(
            t.gettext("Who is on call"),
            None,
            t.gettext("Outside the opening hours nobody is told of a red answer unless somebody is on call."),
            _address("clinic.rota"),
            t.gettext("Rota"),
        ),
        Step(
            t.gettext("Callers' hours"),
            True if written else None,
            t.gettext("How many call in each hour: forecasts count against it."),
            _address("admin.callers"),
            t.gettext("Callers' hours"),
        ),
        Step(
            t.gettext("The first patient"),
            True if enrolled else None,
            "",
            _address("clinic.new_patient"),
            t.gettext("Enrol a patient"),
        ),
    ]


def _address(endpoint: str) -> str | None:
    """None where it does not exist, or is not for the person signed in."""
    there = endpoint in current_app.view_functions and may_open(g.staff, endpoint)
    return url_for(endpoint) if there else None
