"""What was answered: an enrolment's history, newest first by when it was due."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from questionnaires.models import Response


def history(session: Session, *, enrolment_id: int, limit: int = 60) -> list[Response]:
    """The last `limit` responses (amendments included), newest due first, each with its questionnaire version."""
    found = session.scalars(
        select(Response)
        .where(Response.enrolment_id == enrolment_id)
        .order_by(Response.due_at.desc(), Response.id.desc())
        .limit(limit)
        .options(joinedload(Response.version))
    )
    return list(found)


def by_public_id(session: Session, *, enrolment_id: int, public_id: uuid.UUID) -> Response | None:
    """One response of this enrolment; another patient's is not found."""
    return session.scalar(
        select(Response)
        .where(Response.enrolment_id == enrolment_id, Response.public_id == public_id)
        .options(joinedload(Response.version))
    )
