"""Working a call-back: writing down the calls."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, flash, g, redirect, request, url_for
from flask_wtf import FlaskForm
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from records import clock
from records.db import db
from records.models import Enrolment
from triage import callbacks
from triage.callbacks import drafts, finding, planning
from triage.models import AttemptOutcome
from triage.refusals import Refused, TakenBy
from webapp import kept
from webapp.clinic import call_form
from webapp.clinic.blueprint import blueprint, yours
from webapp.clinic.claiming import about, whose
from webapp.clinic.patients import page
from webapp.extensions import translator
from webapp.permissions import KEEPS, access, allows

KEEPS["clinic.attempt"] = kept.page


LARGEST = 4 * 1024 * 1024
NOTES = frozenset({f"clinic.{name}" for name in ("attempt", "dispose", "save_draft", "write_letter", "move_answers")})


@blueprint.url_value_preprocessor
def take_long_notes(endpoint: str | None, _values: object) -> None:
    """A note far too long is refused on its own page, where it still stands: elsewhere such a body is cut off unread.
    Before anything reads the form.
    """
    if endpoint in NOTES:
        request.max_content_length = request.max_form_memory_size = LARGEST


def forget(public_id: uuid.UUID, prefix: str) -> None:
    """What was typed into a form that is taken now."""
    found = finding.find(db.session, callback=public_id, staff=g.staff)
    drafts.discard(db.session, callback=found, staff=g.staff, prefix=prefix)


def _to_patient(enrolment: uuid.UUID) -> AnyResponse:
    return redirect(url_for("clinic.patient", public_id=enrolment))


@blueprint.post("/callbacks/<uuid:public_id>/attempts")
@access("callback.work")
def attempt(public_id: uuid.UUID) -> AnyResponse:
    enrolment, form = whose(public_id), call_form.AttemptForm()
    if kept.is_back():
        return page(enrolment, attempt=form)
    if not form.validate():
        return page(enrolment, 422, attempt=form)
    try:
        written = callbacks.add_attempt(db.session, **about(public_id), **_said(form, enrolment))
        forget(public_id, "attempt-")
        db.session.commit()
    except Refused as refused:
        return again(enrolment, "attempt", form, refused)
    flash(translator().gettext("The call is written down."), "success")
    if written.outcome == AttemptOutcome.WRONG_NUMBER:
        _ask_for_the_right_number(enrolment)
    return _to_patient(enrolment.public_id)


def _said(form: call_form.AttemptForm, enrolment: Enrolment) -> dict[str, Any]:
    now, programme = clock.now(), enrolment.programme
    return {
        "outcome": form.outcome_code,
        "called": form.called.data,
        "verified": form.was_verified(),
        "note": form.note.data,
        "at": form.made_at(programme, now),
        "next_try_at": form.next_try(programme, now),
        "form_key": form.form_key,
    }


@blueprint.post("/callbacks/<uuid:public_id>/next-try")
@access("callback.work")
def next_try(public_id: uuid.UUID) -> AnyResponse:
    """Another hour for the next try."""
    enrolment, form = whose(public_id), call_form.NextTryForm()
    if not form.validate():
        return page(enrolment, 422, next_try=form)
    wanted = about(public_id) | {"at": form.next_try(enrolment.programme, clock.now())}
    wanted.pop("from_address")
    try:
        planning.plan_try(db.session, **wanted)
        db.session.commit()
    except Refused as refused:
        return again(enrolment, "next_try", form, refused)
    flash(translator().gettext("The next try is planned."), "success")
    return _to_patient(enrolment.public_id)


def _ask_for_the_right_number(enrolment: Enrolment) -> None:
    t = translator()
    if not allows(g.staff.role, "patient.follow"):
        flash(t.gettext("Wrong number: ask an enroller, a supervisor or a physician to correct it."), "info")
        return
    address = url_for("clinic.details", public_id=enrolment.public_id, _anchor="phone")
    words = t.gettext("Correct the number"), t.gettext("Wrong number: find the right one, through the relative say.")
    flash(Markup('{1} <a href="{2}">{0}</a>').format(*words, address), "info")


def again(enrolment: Enrolment, name: str, form: FlaskForm, refused: Refused) -> Response:
    """The page with what was typed, and why it was not taken; the alerts it lists are those that were seen."""
    seen = getattr(form, "seen", None)
    kept = seen.data if seen is not None else None
    public_id = enrolment.public_id
    db.session.rollback()
    form.form_errors.append(refused.text(translator()))
    if seen is not None:
        seen.data = kept
    return page(yours(public_id), 409 if isinstance(refused, TakenBy) else 422, **{name: form})
