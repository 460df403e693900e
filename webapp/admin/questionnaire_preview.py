"""A questionnaire as the patient will see it: their page, their script, and no way to send.

What is "sent" from here is judged as it would be and dropped. Only what this very page wrote is taken from the
browser's outbox, so that a preview never swallows answers of a patient who used the same browser.
"""

from __future__ import annotations

import uuid
from types import SimpleNamespace
from typing import Any

import orjson
from flask import abort, flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from questionnaires import screens, versions
from questionnaires.answers import raw_from_form, validate
from questionnaires.emergency import emergencies
from questionnaires.messages import message
from questionnaires.models import QuestionnaireVersion
from questionnaires.schema import Questionnaire
from records import clock
from records.db import db
from records.models import Programme
from triage import documents, protocols
from webapp.admin import questionnaire_overview as overview
from webapp.admin.blueprint import blueprint
from webapp.extensions import csrf, language, translator
from webapp.patient import danger, forms
from webapp.permissions import access

Page = ResponseReturnValue


@blueprint.get("/questionnaires/<uuid:public_id>/preview")
@access("questionnaire.read")
def preview(public_id: uuid.UUID) -> Page:
    """`plain` is the page of a phone without script, `without-oximeter` that of somebody who has none."""
    version, programme = overview.find(public_id), _programme()
    if programme is None:
        flash(translator().gettext("Load a programme first: its telephone and hours stand on the patient’s page."))
        return redirect(url_for("admin.questionnaire", public_id=public_id))
    return _render(
        version, programme, facts=_facts("without-oximeter" not in request.args), plain="plain" in request.args
    )


@blueprint.post("/questionnaires/<uuid:public_id>/preview")
@access("questionnaire.read")
def try_answers(public_id: uuid.UUID) -> Page:
    """The plain form: asks again as it would ask the patient, and keeps nothing."""
    g.page_address = ("admin.preview", {"public_id": public_id})
    version, programme = overview.find(public_id), _programme() or abort(404)
    questionnaire = versions.parsed(version)
    facts = _facts(request.form.get("answer-has-oximeter") != "false")
    known = {name: fact for name, fact in facts.items() if name in questionnaire.by_link_id}
    raw = raw_from_form(request.form.to_dict(flat=False))
    found = validate(questionnaire, raw, facts=known)
    doubtful = [one for one in found.to_confirm if not forms.was_asked(one.link_id, raw)]
    likely = {one.link_id: message(one, language()) for one in doubtful}
    if not found.errors and not likely:
        return redirect(url_for("admin.preview_end", public_id=public_id), 303)
    ruled = _ruled(questionnaire, programme)
    shown = {"likely": likely, "emergency": bool(emergencies(ruled, found.answers)), "errors": found.errors}
    return _render(version, programme, facts=facts, plain=True, **shown), 422


# Exempt, because the patient's script sends no form token. Nothing is written here, and nothing but a preview's own
# entry is answered.
@blueprint.post("/questionnaires/<uuid:public_id>/preview/answers")
@csrf.exempt
@access("questionnaire.read")
def drop_answers(public_id: uuid.UUID) -> Page:
    try:
        body = orjson.loads(request.get_data())
    except orjson.JSONDecodeError:
        abort(400)
    if not isinstance(body, dict) or body.get("owner") != _owner(public_id):
        abort(403)
    return jsonify(url=url_for("admin.preview_end", public_id=public_id))


@blueprint.get("/questionnaires/<uuid:public_id>/preview/end")
@access("questionnaire.read")
def preview_end(public_id: uuid.UUID) -> Page:
    return render_template("admin/questionnaire_preview_end.html", version=overview.find(public_id))


def _programme() -> Programme | None:
    """Whose telephone, hours and rules the page shows."""
    return next(iter(overview.programmes_by_name()), None)


def _owner(public_id: uuid.UUID) -> str:
    return f"preview-{public_id}"


def _facts(has_oximeter: bool) -> dict[str, bool]:
    return {"has-oximeter": has_oximeter}


def _ruled(questionnaire: Questionnaire, programme: Programme) -> Questionnaire:
    """With the figures at which the programme's rules say "call 15"."""
    bound = protocols.bound(db.session, programme_id=programme.id, now=clock.now())
    return danger.with_limits(questionnaire, documents.reload(bound.document), {}) if bound else questionnaire


def _render(
    version: QuestionnaireVersion,
    programme: Programme,
    *,
    facts: dict[str, bool],
    plain: bool,
    errors: Any = (),
    **shown: object,
) -> str:
    questionnaire = versions.parsed(version)
    seen = screens.screens(questionnaire, language(), facts)
    form = forms.build(seen)
    forms.show_errors(form, errors, language())
    client = screens.to_client(_ruled(questionnaire, programme), language(), facts)
    client |= {
        "owner": _owner(version.public_id),
        "checkin": None,
        "closes": None,
        "key": None,
        "urls": {"answers": url_for("admin.drop_answers", public_id=version.public_id), "worker": None},
        "texts": {"absent": translator().gettext("I could not measure")},
    }
    return render_template(
        "admin/questionnaire_preview.html",
        version=version,
        form=form,
        client=client,
        screens=seen,
        questionnaire=questionnaire,
        enrolment=SimpleNamespace(state="active"),
        programme=programme,
        key=str(uuid.uuid4()),
        counted={item.link_id for item in questionnaire.questions if item.unit and item.unit.code == "/min"},
        asks_again=plain,
        send_to=url_for("admin.try_answers", public_id=version.public_id),
        falls_back=client["language"] != language(),
        **shown,
    )
