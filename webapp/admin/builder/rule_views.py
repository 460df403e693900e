"""Writing a rule: every button of its condition sends the whole form, and nothing typed is lost by any of them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue as Page

from triage.conditions.shapes import AllOf, AnyOf
from webapp import kept
from webapp.admin.blueprint import blueprint
from webapp.admin.builder import desk as desks
from webapp.admin.builder import findings, nodes, rule_form
from webapp.admin.builder.desk import Data, Desk
from webapp.admin.builder.nodes import Node
from webapp.admin.builder.rule_form import RuleForm
from webapp.admin.builder.tree_form import Part, grow
from webapp.extensions import translator
from webapp.permissions import KEEPS, access

KEEPS["admin.save_rule"] = kept.page


@dataclass
class Writing:
    """A rule that is being written."""

    desk: Desk
    form: RuleForm
    tree: Part


@blueprint.get("/drafts/<uuid:public_id>/rule")
@access("protocol.edit")
def draft_rule(public_id: uuid.UUID) -> Page:
    desk = desks.find(public_id)
    if away := desks.closed(desk):
        return away
    wanted = request.args.get("rule")
    rule = next((one for one in desk.document.rules if one.id == wanted), None)
    if wanted and rule is None:
        abort(404)
    form, root = (rule_form.rule_form(desk.document), Node()) if rule is None else rule_form.shown(desk.document, rule)
    form.revision.data = str(desk.draft.revision)
    return _page(Writing(desk, form, grow(root, desk.offer)))


@blueprint.post("/drafts/<uuid:public_id>/rule")
@access("protocol.edit")
def save_rule(public_id: uuid.UUID) -> Page:
    desk = desks.find(public_id)
    if away := desks.closed(desk):
        return away
    root, form = nodes.read(request.form), rule_form.rule_form(desk.document)
    verb, _, place = request.form.get("do", "look").partition(":")
    if kept.is_back() or verb == "look":
        return _page(Writing(desk, form, grow(root, desk.offer)))
    if verb == "save":
        return _save(Writing(desk, form, grow(root, desk.offer)))
    path = nodes.read_path(place)
    try:
        done = None if path is None else nodes.act(root, verb, path, request.form)
    except nodes.TooMuch:
        said = translator().gettext(
            "A rule holds at most %(most)s conditions, nested at most %(deep)s deep: write a second rule",
            most=nodes.MOST_CONDITIONS,
            deep=nodes.DEEPEST,
        )
        form.form_errors.append(said)
        return _page(Writing(desk, form, grow(root, desk.offer))), 422
    if done is None:
        abort(400)
    return _page(Writing(desk, form, grow(root, desk.offer)))


def _save(writing: Writing) -> Page:
    desk, form, tree = writing.desk, writing.form, writing.tree
    if not all((form.validate(), tree.validate())):
        return _page(writing), 422
    when = rule_form.trimmed(tree)
    rule = form.written(when, {one.id for one in desk.document.rules})
    found = findings.about(findings.of(_with(desk.copy(), rule)), "rules", rule["id"])
    if found:
        is_trimmed = isinstance(tree.condition(), AllOf | AnyOf) and tree.condition() != when
        rule_form.blame(found, desk, form, tree, trimmed_root=is_trimmed)
        return _page(writing), 422
    if not desk.save(form, lambda data: rule_form.put(data, rule)):
        return _page(writing), 409 if form.conflict else 422
    flash(translator().gettext("The rule is saved in the draft."), "success")
    return redirect(f"{desk.address}#rule-{rule['id']}")


def _with(data: Data, rule: Data) -> Mapping[str, object]:
    rule_form.put(data, rule)
    return data


def _page(writing: Writing) -> str:
    desk = writing.desk
    return render_template(
        "admin/draft_rule.html",
        desk=desk,
        form=writing.form,
        tree=writing.tree,
        errors=writing.tree.errors(),
        sentences=rule_form.preview(desk, writing.tree.node),
        offered=desk.offer.facts(on_silence=writing.form.on_silence),
        to_patient=writing.form.texts(rule_form.TO_PATIENT),
        to_caller=writing.form.texts(rule_form.TO_CALLER),
        places=_places(desk, writing.tree),
        here=desk.at("save_rule"),
    )


def _places(desk: Desk, tree: Part) -> list[tuple[str, str]]:
    """What the texts may show in braces: the facts of the condition and their limits first, which is what they are
    mostly about.
    """
    facts = {part.fact.name: part.fact for part in tree.walk() if part.fact is not None}
    named = [part.node.one(end) for part in tree.walk() for end in ("limit", "limit_to")]
    limits = [desk.words.limits[name] for name in dict.fromkeys(named) if name in desk.words.limits]
    return [
        *((name, desk.offer.label(fact)) for name, fact in facts.items()),
        *((limit.name, desk.words.label(limit)) for limit in limits),
    ]
