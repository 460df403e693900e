"""A draft as a whole: begun, looked at, parts taken out or moved, a step taken back, finished or discarded."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Answer
from flask_wtf import FlaskForm
from wtforms import HiddenField

from records import clock
from records.db import db
from triage import drafts
from triage.findings import ProtocolError
from triage.refusals import Refused
from webapp import kept
from webapp.admin import versions
from webapp.admin.blueprint import blueprint
from webapp.admin.builder import acts
from webapp.admin.builder import desk as desks
from webapp.admin.builder.desk import Data, Desk, DraftForm
from webapp.admin.builder.page import Page
from webapp.extensions import translator
from webapp.fields import Note, Required
from webapp.lazy import lazy
from webapp.permissions import KEEPS, access

KEEPS["admin.finish_draft"] = kept.page


class BeginForm(FlaskForm):
    """`based_on` is the version that a draft starts from."""

    based_on = HiddenField()


class FinishForm(DraftForm):
    reason = Note(
        lazy("Reason for this version"),
        [Required("Type the reason: it stays beside this version for good")],
        longest=500,
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(prefix="finish-", **kwargs)


class ChangeForm(DraftForm):
    """One button: `do` says which."""


@blueprint.get("/drafts")
@access("protocol.read")
def protocol_drafts() -> Answer:
    """Those that are worked on, and the way to begin one."""
    programme = versions.loaded_programme()
    form, current = BeginForm(), versions.in_use(programme, clock.now())
    form.based_on.data = str(current.public_id) if current else ""
    return render_template(
        "admin/drafts.html",
        programme=programme,
        current=current,
        open_ones=drafts.open_ones(db.session, slug=programme.slug),
        form=form,
    )


@blueprint.post("/drafts")
@access("protocol.edit")
def begin_draft() -> Answer:
    base = versions.version(request.form.get("based_on", ""))
    draft = drafts.begin(db.session, based_on=base, staff=g.staff, now=clock.now(), from_address=request.remote_addr)
    db.session.commit()
    return redirect(url_for("admin.draft", public_id=draft.public_id))


@blueprint.get("/drafts/<uuid:public_id>")
@access("protocol.read")
def draft(public_id: uuid.UUID) -> Answer:
    desk = desks.find(public_id)
    return desks.closed(desk) or _page(desk)


def _page(desk: Desk, finish: FinishForm | None = None, change: ChangeForm | None = None) -> str:
    finish, change = finish or FinishForm(formdata=None), change or ChangeForm(formdata=None)
    for form in (finish, change):
        form.revision.data = form.revision.data or str(desk.draft.revision)
    shown = Page(desk)
    return render_template("admin/draft.html", desk=desk, page=shown, finish=finish, form=change, t=translator())


def _act(desk: Desk, verb: str, name: str) -> Callable[[Data], None] | None:
    """What a button of the page does to the document; None for one that is not there."""
    return {
        "remove-rule": lambda data: acts.remove_rule(data, name),
        "remove-limit": lambda data: acts.remove_limit(data, name, desk.document),
        "remove-fact": lambda data: acts.remove_fact(data, name),
        "remove-case": lambda data: acts.remove_case(data, name),
        "up": lambda data: acts.move_rule(data, name, -1),
        "down": lambda data: acts.move_rule(data, name, 1),
    }.get(verb)


def _still_used(desk: Desk, verb: str, name: str) -> list[str]:
    if verb == "remove-limit":
        return acts.users_of_limit(desk.document, desk.words, name)
    return acts.users_of_fact(desk.document, desk.words, name) if verb == "remove-fact" else []


@blueprint.post("/drafts/<uuid:public_id>/change")
@access("protocol.edit")
def change_draft(public_id: uuid.UUID) -> Answer:
    desk = desks.find(public_id)
    if away := desks.closed(desk):
        return away
    form, t = ChangeForm(), translator()
    verb, _, name = request.form.get("do", "").partition(":")
    if verb == "discard":
        return _discard(desk, form)
    if verb == "back":
        return _step_back(desk, form)
    act = _act(desk, verb, name)
    if act is None:
        abort(400)
    if used := _still_used(desk, verb, name):
        rules = "; ".join(used)
        form.form_errors.append(t.gettext("This is still used: %(rules)s. Change that first.", rules=rules))
        return _page(desk, change=form), 422
    if not desk.save(form, act):
        return _page(desks.find(public_id), change=form), 409 if form.conflict else 422
    flash(t.gettext("Saved in the draft. “Take back the last step” undoes it."), "success")
    return redirect(f"{desk.address}#{_anchor(verb, name)}")


def _anchor(verb: str, name: str) -> str:
    return {"remove-limit": "limits", "remove-fact": "facts", "remove-case": "cases", "remove-rule": "rules"}.get(
        verb, f"rule-{name}"
    )


def _step_back(desk: Desk, form: ChangeForm) -> Answer:
    said = {"staff": g.staff, "now": clock.now(), "from_address": request.remote_addr}
    seen = form.seen
    try:
        drafts.step_back(db.session, draft_id=desk.draft.public_id, revision=seen, **said)
    except drafts.DraftChanged as changed:
        form.conflict, form.revision.data = desk.conflict(changed, seen), str(changed.revision)
        return _page(desk, change=form), 409
    except Refused as refused:
        form.form_errors.append(refused.text(translator()))
        return _page(desk, change=form), 422
    db.session.commit()
    flash(translator().gettext("The last step is taken back. Taking back once more brings it again."), "success")
    return redirect(desk.address)


def _discard(desk: Desk, form: ChangeForm) -> Answer:
    said = {"staff": g.staff, "now": clock.now(), "from_address": request.remote_addr}
    seen = form.seen
    try:
        drafts.discard(db.session, draft_id=desk.draft.public_id, revision=seen, **said)
    except drafts.DraftChanged as changed:
        form.conflict, form.revision.data = desk.conflict(changed, seen), str(changed.revision)
        return _page(desk, change=form), 409
    except drafts.DraftClosed:
        db.session.rollback()
        return redirect(desk.address)
    db.session.commit()
    flash(translator().gettext("The draft is discarded. Nothing changed for anybody."))
    return redirect(url_for("admin.protocol", programme=desk.programme.slug))


@blueprint.post("/drafts/<uuid:public_id>/finish")
@access("protocol.edit")
def finish_draft(public_id: uuid.UUID) -> Answer:
    desk = desks.find(public_id)
    if away := desks.closed(desk):
        return away
    form = FinishForm()
    if kept.is_back() or not form.validate():
        return _page(desk, finish=form), 200 if kept.is_back() else 422
    seen = form.seen
    said = {"staff": g.staff, "now": clock.now(), "from_address": request.remote_addr}
    try:
        made = drafts.freeze(db.session, draft=desk.draft, revision=seen, reason=form.reason.data or "", **said)
    except drafts.DraftChanged as changed:
        form.conflict, form.revision.data = desk.conflict(changed, seen), str(changed.revision)
        return _page(desk, finish=form), 409
    except ProtocolError:
        form.form_errors.append(translator().gettext("Correct what is marked below first, then finish."))
    except Refused as refused:
        form.form_errors.extend(refused.text(translator()).split("\n"))
    else:
        db.session.commit()
        told = translator().gettext(
            "Version %(number)s is made. It changes nothing before it is signed.", number=made.number
        )
        flash(told, "success")
        return redirect(url_for("admin.version", public_id=made.public_id))
    return _page(desk, finish=form), 422
