"""What a shift has done: a page, the same as a file, and on paper by the browser."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, g, make_response, render_template

from records import clock, programmes, teams
from records.db import db
from records.models import Programme
from records.refusals import Refused
from triage.centre import report
from triage.centre.report import Report
from triage.centre.table import as_csv
from triage.levels import CALLED
from webapp.centre import report_page
from webapp.centre.blueprint import blueprint, zone
from webapp.centre.report_form import ReportForm
from webapp.extensions import translator
from webapp.permissions import access


@dataclass(frozen=True)
class Asked:
    form: ReportForm
    programmes: list[Programme]
    found: Report | None


@blueprint.get("/report")
@access("centre.watch")
def shift() -> Response:
    return _page(_asked())


@blueprint.get("/report.csv")
@access("centre.watch")
def shift_csv() -> Response:
    asked = _asked()
    if asked.found is None:
        return _page(asked)
    people = [(row.name, row.tally) for row in report_page.people(asked.found, g.staff)]
    name = f"shift-{asked.found.begins:%Y%m%dT%H%MZ}-{asked.found.ends:%Y%m%dT%H%MZ}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(as_csv(asked.found, people, CALLED), mimetype="text/csv", headers=headers)


def _page(asked: Asked) -> Response:
    told = report_page.page(asked.found, asked.programmes, g.staff) if asked.found is not None else None
    body = render_template("centre/report.html", form=asked.form, page=told, zone=asked.form.zone)
    return make_response(body, 422 if asked.form.errors else 200)


def _asked() -> Asked:
    now, here = clock.now(), zone()
    known = list(programmes.loaded(db.session))
    form = ReportForm(programmes=known, teams=teams.of_staff(g.staff), zone=here, now=now)
    if not form.validate():
        return Asked(form, known, None)
    try:
        found = report.report(
            db.session, teams=form.chosen, programmes=known, zone=here, begins=form.begins, ends=form.ends, now=now
        )
    except Refused as refused:
        form.form_errors.append(refused.text(translator()))
        return Asked(form, known, None)
    return Asked(form, known, found)
