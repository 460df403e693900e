"""A protocol while people work on it: every step kept with its author, none written over unseen, frozen into a version.

A draft may make no sense yet; what must be corrected is told beside it. Nobody is assessed by one.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from records import audit
from records.audit import Actor
from records.models import Staff
from triage import documents
from triage.cases import Failure, run_cases
from triage.drafting_models import DraftState, ProtocolDraft, ProtocolDraftEdit
from triage.findings import Finding, ProtocolError
from triage.models import ProtocolVersion
from triage.protocols import making
from triage.refusals import NotFound, ReasonMissing, Refused

LARGEST_BYTES = 1_000_000


class DraftUnknown(NotFound):
    message = "There is no such draft. Go back to the protocol."


class DraftClosed(Refused):
    message = "This draft is closed: it became a version or was discarded. Go back to the protocol."


class DraftUnreadable(Refused):
    message = "This draft cannot be kept: write plain JSON text of at most 1 MB, with an object at the top."


class DraftOfAnother(Refused):
    message = "This is the protocol “%(slug)s”. A draft of it keeps that name."


class NoStepBack(Refused):
    message = "There is no such earlier step of this draft."


class DraftChanged(Refused):
    """Somebody saved meanwhile: `by` at `at`, and the draft stands at `revision` now."""

    message = "%(name)s saved this draft meanwhile. Look at what changed, then save yours again."

    def __init__(self, *, by: Staff, at: datetime, revision: int) -> None:
        self.by, self.at, self.revision = by, at, revision
        super().__init__(name=by.name)


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


def of(session: Session, *, draft_id: uuid.UUID) -> ProtocolDraft:
    """Raises DraftUnknown."""
    found = session.scalar(select(ProtocolDraft).where(ProtocolDraft.public_id == draft_id))
    if found is None:
        raise DraftUnknown
    return found


def open_ones(session: Session, *, slug: str) -> list[ProtocolDraft]:
    """Those that are worked on, changed last first."""
    found = select(ProtocolDraft).where(ProtocolDraft.slug == slug, ProtocolDraft.state == DraftState.OPEN)
    return list(session.scalars(found.order_by(ProtocolDraft.changed_at.desc(), ProtocolDraft.id.desc())))


def steps(session: Session, *, draft: ProtocolDraft) -> list[ProtocolDraftEdit]:
    """Every step, newest first."""
    found = select(ProtocolDraftEdit).where(ProtocolDraftEdit.draft_id == draft.id)
    return list(session.scalars(found.order_by(ProtocolDraftEdit.revision.desc())))


def step(session: Session, *, draft: ProtocolDraft, revision: int) -> ProtocolDraftEdit:
    """Raises NoStepBack."""
    wanted = (ProtocolDraftEdit.draft_id == draft.id, ProtocolDraftEdit.revision == revision)
    found = session.scalar(select(ProtocolDraftEdit).where(*wanted)) if 0 < revision < 2**31 else None
    if found is None:
        raise NoStepBack
    return found


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
    given = _storable(document)
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


def findings(draft: ProtocolDraft) -> tuple[Finding, ...]:
    """What must be corrected before it can become a version; none when it can be read."""
    try:
        documents.load(draft.document)
    except ProtocolError as refused:
        return refused.findings
    return ()


def warnings(draft: ProtocolDraft) -> tuple[Finding, ...]:
    """What its authors should look at, once it can be read."""
    return () if findings(draft) else documents.review(documents.load(draft.document))


def failures(draft: ProtocolDraft) -> list[Failure]:
    """Its own test cases that do not hold, once it can be read."""
    return [] if findings(draft) else run_cases(documents.load(draft.document))


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
    session: Session, *, draft_id: uuid.UUID, staff: Staff, now: datetime, from_address: str | None = None
) -> ProtocolDraft:
    """Worked on no more; its steps stay. Raises DraftUnknown, DraftClosed."""
    draft = _held(session, draft_id)
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
    _add_step(session, draft, _storable(document), staff, now)
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


def _storable(document: Mapping[str, Any]) -> dict[str, Any]:
    """What the database will give back, when that is what was given."""
    if not isinstance(document, Mapping) or not documents.storable(document):
        raise DraftUnreadable
    try:
        json.dumps(document, allow_nan=False)
        written = orjson.dumps(document)
    except (TypeError, ValueError):
        raise DraftUnreadable from None
    if len(written) > LARGEST_BYTES:
        raise DraftUnreadable
    given: dict[str, Any] = orjson.loads(written)
    return given


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
