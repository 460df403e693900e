"""Questionnaires: brought in as files, looked at, published by a second person, brought into force, retired."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import orjson
from flask import current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from questionnaires import drafts, publication, publishing, versions
from questionnaires.findings import QuestionnaireError
from questionnaires.models import QuestionnaireVersion, VersionStatus
from questionnaires.report import LARGEST, document_of, report
from records import audit, clock, texts
from records.db import db
from records.refusals import Refused
from triage import enforcement
from webapp.admin import questionnaire_differences as differences
from webapp.admin import questionnaire_overview as overview
from webapp.admin.blueprint import blueprint
from webapp.admin.questionnaire_forms import ImportForm, InForceForm, PublishForm, RetireForm
from webapp.admin.questionnaire_words import KINDS, STATES, name_of, told
from webapp.extensions import language, translator
from webapp.permissions import access

Page = ResponseReturnValue
ENVELOPE_BYTES = 16 * 1024
"""What a form adds around its file."""


@blueprint.url_value_preprocessor
def _room_for_a_file(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """A questionnaire is larger than any other form; said before anything reads the form."""
    if request.endpoint == "admin.import_questionnaire" and request.mimetype == "multipart/form-data":
        request.max_content_length = LARGEST + ENVELOPE_BYTES


@blueprint.get("/questionnaires")
@access("questionnaire.read")
def questionnaires() -> Page:
    return _list(ImportForm())


def _list(form: ImportForm, refusal: dict[str, Any] | None = None) -> str:
    return render_template(
        "admin/questionnaires.html",
        form=form,
        rows=overview.rows(clock.now()),
        refusal=refusal,
        state=_state,
        zone=_zone(),
        offered=texts.LANGUAGES,
    )


def _state(version: QuestionnaireVersion) -> str:
    return STATES[VersionStatus(version.status)].text(translator())


def _zone() -> str:
    """Whose clock these pages go by."""
    known = overview.programmes_by_name()
    return known[0].zone if known else "Europe/Paris"


@blueprint.post("/questionnaires")
@access("questionnaire.edit")
def import_questionnaire() -> Page:
    """All or nothing; the file is kept as it came."""
    g.page_address = ("admin.questionnaires", {})
    form = ImportForm()
    if not form.validate():
        return _list(form), 422
    content = form.file.data.read()
    found = report(content, language())
    if not found["accepted"]:
        return _list(form, {**found, "file": form.file.data.filename}), 422
    said = {"actor": _actor(), "created_by_id": g.staff.id, "now": clock.now()}
    try:
        version = drafts.import_draft(db.session, document=document_of(content), **said)
    except QuestionnaireError as refused:
        why = [{"linkId": one.link_id, "reason": one.reason} for one in told(refused.findings, language())]
        return _list(form, {**found, "refused": why, "file": form.file.data.filename}), 422
    is_new = version.created_at == said["now"]
    db.session.commit()
    t = translator()
    flash(
        t.gettext("It is a draft now. Nobody is asked with it yet.") if is_new else t.gettext("It was here already."),
        "success" if is_new else "message",
    )
    return redirect(url_for("admin.questionnaire", public_id=version.public_id))


def _actor() -> audit.Actor:
    return audit.Actor.staff(g.staff, request.remote_addr)


@blueprint.get("/questionnaires/<uuid:public_id>")
@access("questionnaire.read")
def questionnaire(public_id: uuid.UUID) -> Page:
    return _show(overview.find(public_id))


def _show(version: QuestionnaireVersion, **forms: Any) -> str:
    """`forms` are those that were sent and refused; the others are made anew."""
    now = clock.now()
    parsed, replaced = versions.parsed(version), overview.against(version, now)
    forms = {
        "publish": PublishForm(),
        "retire": RetireForm(),
        "in_force": InForceForm(offered=overview.programmes_by_name()),
    } | forms
    t = translator()
    obstacles, to_decide = overview.obstacles(version) if version.status == VersionStatus.DRAFT else ([], [])
    return render_template(
        "admin/questionnaire.html",
        row=overview.row(version, now),
        questionnaire=parsed,
        wanted=publication.languages_wanted(db.session, url=version.url),
        obstacles=obstacles,
        to_decide=to_decide,
        notes=told(parsed.warnings, language(), parsed),
        replaced=replaced,
        changes=differences.between(versions.parsed(replaced), parsed, language()) if replaced else [],
        fits=overview.fits(version, now),
        has_oximeter="has-oximeter" in parsed.by_link_id,
        state=_state,
        kind=lambda item: KINDS[item.type].text(t),
        name_of=lambda item: name_of(parsed, item, language()),
        offered=texts.LANGUAGES,
        zone=_zone(),
        t=t,
        **forms,
    )


@blueprint.post("/questionnaires/<uuid:public_id>/publish")
@access("questionnaire.publish")
def publish_questionnaire(public_id: uuid.UUID) -> Page:
    version, form = overview.find(public_id), PublishForm()
    return _done(
        version,
        lambda: publication.publish(
            db.session,
            version=version,
            publisher=g.staff,
            decided=publishing.DECIDABLE if form.decided.data else frozenset(),
            **_now(),
        ),
        {"publish": form},
        translator().gettext("It is published. It can be brought into force for a programme."),
    )


@blueprint.post("/questionnaires/<uuid:public_id>/in-force")
@access("questionnaire.publish")
def put_in_force(public_id: uuid.UUID) -> Page:
    version, form = overview.find(public_id), InForceForm(offered=overview.programmes_by_name())
    return _done(
        version,
        lambda: _put_in_force(version, form),
        {"in_force": form},
        translator().gettext("It is in force, or will be from the moment that you chose."),
    )


def _put_in_force(version: QuestionnaireVersion, form: InForceForm) -> None:
    when = _now()
    said = {"version": version, "programme": form.chosen, "from_at": form.from_at(when["now"]), "staff": g.staff}
    enforcement.put_in_force(db.session, **said, aware=form.aware.data, **when)


@blueprint.post("/questionnaires/<uuid:public_id>/retire")
@access("questionnaire.publish")
def retire_questionnaire(public_id: uuid.UUID) -> Page:
    version, form = overview.find(public_id), RetireForm()
    return _done(
        version,
        lambda: publication.retire(db.session, version=version, staff=g.staff, **_now()),
        {"retire": form},
        translator().gettext("It is retired. What was answered keeps it."),
    )


def _now() -> dict[str, Any]:
    return {"now": clock.now(), "from_address": request.remote_addr}


def _done(version: QuestionnaireVersion, act: Callable[[], None], sent: dict[str, Any], success: str) -> Page:
    """Do it when the form may be taken, and say so; else show the page again with the reason."""
    g.page_address = ("admin.questionnaire", {"public_id": version.public_id})
    (form,) = sent.values()
    if form.validate():
        try:
            act()
        except Refused as refused:
            db.session.rollback()
            form.form_errors.extend(refused.text(translator()).split("\n"))
        else:
            db.session.commit()
            flash(success, "success")
            return redirect(url_for("admin.questionnaire", public_id=version.public_id))
    return _show(version, **sent), 422


@blueprint.get("/questionnaires/<uuid:public_id>/document")
@access("questionnaire.read")
def questionnaire_document(public_id: uuid.UUID) -> Page:
    """The JSON that was imported, to keep or to change."""
    version = overview.find(public_id)
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", f"{version.url.rpartition('/')[2]}-{version.version}").strip("-.")[:80]
    response: Response = current_app.response_class(
        orjson.dumps(version.document, option=orjson.OPT_INDENT_2), mimetype="application/fhir+json"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{name or "questionnaire"}.json"'
    return response
