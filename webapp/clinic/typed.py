"""What the person signed in had typed about a patient and not sent, put back into the forms of the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g, request
from werkzeug.datastructures import MultiDict

from records.db import db
from records.models import Enrolment
from triage.callbacks import drafts
from triage.callbacks.drafts import Draft
from webapp.clinic.standing import Call


def of_page(enrolment: Enrolment, call: Call | None) -> tuple[Mapping[str, str], list[Draft]]:
    """(what goes back into the forms of the call in hand, drafts for which the page has no form any more)."""
    found = drafts.of_enrolment(db.session, enrolment=enrolment, staff=g.staff)
    here = call.detail.public_id if call is not None and call.is_mine else None
    fields = next((draft.fields for draft in found if draft.callback == here), {})
    return fields, [draft for draft in found if draft.callback != here]


def into(prefix: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """Arguments for a form whose fields begin with `prefix`: as they were left, unless this very form was sent now."""
    kept = {name: text for name, text in fields.items() if name.startswith(prefix)}
    if not kept or any(name.startswith(prefix) for name in request.form):
        return {}
    return {"formdata": MultiDict(kept)}


def unsent(call: Call | None, refused: Mapping[str, Any], kept: list[Draft]) -> list[str]:
    """What was written in words and has no form on this page: of drafts, and of a form that was just refused because
    the call-back was closed meanwhile or is in other hands.
    """
    forms = [] if call is not None and call.is_mine else [refused.get(name) for name in ("attempt", "disposition")]
    notes = [form.note.data for form in forms if form is not None]
    texts = [text for draft in kept for text in draft.texts]
    return [text for text in dict.fromkeys([*notes, *texts]) if text and text.strip()]
