"""One draft on somebody's desk: read as far as it can be, changed one part at a time, never over what was not seen."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from flask import abort, flash, g, redirect, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import HiddenField

from records import clock, programmes
from records.db import db
from records.models import Programme
from triage import drafts
from triage.documents import Document
from triage.drafting_models import DraftState, ProtocolDraft
from triage.findings import Finding
from triage.models import ProtocolVersion
from triage.refusals import Refused
from webapp.admin import differences
from webapp.admin.builder import fact_sources
from webapp.admin.builder.offered import Offer
from webapp.admin.loose_words import mended, read_loosely
from webapp.admin.rule_words import Words
from webapp.extensions import language, translator

Data = dict[str, Any]


@dataclass(frozen=True)
class Conflict:
    """Who saved meanwhile and when, and what that changed of what this person had before them."""

    name: str
    at: datetime
    changes: list[str]


class DraftForm(FlaskForm):
    """`revision` is the step that its author saw."""

    revision = HiddenField()
    conflict: Conflict | None = None

    @property
    def seen(self) -> int:
        text = self.revision.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@dataclass(frozen=True)
class Desk:
    """`draft` as it stands now."""

    draft: ProtocolDraft
    programme: Programme

    @cached_property
    def document(self) -> Document:
        return mended(read_loosely(self.draft.document))

    @cached_property
    def words(self) -> Words:
        return Words(self.document, language())

    @cached_property
    def offer(self) -> Offer:
        return Offer(self.document, self.words, fact_sources.options(fact_sources.in_force(self.programme)))

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        return drafts.findings(self.draft)

    def copy(self) -> Data:
        return shaped(deepcopy(self.draft.document))

    @property
    def address(self) -> str:
        return url_for("admin.draft", public_id=self.draft.public_id)

    def at(self, endpoint: str, **values: Any) -> str:
        return url_for(f"admin.{endpoint}", public_id=self.draft.public_id, **values)

    @property
    def title(self) -> str:
        return self.document.title[self.words.language]

    def save(self, form: DraftForm, change: Callable[[Data], None]) -> bool:
        """`change` made to the draft as it stands now, saved as the next step. When somebody else saved meanwhile the
        form holds the conflict, and sending it again saves on top of what was shown.
        """
        data, seen = self.copy(), form.seen
        change(data)
        said = {"staff": g.staff, "now": clock.now(), "from_address": request.remote_addr}
        try:
            drafts.save(db.session, draft_id=self.draft.public_id, revision=seen, document=data, **said)
        except drafts.DraftChanged as changed:
            form.conflict = self.conflict(changed, seen)
            form.revision.data = str(changed.revision)
            return False
        except Refused as refused:
            form.form_errors.append(refused.text(translator()))
            return False
        db.session.commit()
        return True

    def conflict(self, changed: drafts.DraftChanged, seen: int) -> Conflict:
        now = read_loosely(drafts.step(db.session, draft=self.draft, revision=changed.revision).document)
        return Conflict(changed.by.name, changed.at, self._since(seen, now))

    def _since(self, seen: int, now: Document) -> list[str]:
        try:
            before = drafts.step(db.session, draft=self.draft, revision=seen).document
        except drafts.NoStepBack:
            return []
        return differences.between(read_loosely(before), now, language())


def shaped(data: Data) -> Data:
    """`data` with lists of objects where forms write. What has another shape there has no name by which any form could
    correct it: the next step leaves it out, the steps before keep it.
    """
    for key in ("facts", "limits", "rules", "cases"):
        if key in data:
            data[key] = _objects(data[key])
    if "orders" in data:
        listed = data["orders"] if isinstance(data["orders"], list) else []
        data["orders"] = [one for one in listed if isinstance(one, list) and len(one) == 3]
    if not isinstance(data.get("usual", {}), dict):
        del data["usual"]
    for case in data.get("cases", []):
        _case(case)
    return data


def _case(case: Data) -> None:
    if not isinstance(case.get("facts", {}), dict):
        case["facts"] = {}
    if not isinstance(case.get("fired", []), list):
        case["fired"] = []
    if "before" in case:
        case["before"] = _objects(case["before"])


def _objects(given: object) -> list[Data]:
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def find(public_id: uuid.UUID) -> Desk:
    """Any draft, closed ones too, or 404."""
    try:
        draft = drafts.of(db.session, draft_id=public_id)
    except drafts.DraftUnknown:
        abort(404)
    programme = programmes.by_slug(db.session, slug=draft.slug)
    return Desk(draft, programme if programme is not None else abort(404))


def closed(desk: Desk) -> Response | None:
    """The way to what became of a draft that nobody can write in any more."""
    if desk.draft.state == DraftState.OPEN:
        return None
    flash(translator().gettext("This draft is closed: it became a version or was discarded."), "info")
    if desk.draft.version_id is not None:
        version = db.session.get_one(ProtocolVersion, desk.draft.version_id)
        return redirect(url_for("admin.version", public_id=version.public_id))
    return redirect(url_for("admin.protocol", programme=desk.programme.slug))
