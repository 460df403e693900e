"""Drafts as they stand: their steps, and what is to be said of them."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from triage import documents
from triage.cases import Failure, run_cases
from triage.draft_refusals import DraftUnknown, NoStepBack
from triage.drafting_models import DraftState, ProtocolDraft, ProtocolDraftEdit
from triage.findings import Finding, ProtocolError


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
