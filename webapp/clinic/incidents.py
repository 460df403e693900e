"""The incidents: which stand, who of each still waits by risk, and raising one."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from flask import Response, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from records import clock, programmes
from records.db import db
from records.spreadsheets import no_formula, written
from triage import incidents, reasons
from triage.incidents.reading import PAGE
from triage.levels import Level
from triage.refusals import Refused
from webapp.clinic import board
from webapp.clinic.blueprint import blueprint
from webapp.clinic.incident_form import IncidentForm
from webapp.clinic.incident_words import KINDS, SETTLED
from webapp.extensions import language, translator
from webapp.permissions import access, allows

MOST_WORDS = 2
COLUMNS = ("enrolment", "level", "cause", "deadline_at", "settled_by", "settled_at")


@dataclass(frozen=True)
class Line:
    """One row of the page: the cause first, then what the rules say of it."""

    member: incidents.Member
    words: list[str]
    is_late: bool
    left: str


@blueprint.get("/incidents", endpoint="incidents")
@access("queue.read")
def listed() -> Response | str:
    return _list(IncidentForm(programmes=programmes.loaded(db.session)))


@blueprint.post("/incidents")
@access("centre.watch")
def raise_incident() -> AnyResponse | tuple[str, int]:
    form, now = IncidentForm(programmes=programmes.loaded(db.session)), clock.now()
    if not form.validate():
        return _list(form), 422
    try:
        about = {"programme": form.chosen, "staff": g.staff, "began_at": now - form.span, "now": now}
        raised = incidents.raise_by_hand(db.session, **about)
        public_id = raised.public_id
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        form.form_errors.append(refused.text(translator()))
        return _list(form), 422
    flash(translator().gettext("The incident stands. Its patients are gathered within a few seconds."), "success")
    return redirect(url_for("clinic.incident", public_id=public_id), 303)


def _list(form: IncidentForm) -> str:
    now = clock.now()
    found = incidents.listed(db.session, staff=g.staff, now=now)
    may_raise = allows(g.staff.role, "centre.watch") and bool(form.programmes)
    return render_template(
        "clinic/incidents.html",
        standing=[one for one in found if one.closed_at is None],
        past=[one for one in found if one.closed_at is not None],
        form=form if may_raise else None,
        kinds=KINDS,
        zone=_zone(),
        language=language(),
    )


@blueprint.get("/incidents/<uuid:public_id>")
@access("queue.read")
def incident(public_id: uuid.UUID) -> str:
    now, number = clock.now(), request.args.get("page", 1, type=int)
    found = incidents.progress(db.session, staff=g.staff, incident=public_id, now=now)
    pages = max(1, -(-found.total // PAGE))
    number = min(max(number, 1), pages)
    rows = incidents.members_of(db.session, staff=g.staff, incident=found.id, now=now, page=number)
    return render_template(
        "clinic/incident.html",
        incident=found,
        lines=[_line(member, now) for member in rows],
        pages=pages,
        number=number,
        kinds=KINDS,
        settled=SETTLED,
        zone=_zone(),
        language=language(),
        name=found.programme.get(language(), ""),
    )


def _line(member: incidents.Member, now: datetime) -> Line:
    _, *why = reasons.words({"reasons": member.reasons}, language()) or [""]
    is_late = member.settled_at is None and member.deadline_at <= now
    return Line(member, why[:MOST_WORDS], is_late, board.wait(abs(member.deadline_at - now)))


@blueprint.get("/incidents/<uuid:public_id>.csv")
@access("queue.read")
def incident_csv(public_id: uuid.UUID) -> Response:
    """Without a name: an enrolment's number finds the file of whoever may open it."""
    found = incidents.progress(db.session, staff=g.staff, incident=public_id, now=clock.now())
    headers = {"Content-Disposition": f'attachment; filename="incident-{found.began_at:%Y-%m-%d-%H%M}.csv"'}
    lines = io.StringIO()
    csv.writer(lines).writerows([COLUMNS, *_cells(found.id)])
    return Response(written(lines.getvalue()), mimetype="text/csv", headers=headers)


def _cells(incident_id: int) -> Iterator[list[str]]:
    for row in incidents.every_member(db.session, staff=g.staff, incident=incident_id):
        level, deadline, at = Level(row["risk"]).code, row["deadline_at"].isoformat(), row["settled_at"]
        settled = [row["settled_by"] or "", at.isoformat() if at else ""]
        yield [no_formula(cell) for cell in (str(row["enrolment"]), level, row["cause"] or "", deadline, *settled)]


def _zone() -> str:
    known = programmes.loaded(db.session)
    return known[0].zone if known else "Europe/Paris"
