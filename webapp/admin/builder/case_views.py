"""A test case of a draft: written, tried on the rules as they stand, and kept with what must come out."""

from __future__ import annotations

import uuid

from flask import abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue as Page
from werkzeug.datastructures import MultiDict

from triage.assess import Assessment
from triage.documents import Case
from triage.levels import Level
from webapp import kept
from webapp.admin.blueprint import blueprint
from webapp.admin.builder import desk as desks
from webapp.admin.builder import findings, missing_cases
from webapp.admin.builder.case_form import MOST_BEFORE, CaseSheet, sheet
from webapp.admin.builder.desk import Data, Desk
from webapp.admin.level_words import level_word
from webapp.extensions import translator
from webapp.permissions import KEEPS, access

KEEPS["admin.save_case"] = kept.page


@blueprint.get("/drafts/<uuid:public_id>/case")
@access("protocol.edit")
def draft_case(public_id: uuid.UUID) -> Page:
    desk = desks.find(public_id)
    if away := desks.closed(desk):
        return away
    wanted, edge = request.args.get("case", ""), request.args.get("edge", "")
    case = _known(desk, wanted)
    if wanted and case is None:
        abort(404)
    prepared = _prepared(desk, edge) if edge else None
    found = sheet(desk.offer, case or prepared, None, wanted)
    if prepared is not None:
        found.form.case.data, found.form.level.data = "", None
    found.form.revision.data = str(desk.draft.revision)
    return _page(desk, found)


def _known(desk: Desk, name: str) -> Case | None:
    return next((one for one in desk.document.cases if one.name == name), None)


def _prepared(desk: Desk, edge: str) -> Case | None:
    number = int(edge) if edge.isascii() and edge.isdigit() and len(edge) < 6 else -1
    return None if desk.findings else missing_cases.prepared(desk.offer, number)


@blueprint.post("/drafts/<uuid:public_id>/case")
@access("protocol.edit")
def save_case(public_id: uuid.UUID) -> Page:
    desk = desks.find(public_id)
    if away := desks.closed(desk):
        return away
    wanted, verb = request.form.get("case", ""), request.form.get("do", "try")
    verb = "try" if kept.is_back() else verb
    found = sheet(desk.offer, _known(desk, wanted), _recounted(verb), wanted)
    if verb == "expect":
        return _expect(desk, found)
    if verb != "save":
        return _page(desk, found)
    if not found.validate():
        return _page(desk, found), 422
    return _save(desk, found, wanted)


def _recounted(verb: str) -> MultiDict[str, str]:
    """What was sent, with one answer more or less before this one where a button said so."""
    sent = request.form.copy()
    if verb in ("earlier", "later"):
        count = sent.get("before", "")
        times = int(count) if count.isascii() and count.isdigit() and len(count) < 3 else 0
        sent["before"] = str(max(0, min(MOST_BEFORE, times + (1 if verb == "earlier" else -1))))
    return sent


def _save(desk: Desk, found: CaseSheet, wanted: str) -> Page:
    case = found.written()

    def change(data: Data) -> None:
        put(data, case, wanted)

    tried = desk.copy()
    change(tried)
    for finding in findings.about(findings.of(tried), "cases", str(case["name"])):
        found.form.form_errors.append(findings.sentence(finding, desk.words))
    if found.form.errors or not desk.save(found.form, change):
        return _page(desk, found), 409 if found.form.conflict else 422
    flash(translator().gettext("The test case is saved in the draft."), "success")
    return redirect(f"{desk.address}#cases")


def put(data: Data, case: Data, wanted: str) -> None:
    cases = data.setdefault("cases", [])
    for number, one in enumerate(cases):
        if wanted and one.get("name") == wanted:
            cases[number] = case
            return
    cases.append(case)


def _expect(desk: Desk, found: CaseSheet) -> Page:
    """What comes out becomes what must; where red is on either side, only when somebody says that it is right."""
    outcome = _outcome(desk, found)
    if outcome is None:
        return _page(desk, found), 422
    form = found.form
    if Level.RED.code in (outcome.level.code, form.level.data) and not form.sure.data:
        said = translator().gettext("Tick this first, or choose the level yourself: a red is never expected in passing")
        form.sure.errors = [said]
        return _page(desk, found), 422
    form.level.data, form.fired.data, form.sure.data = outcome.level.code, list(outcome.fired), False
    return _page(desk, found)


def _outcome(desk: Desk, found: CaseSheet) -> Assessment | None:
    if desk.findings or not found.facts_validate():
        return None
    return found.outcome()


def _page(desk: Desk, found: CaseSheet) -> str:
    outcome, t = _outcome(desk, found), translator()
    words = desk.words
    rules = {rule.id: rule for rule in desk.document.rules}
    return render_template(
        "admin/draft_case.html",
        desk=desk,
        form=found.form,
        facts=found,
        errors=found.errors(),
        outcome=outcome,
        outcome_level=level_word(t, outcome.level) if outcome else "",
        outcome_rules=[words.rule(rules[name]) for name in outcome.fired] if outcome else [],
        outcome_doubts=[words.name(one.subject) for one in outcome.doubts if one.subject in words.facts]
        if outcome
        else [],
        is_same=outcome is not None and _same(found, outcome),
        here=desk.at("save_case"),
        most_before=MOST_BEFORE,
    )


def _same(found: CaseSheet, outcome: Assessment) -> bool:
    form = found.form
    return (form.level.data, sorted(form.fired.data or ())) == (outcome.level.code, sorted(outcome.fired))
