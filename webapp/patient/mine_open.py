"""The door of one's own history: a second factor opens it for a quarter of an hour, in this session alone."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField

from notifications import on_request
from notifications.departures import phone_of
from notifications.models import Purpose
from questionnaires.numbers import plain_digits
from records import clock, second_factor, throttles
from records.audit import Actor
from records.db import db
from records.models import Enrolment, EnrolmentState
from webapp.extensions import language, translator
from webapp.patient import mine, mine_history
from webapp.patient.blueprint import LANGUAGE, blueprint
from webapp.permissions import access


class CodeForm(FlaskForm):
    code = StringField()


@blueprint.get(f"{LANGUAGE}/me/history")
@access("patient")
def history() -> Response | str:
    """404 for nobody, but only the door for whoever has not shown a second factor."""
    patient_session = g.patient_session
    enrolment = patient_session.enrolment
    if not second_factor.is_open(patient_session, clock.now()):
        return redirect(url_for("patient.open_history"))
    return render_template(
        "patient/mine_history.html",
        events=mine_history.read(db.session, enrolment, language=language()),
        until=patient_session.history_until,
        enrolment=enrolment,
        programme=enrolment.programme,
        form=mine.PlainForm(),
    )


@blueprint.get(f"{LANGUAGE}/me/open")
@access("patient")
def open_history() -> Response | str:
    if g.patient_session.enrolment.state == EnrolmentState.INVITED:
        return redirect(url_for("patient.consent"))
    if second_factor.is_open(g.patient_session, clock.now()):
        return redirect(url_for("patient.history"))
    return _door(CodeForm(formdata=None))


@blueprint.post(f"{LANGUAGE}/me/open")
@access("patient")
def try_code() -> Response | tuple[str, int]:
    """The same answer for every code that does not count, whatever is wrong with it."""
    form = CodeForm()
    if not form.validate_on_submit() or not (form.code.data or "").strip():
        form.code.errors = [translator().gettext("Type the code.")]
        return _door(form), 422
    now, typed = clock.now(), plain_digits(form.code.data)
    try:
        opened = second_factor.open_history(
            db.session, patient_session=g.patient_session, typed=typed, now=now, from_address=request.remote_addr
        )
    except throttles.TooManyTries as refusal:
        form.code.errors = [refusal.text(translator())]
        return _door(form), 429
    finally:
        db.session.commit()
    if not opened:
        form.code.errors = [_wrong()]
        return _door(form), 422
    return redirect(url_for("patient.history"), 303)


@blueprint.post(f"{LANGUAGE}/me/code")
@access("patient")
def send_code() -> Response:
    return mine.act(_send, to="patient.open_history")


def _send(enrolment: Enrolment, _actor: Actor) -> str:
    on_request.send_code(db.session, enrolment=enrolment, now=clock.now())
    return translator().gettext("The code is on its way. It is good for 10 minutes.")


@blueprint.post(f"{LANGUAGE}/me/close")
@access("patient")
def close_history() -> Response:
    second_factor.close_history(db.session, patient_session=g.patient_session)
    db.session.commit()
    flash(translator().gettext("Your history is closed."), "success")
    return redirect(url_for("patient.mine"), 303)


@blueprint.get(f"{LANGUAGE}/me/code", endpoint="after_code")
@blueprint.get(f"{LANGUAGE}/me/close", endpoint="after_close")
@access("patient")
def back_to_door() -> Response:
    return redirect(url_for("patient.open_history"))


def _wrong() -> str:
    return translator().gettext(
        "This code does not open your history: it is mistyped, used, or more than 10 minutes old. Check it, or ask for "
        "a new one."
    )


def _door(form: CodeForm) -> str:
    enrolment = g.patient_session.enrolment
    why_not = on_request.why_not(db.session, enrolment=enrolment, purpose=Purpose.CODE, now=clock.now())
    phone = phone_of(enrolment.patient)
    return render_template(
        "patient/mine_open.html",
        form=form,
        why_not=on_request.NoText(why_not).text(translator()) if why_not else None,
        ends_in=phone[-2:] if phone else "",
        paper=second_factor.paper_counts(g.patient_session),
        enrolment=enrolment,
        programme=enrolment.programme,
    )
