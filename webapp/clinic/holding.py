"""Who holds which call-back: one's own list, which can be handed over, and everybody's for who watches the centre."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from records import clock, patients
from records.db import db
from records.models import Staff
from records.patients import Identity
from triage import callbacks
from triage.callbacks import holdings
from triage.callbacks.holdings import Held
from triage.refusals import NoSuchColleague, Refused
from webapp.clinic.action_forms import as_uuid
from webapp.clinic.blueprint import blueprint
from webapp.clinic.claiming import trusted_now
from webapp.extensions import translator
from webapp.permissions import access

CHOSEN = "chosen"


@dataclass(frozen=True)
class Row:
    held: Held
    person: Identity

    @property
    def zone(self) -> str:
        return self.held.enrolment.programme.zone


def _rows(found: Iterable[Held]) -> list[Row]:
    return [Row(one, patients.reveal(one.enrolment.patient)) for one in found]


@blueprint.get("/callbacks/mine")
@access("callback.work")
def my_calls() -> str:
    return _mine()


def _mine(refused: str = "", chosen: frozenset[uuid.UUID] = frozenset(), to: str = "") -> str:
    found = holdings.held(db.session, staff=g.staff, now=clock.now(), by=g.staff)
    rows = _rows(found)
    return render_template(
        "clinic/my_calls.html",
        rows=rows,
        counting=sum(row.held.counts for row in rows),
        people=holdings.colleagues(db.session, staff=g.staff, now=clock.now()),
        refused=refused,
        chosen=chosen,
        to=to,
    )


@blueprint.post("/callbacks/hand-over")
@access("callback.hand-over")
def hand_over() -> Response | tuple[str, int]:
    """All of one's call-backs, or those that were ticked, to a colleague."""
    ticked = frozenset(found for text in request.form.getlist("callback")[:500] if (found := as_uuid(text)))
    to = request.form.get("to", "")
    try:
        given = {"from_staff": g.staff, "to_staff": _colleague(to), "now": trusted_now()}
        chosen = ticked if request.form.get("which") == CHOSEN else None
        done = callbacks.hand_over(db.session, **given, callbacks=chosen, from_address=request.remote_addr)
        names = {"name": given["to_staff"].name, "num": len(done.callbacks)}
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        g.page_address = ("clinic.my_calls", {})
        return _mine(refused.text(translator()), ticked, to), 422
    t = translator()
    said = t.catalogue.ngettext(
        "%(name)s now has one call-back of yours.", "%(name)s now has %(num)s call-backs of yours.", names["num"]
    )
    flash(said % names, "success")
    return redirect(url_for("clinic.my_calls"))


def _colleague(public_id: str) -> Staff:
    """Raises NoSuchColleague. Of whom is not offered the service says why not."""
    wanted = as_uuid(public_id)
    found = db.session.query(Staff).filter_by(public_id=wanted).one_or_none() if wanted else None
    if found is None:
        raise NoSuchColleague
    return found


@blueprint.get("/callbacks/claimed")
@access("centre.watch")
def all_claims() -> str:
    """Nothing that is claimed is hidden from who watches the centre."""
    return render_template("clinic/claims.html", rows=_rows(holdings.held(db.session, staff=g.staff, now=clock.now())))
