"""Who answers, when and for how long: a page and the same as a file, of the reader's own teams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Response, current_app, g, make_response, render_template
from sqlalchemy import select

from records import access as records_access
from records import clock, teams
from records.db import db
from records.models import Programme, Role, Team
from records.refusals import Refused
from webapp.clinic.adherence_form import AdherenceForm
from webapp.clinic.adherence_page import page
from webapp.clinic.blueprint import blueprint
from webapp.extensions import translator
from webapp.permissions import access

if TYPE_CHECKING:
    from questionnaires.adherence_figures import Adherence

MOST = 10_000
"""Follow-ups that a page waits for: a few seconds. The command has no limit."""


@dataclass(frozen=True)
class Asked:
    form: AdherenceForm
    found: Adherence | None
    names: dict[str, str]


@blueprint.get("/adherence", endpoint="adherence")
@access("adherence.read")
def shown() -> Response:
    return _page(_asked())


@blueprint.get("/adherence.csv")
@access("adherence.read")
def adherence_csv() -> Response:
    asked = _asked()
    if asked is None or asked.found is None:
        return _page(asked)
    from questionnaires.adherence_table import as_csv
    from records.spreadsheets import written

    name = f"adherence-{asked.form.chosen.slug}-{asked.form.since.data}-{asked.form.until.data}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(written(as_csv(asked.found, asked.names)), mimetype="text/csv", headers=headers)


def _page(asked: Asked | None) -> Response:
    if asked is None:
        return make_response(render_template("clinic/adherence.html", form=None, page=None))
    told = page(asked.found, asked.names) if asked.found is not None else None
    synthetic = not current_app.config["VIGIDOM"].production
    body = render_template("clinic/adherence.html", form=asked.form, page=told, synthetic=synthetic)
    return make_response(body, 422 if asked.form.errors else 200)


def _asked() -> Asked | None:
    """None before any programme is loaded."""
    programmes = db.session.scalars(select(Programme).order_by(Programme.id)).all()
    if not programmes:
        return None
    offered = _teams()
    today = clock.local_day(clock.now(), programmes[0].zone)
    form = AdherenceForm(programmes=programmes, teams=offered, today=today)
    found = _measure(form) if form.validate() else None
    return Asked(form, found, {str(team.id): team.name for team in offered})


def _teams() -> list[Team]:
    """Whoever follows patients, those of their own; an administrator, who sees no patient, all."""
    return list(teams.everyone(db.session)) if g.staff.role == Role.ADMINISTRATOR else list(g.staff.teams)


def _measure(form: AdherenceForm) -> Adherence | None:
    """pandas is loaded when the first reader asks: a process that nobody asks does without its memory."""
    from questionnaires.adherence import measure

    of_all = None if g.staff.role == Role.ADMINISTRATOR else records_access.team_ids(g.staff)
    try:
        return measure(
            db.session,
            programme=form.chosen,
            first_on=form.since.data,
            last_on=form.until.data,
            now=clock.now(),
            teams=[form.teams[form.team.data].id] if form.team.data else of_all,
            rehearsal=not current_app.config["VIGIDOM"].production,
            most=MOST,
        ).without_few()
    except Refused as refused:
        form.form_errors.append(refused.text(translator()))
        return None
