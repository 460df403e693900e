"""From a file to a stored version: a draft that nobody is asked with until a second person publishes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from questionnaires import reading
from questionnaires.findings import Finding, QuestionnaireError
from questionnaires.models import QuestionnaireVersion, VersionStatus
from records import audit


def stored(session: Session, *, url: str, version: str | None = None) -> QuestionnaireVersion | None:
    """The version of that name, or the one stored last."""
    found = select(QuestionnaireVersion).where(QuestionnaireVersion.url == url)
    if version is not None:
        found = found.where(QuestionnaireVersion.version == version)
    return session.scalar(found.order_by(QuestionnaireVersion.created_at.desc(), QuestionnaireVersion.id.desc()))


def import_draft(
    session: Session,
    *,
    document: Mapping[str, Any],
    actor: audit.Actor,
    now: datetime,
    created_by_id: int | None = None,
) -> QuestionnaireVersion:
    """Store `document` as it is, as a draft; the same document again gives the version it already is.

    Raises QuestionnaireError for what is not understood, has no url or version, or has those of another document:
    a stored version never changes.
    """
    parsed = reading.parse(document)
    if not parsed.url or not parsed.version:
        raise QuestionnaireError((Finding("", "no-address"),))
    known = stored(session, url=parsed.url, version=parsed.version)
    if known is not None:
        if known.digest != parsed.digest:
            raise QuestionnaireError((Finding("", "version-taken"),))
        return known
    version = QuestionnaireVersion(
        url=parsed.url,
        version=parsed.version,
        status=VersionStatus.DRAFT,
        document=dict(document),
        digest=parsed.digest,
        created_at=now,
        created_by_id=created_by_id,
    )
    try:
        with session.begin_nested():
            session.add(version)
            session.flush()
    except IntegrityError:  # somebody else imported the same at this moment
        return import_draft(session, document=document, actor=actor, now=now, created_by_id=created_by_id)
    audit.append(
        session,
        actor=actor,
        action="questionnaire.imported",
        subject=("questionnaire", version.public_id),
        now=now,
        details={"url": parsed.url, "version": parsed.version, "digest": parsed.digest.hex()},
    )
    return version
