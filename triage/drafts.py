"""A protocol while people work on it: every step kept with its author, none written over unseen, frozen into a version.

A draft may make no sense yet; what must be corrected is told beside it. Nobody is assessed by one.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from records import audit
from records.audit import Actor
from records.models import Staff
from triage import documents
from triage.draft_reading import failures, findings, of, open_ones, step, steps, warnings
from triage.draft_refusals import (
    DraftChanged,
    DraftClosed,
    DraftOfAnother,
    DraftUnknown,
    DraftUnreadable,
    NoStepBack,
    storable,
)
from triage.drafting_models import DraftState, ProtocolDraft, ProtocolDraftEdit
from triage.models import ProtocolVersion
from triage.protocols import making
from triage.refusals import ReasonMissing

__all__ = [
    "DraftChanged",
    "DraftClosed",
    "DraftOfAnother",
    "DraftUnknown",
    "DraftUnreadable",
    "NoStepBack",
    "begin",
    "bring_in",
    "discard",
    "failures",
    "findings",
    "freeze",
    "of",
    "open_ones",
    "save",
    "step",
    "step_back",
    "steps",
    "warnings",
]


def begin(
    session: Session, *, based_on: ProtocolVersion, staff: Staff, now: datetime, from_address: str | None = None
) -> ProtocolDraft:
    """A draft that says what `based_on` says."""
    return _begin(session, based_on, based_on.document, staff, now, from_address)


def bring_in(
    session: Session,
    *,
    based_on: ProtocolVersion,
    document: Mapping[str, Any],
    staff: Staff,
    now: datetime,
    from_address: str | None = None,
) -> ProtocolDraft:
    """A draft written elsewhere, as a person's own. Raises DraftUnreadable, DraftOfAnother."""
    if _slug_of(document) != based_on.slug:
        raise DraftOfAnother(slug=based_on.slug)
    return _begin(session, based_on, document, staff, now, from_address)


def save(
    session: Session,
    *,
    draft_id: uuid.UUID,
    revision: int,
    document: Mapping[str, Any],
    staff: Staff,
    now: datetime,
    from_address: str | None = None,
) -> ProtocolDraft:
    """The next step, when `revision` is still the newest. What is there already is no step, so that a form sent twice
    is taken once. Raises DraftUnknown, DraftClosed, DraftChanged, DraftUnreadable.
    """
    given = storable(document)
    draft = _held(session, draft_id)
    if draft.document == given and (revision == draft.revision or draft.changed_by_id == staff.id):
        return draft
    _unchanged(draft, revision)
    if given.get("slug", draft.slug) != draft.slug:
        raise DraftOfAnother(slug=draft.slug)
    _add_step(session, draft, given, staff, now)
    _tell(session, draft, "draft_saved", staff, from_address, now)
    return draft


def step_back(
    session: Session,
    *,
    draft_id: uuid.UUID,
    revision: int,
    staff: Staff,
    now: datetime,
    to: int | None = None,
    from_address: str | None = None,
) -> ProtocolDraft:
    """A new step that says what the step `to` said, or the one before `revision`. Raises NoStepBack and as save."""
    draft = of(session, draft_id=draft_id)
    older = step(session, draft=draft, revision=revision - 1 if to is None else to)
    return save(
        session,
        draft_id=draft_id,
        revision=revision,
        document=older.document,
        staff=staff,
        now=now,
        from_address=from_address,
    )


def freeze(
    session: Session,
    *,
    draft: ProtocolDraft,
    revision: int,
    reason: str,
    staff: Staff,
    now: datetime,
    from_address: str | None = None,
) -> ProtocolVersion:
    """The version that a draft becomes, and its replay asked for. Author is who began the draft, co-authors are all
    who saved a step. Raises DraftClosed, DraftChanged, ReasonMissing, ProtocolError, CasesFail.
    """
    held = _held(session, draft.public_id)
    _unchanged(held, revision)
    if not reason.strip():
        raise ReasonMissing
    wrote = select(ProtocolDraftEdit.staff_id).where(ProtocolDraftEdit.draft_id == held.id)
    version = making.make(
        session,
        documents.load(held.document),
        based_on=held.based_on,
        reason=reason,
        author=held.author,
        co_authors=session.scalars(wrote),
        staff=staff,
        now=now,
        from_address=from_address,
    )
    held.state, held.version_id, held.reason = DraftState.FROZEN, version.id, reason.strip()
    session.flush()
    _tell(session, held, "draft_frozen", staff, from_address, now, version=str(version.public_id))
    return version


def discard(
    session: Session,
    *,
    draft_id: uuid.UUID,
    staff: Staff,
    now: datetime,
    revision: int | None = None,
    from_address: str | None = None,
) -> ProtocolDraft:
    """Worked on no more; its steps stay, but nothing opens it again: whoever names the `revision` that they saw throws
    away nobody's later step. Raises DraftUnknown, DraftClosed, DraftChanged.
    """
    draft = _held(session, draft_id)
    if revision is not None:
        _unchanged(draft, revision)
    draft.state = DraftState.DISCARDED
    session.flush()
    _tell(session, draft, "draft_discarded", staff, from_address, now)
    return draft


def _begin(
    session: Session,
    based_on: ProtocolVersion,
    document: Mapping[str, Any],
    staff: Staff,
    now: datetime,
    from_address: str | None,
) -> ProtocolDraft:
    draft = ProtocolDraft(slug=based_on.slug, based_on=based_on, author=staff, created_at=now, revision=0)
    _add_step(session, draft, storable(document), staff, now)
    _tell(session, draft, "draft_begun", staff, from_address, now)
    return draft


def _add_step(session: Session, draft: ProtocolDraft, document: dict[str, Any], staff: Staff, now: datetime) -> None:
    draft.revision += 1
    draft.document, draft.changed_by, draft.changed_at = document, staff, now
    session.add(draft)
    session.flush()
    session.add(
        ProtocolDraftEdit(draft_id=draft.id, revision=draft.revision, document=document, staff_id=staff.id, at=now)
    )
    session.flush()


def _held(session: Session, draft_id: uuid.UUID) -> ProtocolDraft:
    """The draft as it stands now, kept from others until the end of the transaction."""
    found = select(ProtocolDraft).where(ProtocolDraft.public_id == draft_id).with_for_update(of=ProtocolDraft)
    draft = session.scalar(found, execution_options={"populate_existing": True})
    if draft is None:
        raise DraftUnknown
    if draft.state != DraftState.OPEN:
        raise DraftClosed
    return draft


def _unchanged(draft: ProtocolDraft, revision: int) -> None:
    if draft.revision != revision:
        raise DraftChanged(by=draft.changed_by, at=draft.changed_at, revision=draft.revision)


def _slug_of(document: object) -> object:
    return document.get("slug") if isinstance(document, Mapping) else None


def _tell(
    session: Session,
    draft: ProtocolDraft,
    action: str,
    staff: Staff,
    from_address: str | None,
    now: datetime,
    **details: str,
) -> None:
    """Into the audit trail: which draft and step, and nothing of what it says."""
    audit.append(
        session,
        actor=Actor.staff(staff, from_address),
        action=f"protocol.{action}",
        subject=("protocol", draft.public_id),
        now=now,
        details={"slug": draft.slug, "revision": draft.revision, **details},
    )
