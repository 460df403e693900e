"""My page: what comes next, when to worry, and what a patient may ask for. It needs no more than the session."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, g, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import HiddenField

from notifications import departures, on_request
from records import clock
from records import enrolment as enrolments
from records.audit import Actor
from records.db import db
from records.models import AnswersBy, Enrolment, EnrolmentState
from records.refusals import Refused
from triage import asked
from webapp import formatting
from webapp.extensions import language, translator
from webapp.lazy import lazy
from webapp.patient import mine_reading, reception
from webapp.patient.blueprint import LANGUAGE, blueprint
from webapp.permissions import access

WHY = {
    asked.Why.WORSE: lazy("I feel worse"),
    asked.Why.QUESTION: lazy("I have a question about the follow-up"),
    asked.Why.TREATMENT: lazy("I have a question about a treatment"),
    asked.Why.TECHNICAL: lazy("Something does not work"),
    asked.Why.UNSAID: lazy("I would rather not say"),
}


class PlainForm(FlaskForm):
    """The token against forged requests, and whose page it is; the act is the button."""

    owner = HiddenField()


def page_of(template: str, **shown: object) -> Response | str:
    """A page about the session's own follow-up; whoever has not agreed yet is asked that first."""
    enrolment = g.patient_session.enrolment
    if enrolment.state == EnrolmentState.INVITED:
        return redirect(url_for("patient.consent"))
    now = clock.now()
    mine = mine_reading.read(db.session, enrolment, language=language(), now=now)
    form = PlainForm(owner=reception.owner_of(enrolment))
    return render_template(
        f"patient/{template}", mine=mine, enrolment=enrolment, programme=enrolment.programme, form=form, **shown
    )


def act(service: Callable[[Enrolment, Actor], str | None], to: str = "patient.mine") -> Response:
    """Does what was asked for and commits, or says why not; then back to the page."""
    enrolment = g.patient_session.enrolment
    if not reception.is_of(enrolment, request.form):
        flash(translator().gettext("That page was another person’s. Nothing was done."), "error")
        return redirect(url_for(to), 303)
    try:
        said = service(enrolment, Actor.patient(enrolment.patient, request.remote_addr))
        db.session.commit()
    except Refused as refusal:
        db.session.commit()  # nothing was changed, but a try may have been counted
        flash(refusal.text(translator()), "error")
    else:
        if said:
            flash(said, "success")
    return redirect(url_for(to), 303)


@blueprint.get(f"{LANGUAGE}/me")
@access("patient")
def mine() -> Response | str:
    return page_of("mine.html")


@blueprint.post(f"{LANGUAGE}/me/remind")
@access("patient")
def remind_later() -> Response:
    return act(_remind)


def _remind(enrolment: Enrolment, actor: Actor) -> str:
    now = clock.now()
    checkin = mine_reading.asked_now(db.session, enrolment, now)
    if checkin is None:
        raise on_request.NothingToRemind
    at = on_request.remind_later(db.session, enrolment=enrolment, checkin=checkin, actor=actor, now=now)
    return translator().gettext("We remind you at %(hour)s.", hour=formatting.hour(at, enrolment.zone))


@blueprint.get(f"{LANGUAGE}/me/call")
@access("patient")
def call() -> Response | str:
    return page_of("mine_call.html", reasons=WHY)


@blueprint.post(f"{LANGUAGE}/me/call")
@access("patient")
def ask_call() -> Response:
    return act(_ask_call)


def _ask_call(enrolment: Enrolment, actor: Actor) -> None:
    why = request.form.get("why", "")
    asked.ask_for_call(db.session, enrolment=enrolment, why=why, actor=actor, now=clock.now())


@blueprint.get(f"{LANGUAGE}/me/stop")
@access("patient")
def stop() -> Response | str:
    return page_of("mine_stop.html")


@blueprint.post(f"{LANGUAGE}/me/stop")
@access("patient")
def stop_texts() -> Response:
    return act(_stop)


def _stop(enrolment: Enrolment, actor: Actor) -> None:
    departures.stop(db.session, enrolment=enrolment, actor=actor, now=clock.now())


@blueprint.post(f"{LANGUAGE}/me/start")
@access("patient")
def start_texts() -> Response:
    return act(_start)


def _start(enrolment: Enrolment, actor: Actor) -> str | None:
    started = departures.start_again(db.session, enrolment=enrolment, actor=actor, now=clock.now())
    return translator().gettext("You get our texts again.") if started else None


@blueprint.post(f"{LANGUAGE}/me/door")
@access("patient")
def change_door() -> Response:
    """Answering by telephone instead of by text, or back."""
    return act(_change_door)


DOORS = {"call": AnswersBy.STAFF, "text": AnswersBy.PHONE}


def _change_door(enrolment: Enrolment, actor: Actor) -> None:
    wanted = DOORS.get(request.form.get("door", ""))
    if wanted is not None:
        enrolments.switch_door(db.session, enrolment=enrolment, answers_by=wanted, actor=actor, now=clock.now())


@blueprint.get(f"{LANGUAGE}/me/remind", endpoint="after_remind")
@blueprint.get(f"{LANGUAGE}/me/start", endpoint="after_start")
@blueprint.get(f"{LANGUAGE}/me/door", endpoint="after_door")
@access("patient")
def back_to_mine() -> Response:
    """Where a reload of an address that only takes an act leads."""
    return redirect(url_for("patient.mine"))
