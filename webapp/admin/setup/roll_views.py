"""Everybody who works here, invited from one file: looked at first, then all at once."""

from __future__ import annotations

from collections.abc import Sequence

from flask import current_app, g, render_template, request, url_for

from records import audit, clock, teams
from records.db import db
from records.models import Role, Staff, Team
from records.refusals import Refused
from records.staff import inviting, roll
from records.staff.roll import Line
from webapp.admin.blueprint import blueprint
from webapp.admin.people_form import SHORT_ROLES
from webapp.extensions import translator
from webapp.permissions import access, allows

Page = str | tuple[str, int]


@blueprint.get("/staff/file")
@access("staff.invite")
def staff_file() -> Page:
    return _page()


@blueprint.post("/staff/file")
@access("staff.invite")
def read_staff_file() -> Page:
    """What the file says, line by line; with the second press everybody is invited. Nothing is kept in between."""
    content = _sent()
    text = content.decode("utf-8-sig", errors="replace")
    try:
        lines = inviting.checked(db.session, roll.read(content, teams=_teams(), may_give=_may_give()))
        if "invite" not in request.form or any(line.errors for line in lines):
            return _page(text, lines), 422 if any(line.errors for line in lines) else 200
        made = inviting.invite_all(db.session, lines=lines, actor=_actor(), now=clock.now())
    except Refused as refused:
        db.session.rollback()
        return _page(text, error=refused.text(translator())), 422
    db.session.commit()
    return _links(made), 201


def _sent() -> bytes:
    """A chosen file goes before the text that stands in the page."""
    file = request.files.get("file")
    if file is not None and file.filename:
        return file.read(roll.MOST_BYTES + 1)
    return request.form.get("text", "").encode(errors="replace")


def _teams() -> list[Team]:
    """An administrator gives any team, everybody else their own."""
    return teams.everyone(db.session) if allows(g.staff.role, "staff.manage") else teams.of_staff(g.staff)


def _may_give() -> frozenset[Role]:
    all_roles = frozenset(Role)
    return all_roles if allows(g.staff.role, "staff.manage") else all_roles - {Role.ADMINISTRATOR}


def _actor() -> audit.Actor:
    return audit.Actor.staff(g.staff, request.remote_addr)


def _page(text: str = "", lines: Sequence[Line] = (), error: str = "") -> str:
    ready = bool(lines) and not any(line.errors for line in lines)
    words = {line.number: [sentence.text(translator()) for sentence in line.errors.values()] for line in lines}
    given = {"text": text, "lines": lines, "errors": words, "ready": ready, "error": error}
    return render_template("admin/setup/roll.html", **given, teams=_teams(), role_words=SHORT_ROLES)


def _links(made: Sequence[tuple[Line, Staff, str]]) -> str:
    """Shown in this answer and nowhere else: the tokens are kept as digests only."""
    base = current_app.config["VIGIDOM"].public_url
    rows = [
        (person, base + url_for("auth.set_up", language=person.language, token=token)) for _line, person, token in made
    ]
    return render_template("admin/setup/links.html", rows=rows, role_words=SHORT_ROLES)
