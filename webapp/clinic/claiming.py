"""Taking a call-back, keeping it while its page is open, giving it back or on to somebody else."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime

from flask import current_app, flash, g, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from records import clock
from records.clock_check import ClockSkew, check_clock
from records.db import db
from records.models import Enrolment
from triage import callbacks
from triage.callbacks import finding
from triage.duty import people
from triage.models import DispositionKind
from triage.refusals import ClaimEnded, ClockWrong, NotFound, Refused, TakenBy
from webapp import formatting
from webapp.clinic import queue_address
from webapp.clinic.blueprint import blueprint
from webapp.extensions import translator
from webapp.permissions import access

Take = Callable[..., callbacks.Claimed]


def trusted_now() -> datetime:
    """The present instant of a process that may decide on claims: one whose clock is the database's. One that is fast
    would find that everybody's claims have ended. Raises ClockWrong.
    """
    if current_app.config.get("CLAIMS_CHECK_CLOCK", True):
        try:
            check_clock(db.session(), clock.now)
        except ClockSkew as skewed:
            raise ClockWrong from skewed
    return clock.now()


def about(public_id: uuid.UUID) -> dict[str, object]:
    """Who does what to which call-back, and when. Raises ClockWrong."""
    return {"callback": public_id, "staff": g.staff, "now": trusted_now(), "from_address": request.remote_addr}


def whose(public_id: uuid.UUID) -> Enrolment:
    """The patient of a call-back within one's teams. Raises NotFound."""
    return finding.find(db.session, callback=public_id, staff=g.staff).enrolment


@blueprint.post("/callbacks/<uuid:public_id>/claim")
@access("callback.work")
def claim(public_id: uuid.UUID) -> AnyResponse | tuple[str, int]:
    return _take(public_id, callbacks.claim)


@blueprint.post("/callbacks/<uuid:public_id>/take-over")
@access("callback.work")
def take_over(public_id: uuid.UUID) -> AnyResponse | tuple[str, int]:
    return _take(public_id, callbacks.take_over)


@blueprint.post("/callbacks/<uuid:public_id>/seen")
@access("callback.work")
def acknowledge(public_id: uuid.UUID) -> AnyResponse | tuple[str, int]:
    """ "I have seen it": of the worse reason that came while one had the call."""
    return _take(public_id, callbacks.acknowledge)


def _take(public_id: uuid.UUID, how: Take) -> AnyResponse | tuple[str, int]:
    enrolment = whose(public_id)
    try:
        taken = how(db.session, **about(public_id))
        db.session.commit()
        return redirect(url_for("clinic.patient", public_id=taken.enrolment))
    except TakenBy as refused:
        db.session.rollback()
        g.page_address = ("clinic.patient", {"public_id": enrolment.public_id})
        return render_template("clinic/taken.html", refused=refused, public_id=public_id, enrolment=enrolment), 409
    except ClaimEnded as refused:
        return _back(refused, url_for("clinic.patient", public_id=enrolment.public_id))
    except Refused as refused:
        return _back(refused, url_for("clinic.queue"))


@blueprint.post("/callbacks/next")
@access("callback.work")
def claim_next() -> AnyResponse:
    """The most urgent one that nobody has, for whoever takes what comes; within what their queue shows."""
    asked = queue_address.read(request.args, staff=g.staff)
    try:
        given = {"staff": g.staff, "now": trusted_now(), "from_address": request.remote_addr}
        taken = callbacks.claim_next(db.session, **given, filters=asked.filters)
        db.session.commit()
    except Refused as refused:
        return _back(refused, url_for("clinic.queue", **asked.query))
    if taken is None:
        flash(translator().gettext("Nobody is waiting whom you could call now."), "info")
        return redirect(url_for("clinic.queue", **asked.query))
    return redirect(url_for("clinic.patient", public_id=taken.enrolment))


@blueprint.post("/callbacks/<uuid:public_id>/hand-up")
@access("callback.work")
def hand_up(public_id: uuid.UUID) -> AnyResponse:
    """It stands in the physicians' own view of the queue from now on, with all its reasons."""
    try:
        kind = DispositionKind.TO_PHYSICIAN
        callbacks.dispose(db.session(), **about(public_id), kind=kind, seen_alerts=())
        db.session.commit()
    except Refused as refused:
        return _back(refused, url_for("clinic.queue"))
    flash(translator().gettext("The call-back waits for a physician now."), "success")
    return redirect(url_for("clinic.queue"))


@blueprint.context_processor
def _on_pages() -> dict[str, object]:
    return {"who_answers": _who_answers}


def _who_answers(enrolment: Enrolment) -> list[people.Answering]:
    return people.answering(db.session(), team_id=enrolment.team_id, now=clock.now())


@blueprint.post("/callbacks/<uuid:public_id>/release")
@access("callback.work")
def release(public_id: uuid.UUID) -> AnyResponse:
    try:
        callbacks.release(db.session, **about(public_id))
        db.session.commit()
    except NotFound:
        raise  # another team's is not there
    except Refused as refused:
        return _back(refused, url_for("clinic.queue"))
    return redirect(url_for("clinic.queue"))


def _back(refused: Refused, address: str) -> AnyResponse:
    """Nothing was changed; the page one comes to says what stands now."""
    db.session.rollback()
    flash(refused.text(translator()), "error")
    return redirect(address)


@blueprint.post("/callbacks/<uuid:public_id>/renew")
@access("callback.work")
def renew(public_id: uuid.UUID) -> tuple[AnyResponse, int]:
    """The open page's sign of life. 200 with until when, and whether a worse reason waits to be seen; 409 with a
    sentence when the call is no longer one's own; 503 from a server whose clock is wrong.
    """
    try:
        kept = callbacks.renew(db.session, callback=public_id, staff=g.staff, now=trusted_now())
        zone = whose(public_id).programme.zone
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        return jsonify(lost=refused.text(translator())), 503 if isinstance(refused, ClockWrong) else 409
    until = translator().gettext("You have this call until %(hour)s.", hour=formatting.hour(kept.claim_ends_at, zone))
    return jsonify(until=until, worse=kept.worsened_at is not None), 200
