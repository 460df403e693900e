"""A fact taken into a draft: chosen among what is asked and known, then named, with what its absence means."""

from __future__ import annotations

import uuid

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Page

from triage.documents.writing import write_given
from triage.facts import Fact
from webapp import kept
from webapp.admin.blueprint import blueprint
from webapp.admin.builder import desk as desks
from webapp.admin.builder import fact_sources, findings
from webapp.admin.builder.desk import Data, Desk
from webapp.admin.builder.fact_form import (
    FactForm,
    SourceForm,
    fact_form,
    read_source,
    spelt_source,
    usual_form,
)
from webapp.admin.builder.given_form import GivenForm
from webapp.extensions import translator
from webapp.permissions import KEEPS, access

KEEPS["admin.save_fact"] = kept.page


@blueprint.get("/drafts/<uuid:public_id>/fact")
@access("protocol.edit")
def draft_fact(public_id: uuid.UUID) -> Page:
    """One that is there, one whose source was chosen, or the choice of a source."""
    desk = desks.find(public_id)
    if away := desks.closed(desk):
        return away
    name, source = request.args.get("fact", ""), request.args.get("source", "")
    if not name and not source:
        form = SourceForm(desk.document, fact_sources.in_force(desk.programme))
        form.revision.data = str(desk.draft.revision)
        return render_template("admin/draft_source.html", desk=desk, form=form, here=desk.at("choose_fact"))
    made = _made(desk, name, source)
    if made is None:
        abort(404)
    form = fact_form(desk.offer, made, None, is_new=not name)
    form.revision.data = str(desk.draft.revision)
    return _page(desk, form, usual_form(desk.offer, made, None))


def _made(desk: Desk, name: str, source: str) -> Fact | None:
    if name:
        return next((fact for fact in desk.document.facts if fact.name == name), None)
    read = read_source(source)
    return None if read is None else fact_sources.fact_of(read, fact_sources.in_force(desk.programme), desk.document)


@blueprint.post("/drafts/<uuid:public_id>/fact/choose")
@access("protocol.edit")
def choose_fact(public_id: uuid.UUID) -> Page:
    """Nothing is kept yet: the next page asks the rest."""
    desk = desks.find(public_id)
    if away := desks.closed(desk):
        return away
    form = SourceForm(desk.document, fact_sources.in_force(desk.programme))
    if not form.validate():
        return render_template("admin/draft_source.html", desk=desk, form=form, here=desk.at("choose_fact")), 422
    return redirect(url_for("admin.draft_fact", public_id=public_id, source=spelt_source(form.source())))


@blueprint.post("/drafts/<uuid:public_id>/fact")
@access("protocol.edit")
def save_fact(public_id: uuid.UUID) -> Page:
    desk = desks.find(public_id)
    if away := desks.closed(desk):
        return away
    made = _made(desk, request.form.get("fact", ""), request.form.get("source", ""))
    if made is None:
        abort(400)
    form = fact_form(desk.offer, made, request.form, is_new=not request.form.get("fact"))
    usual = usual_form(desk.offer, made, request.form)
    if kept.is_back():
        return _page(desk, form, usual)
    if not all((form.validate(), usual.validate())):
        return _page(desk, form, usual), 422
    taken = {one.name for one in (*desk.document.limits, *desk.document.facts)}
    fact = form.written(desk.document, taken)
    name = str(fact["name"])

    def change(data: Data) -> None:
        put(data, fact)
        data["usual"] = {**data.get("usual", {}), name: write_given({name: usual.given()})[name]}

    tried = desk.copy()
    change(tried)
    for finding in findings.about(findings.of(tried), "facts", name):
        form.form_errors.append(findings.sentence(finding, desk.words))
    if form.errors or not desk.save(form, change):
        return _page(desk, form, usual), 409 if form.conflict else 422
    flash(translator().gettext("The fact is saved in the draft. Rules can use it now."), "success")
    return redirect(f"{desk.address}#fact-{name}")


def put(data: Data, fact: Data) -> None:
    facts = data.setdefault("facts", [])
    for number, one in enumerate(facts):
        if one.get("name") == fact["name"]:
            facts[number] = fact
            return
    facts.append(fact)


def _page(desk: Desk, form: FactForm, usual: GivenForm) -> str:
    asked = fact_sources.in_force(desk.programme)
    return render_template(
        "admin/draft_fact.html",
        desk=desk,
        form=form,
        usual=usual,
        choices=list(desk.offer.codes(form.made).values()),
        errors=[(field.id, str(error)) for field in usual for error in field.errors],
        comes_from=fact_sources.told(form.made.source, asked),
        here=desk.at("save_fact"),
    )
