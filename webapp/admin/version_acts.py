"""What people do to a version: sign it, put its start off, withdraw it, try it on real answers, go back to it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from records import clock
from records.db import db
from triage import protocols
from triage.models import ProtocolVersion
from triage.protocols import replays
from triage.refusals import Refused
from webapp import formatting
from webapp.admin import lives, versions
from webapp.admin.blueprint import blueprint
from webapp.admin.sign_form import ActForm, GoBackForm, SignForm
from webapp.extensions import translator
from webapp.permissions import access

Page = str | Response | tuple[str, int]


@blueprint.get("/protocol/<uuid:public_id>")
@access("protocol.read")
def version(public_id: uuid.UUID) -> Page:
    return _review(versions.version(public_id), clock.now())


@blueprint.post("/protocol/<uuid:public_id>/sign")
@access("protocol.sign")
def sign(public_id: uuid.UUID) -> Page:
    chosen = versions.version(public_id)
    programme = versions.programme_of(chosen)
    protocols.take_turn(db.session, slug=chosen.slug)  # so that what is in force is still that when it is signed
    now = clock.now()
    shown, form = versions.to_review(chosen), SignForm(zone=programme.zone, now=now)
    if form.can_sign(shown):
        try:
            protocols.sign(
                db.session,
                version=chosen,
                programme=programme,
                physician=g.staff,
                from_at=form.from_at,
                **_from_here(now),
            )
        except Refused as refused:
            form.form_errors.append(refused.text(translator()))
        else:
            db.session.commit()
            flash(_signed(chosen, form, programme.zone), "success")
            return redirect(url_for("admin.protocol", programme=programme.slug))
    return _review(chosen, now, sign=form), 422


def _signed(chosen: ProtocolVersion, form: SignForm, zone: str) -> str:
    t = translator()
    if form.from_at is None:
        return t.gettext("You signed version %(number)s. It is in force from now.", number=chosen.number)
    return t.gettext(
        "You signed version %(number)s. It is in force from %(when)s, by the centre’s clock.",
        number=chosen.number,
        when=formatting.moment(form.from_at, zone),
    )


@blueprint.post("/protocol/<uuid:public_id>/unschedule")
@access("protocol.sign")
def unschedule(public_id: uuid.UUID) -> Page:
    chosen, now = versions.version(public_id), clock.now()
    said = {"version": chosen, "programme": versions.programme_of(chosen), "physician": g.staff}
    done = translator().gettext("Version %(number)s will not start. What is in force stays.", number=chosen.number)
    return _acted(chosen, now, lambda: protocols.unschedule(db.session, **said, **_from_here(now)), done)


@blueprint.post("/protocol/<uuid:public_id>/withdraw")
@access("protocol.edit")
def withdraw(public_id: uuid.UUID) -> Page:
    chosen, now = versions.version(public_id), clock.now()
    done = translator().gettext("Version %(number)s is withdrawn. It stays readable.", number=chosen.number)
    return _acted(
        chosen,
        now,
        lambda: protocols.withdraw(db.session, version=chosen, staff=g.staff, **_from_here(now)),
        done,
    )


@blueprint.post("/protocol/<uuid:public_id>/replay-last-weeks")
@access("protocol.edit")
def replay_last_weeks(public_id: uuid.UUID) -> Page:
    chosen, now = versions.version(public_id), clock.now()
    done = translator().gettext("The replay of the last 28 days is asked for.")
    return _acted(
        chosen,
        now,
        lambda: replays.ask_for_last_weeks(db.session, version=chosen, staff=g.staff, now=now),
        done,
    )


@blueprint.post("/protocol/<uuid:public_id>/go-back")
@access("protocol.edit")
def go_back(public_id: uuid.UUID) -> Page:
    chosen, now, form = versions.version(public_id), clock.now(), GoBackForm()
    if form.validate():
        said = {"to": chosen, "reason": form.reason.data, "author": g.staff}
        try:
            made = protocols.roll_back(db.session, **said, **_from_here(now))
        except Refused as refused:
            form.form_errors.append(refused.text(translator()))
        else:
            db.session.commit()
            flash(
                translator().gettext(
                    "Version %(number)s says what version %(old)s said. Another physician must sign it.",
                    number=made.number,
                    old=chosen.number,
                )
            )
            return redirect(url_for("admin.version", public_id=made.public_id))
    return _review(chosen, now, back=form), 422


def _from_here(now: datetime) -> dict[str, Any]:
    return {"now": now, "from_address": request.remote_addr}


def _acted(chosen: ProtocolVersion, now: datetime, act: Callable[[], object], done: str) -> Page:
    form = ActForm()
    try:
        act()
    except Refused as refused:
        db.session.rollback()
        form.form_errors.append(refused.text(translator()))
        return _review(chosen, now, act=form), 422
    db.session.commit()
    flash(done, "success")
    return redirect(url_for("admin.version", public_id=chosen.public_id))


def _review(chosen: ProtocolVersion, now: datetime, **refused: FlaskForm) -> str:
    """The version with every act that the reader may do; `refused` is the form that could not be taken."""
    g.page_address = ("admin.version", {"public_id": chosen.public_id})
    programme, shown = versions.programme_of(chosen), versions.to_review(chosen)
    life = lives.of_all(programme, now)[chosen.id]
    forms: dict[str, Any] = {
        "sign": SignForm.showing(shown, zone=programme.zone, now=now),
        "back": GoBackForm(),
        "act": ActForm(),
    } | refused
    return render_template(
        "admin/version.html",
        shown=shown,
        life=life,
        may_do=lives.choices(chosen, life, programme, now),
        co_authors=lives.co_authors(chosen),
        same_as=lives.same_as(chosen),
        there_is=lives.there_is,
        form=next(iter(refused.values()), forms["sign"]),
        forms=forms,
        programme=programme,
        t=translator(),
    )
