"""A limit added to a draft, or changed with its order among the others."""

from __future__ import annotations

import uuid

from flask import abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue as Page

from triage.documents import Limit
from webapp import kept
from webapp.admin.blueprint import blueprint
from webapp.admin.builder import desk as desks
from webapp.admin.builder import findings
from webapp.admin.builder.desk import Data, Desk
from webapp.admin.builder.limit_form import LimitForm, limit_form
from webapp.extensions import translator
from webapp.permissions import KEEPS, access

KEEPS["admin.save_limit"] = kept.page


@blueprint.get("/drafts/<uuid:public_id>/limit")
@access("protocol.edit")
def draft_limit(public_id: uuid.UUID) -> Page:
    desk = desks.find(public_id)
    if away := desks.closed(desk):
        return away
    wanted = request.args.get("limit", "")
    limit = _known(desk, wanted)
    if wanted and limit is None:
        abort(404)
    form = limit_form(desk.offer, limit, wanted)
    form.revision.data = str(desk.draft.revision)
    return _page(desk, form)


def _known(desk: Desk, name: str) -> Limit | None:
    return next((one for one in desk.document.limits if one.name == name), None)


@blueprint.post("/drafts/<uuid:public_id>/limit")
@access("protocol.edit")
def save_limit(public_id: uuid.UUID) -> Page:
    desk = desks.find(public_id)
    if away := desks.closed(desk):
        return away
    wanted = request.form.get("limit", "")
    form = limit_form(desk.offer, _known(desk, wanted), wanted)
    if kept.is_back() or request.form.get("do") == "look":
        return _page(desk, form)
    if not form.validate():
        return _page(desk, form), 422
    taken = {one.name for one in (*desk.document.limits, *desk.document.facts)}
    limit = form.written(taken)
    name, orders = str(limit["name"]), form.ordered(str(limit["name"]))

    def change(data: Data) -> None:
        put(data, limit)
        kept_orders = [one for one in data.get("orders", []) if name not in (one[0], one[2])]
        data["orders"] = [*kept_orders, *orders]

    tried = desk.copy()
    change(tried)
    for finding in findings.about(findings.of(tried), "limits", name):
        if "lower" not in finding.values:  # an order is told on the draft, so that two limits can pass each other
            form.form_errors.append(findings.sentence(finding, desk.words))
    if form.errors or not desk.save(form, change):
        return _page(desk, form), 409 if form.conflict else 422
    flash(translator().gettext("The limit is saved in the draft."), "success")
    return redirect(f"{desk.address}#limit-{name}")


def put(data: Data, limit: Data) -> None:
    limits = data.setdefault("limits", [])
    for number, one in enumerate(limits):
        if one.get("name") == limit["name"]:
            limits[number] = limit
            return
    limits.append(limit)


def _page(desk: Desk, form: LimitForm) -> str:
    return render_template("admin/draft_limit.html", desk=desk, form=form, here=desk.at("save_limit"))
