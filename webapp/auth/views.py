"""Sign-in, set-up and sign-out. Every refusal of sign-in reads the same, whatever its cause."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from records import clock, staff
from records.db import db
from records.models import Staff
from records.refusals import FieldErrors
from webapp import navigation
from webapp.auth import forms, sessions
from webapp.extensions import LANGUAGE, translator
from webapp.permissions import access

blueprint = Blueprint("auth", __name__, url_prefix=f"{LANGUAGE}/staff")
blueprint.before_app_request(sessions.load)


@blueprint.get("/sign-in")
@access("public")
def sign_in() -> str | Response:
    if g.staff is not None:
        return redirect(_destination(g.staff, request.args.get("next")))
    form = forms.SignInForm()
    form.next.data = sessions.local_path(request.args.get("next")) or ""
    return render_template("auth/sign_in.html", form=form)


@blueprint.post("/sign-in")
@access("public")
def start() -> str | Response | tuple[str, int]:
    form = forms.SignInForm()
    if form.validate():
        said = {"email": form.email.data, "password": form.password.data}
        where = {"from_address": request.remote_addr or "", "browser": request.cookies.get(sessions.BROWSER)}
        outcome = staff.sign_in(db.session, **said, **where, now=clock.now())
        db.session.commit()  # a refusal too: it counts towards the caps
        if not isinstance(outcome, staff.SignInRefused):
            _leave()  # whoever was signed in here before is not any more
            opened, token = outcome
            answer = redirect(_destination(opened.staff, form.next.data))
            return sessions.give(answer, token, email=opened.staff.email)
        form.form_errors.append(outcome.reason.text(translator()))
    return render_template("auth/sign_in.html", form=form), 422


def _destination(person: Staff, next_path: str | None) -> str:
    return sessions.local_path(next_path) or navigation.home(person)


@blueprint.get("/set-up/<token>")
@access("public")
def set_up(token: str) -> str | tuple[str, int]:
    try:
        person = staff.invited(db.session, token=token, now=clock.now())
    except staff.SetupLinkRefused as refused:
        return _link_ended(refused)
    return render_template("auth/set_up.html", form=forms.SetUpForm(), person=person)


@blueprint.post("/set-up/<token>")
@access("public")
def choose(token: str) -> Response | str | tuple[str, int]:
    form = forms.SetUpForm()
    try:
        person = staff.invited(db.session, token=token, now=clock.now())
        if form.validate():
            said = {"password": form.password.data, "from_address": request.remote_addr}
            staff.set_up(db.session, token=token, **said, now=clock.now())
            db.session.commit()
            flash(translator().gettext("Your password is set. Sign in with it."), "success")
            return redirect(url_for("auth.sign_in", language=person.language))
    except staff.SetupLinkRefused as refused:
        return _link_ended(refused)
    except FieldErrors as refused:
        form.password.errors = [refused.texts(translator())["password"]]
    return render_template("auth/set_up.html", form=form, person=person), 422


def _link_ended(refused: staff.SetupLinkRefused) -> tuple[str, int]:
    return render_template("auth/link_ended.html", reason=refused.text(translator())), 410


@blueprint.post("/sign-out")
@access("public")
def sign_out() -> Response:
    _leave()
    flash(translator().gettext("You are signed out."), "success")
    return sessions.take_back(redirect(url_for("auth.sign_in")))


def _leave() -> None:
    if g.staff_session is not None:
        staff.sign_out(db.session, staff_session=g.staff_session, from_address=request.remote_addr, now=clock.now())
        db.session.commit()
