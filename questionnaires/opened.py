"""That a patient opened the questions of a check-in, and how far they were when they left them without sending."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import func, update
from sqlalchemy.orm import Session

from questionnaires.models import Checkin, CheckinState

FURTHEST = 500
WAITS = (CheckinState.OPEN, CheckinState.MISSED)


def note_opened(session: Session, *, checkin: Checkin, now: datetime) -> bool:
    """Write down the first time; False, without asking the database, when it is known."""
    if checkin.opened_at is not None or checkin.state not in WAITS:
        return False
    session.execute(
        update(Checkin)
        .where(Checkin.id == checkin.id, Checkin.opened_at.is_(None))
        .values(opened_at=now)
        .execution_options(synchronize_session=False)
    )
    return True


def note_left(session: Session, *, enrolment_id: int, checkin: uuid.UUID, question: int, now: datetime) -> bool:
    """Write down the place, counted from 1, of somebody who left; never of a check-in that was answered, and nothing
    for a place that stands already. False when nothing was written.
    """
    if not 1 <= question <= FURTHEST:
        return False
    left = (
        update(Checkin)
        .where(
            Checkin.public_id == checkin,
            Checkin.enrolment_id == enrolment_id,
            Checkin.state.in_(WAITS),
            Checkin.left_at_question.is_distinct_from(question),
        )
        .values(left_at_question=question, opened_at=func.coalesce(Checkin.opened_at, now))
        .execution_options(synchronize_session=False)
    )
    return bool(session.execute(left).rowcount)  # type: ignore[attr-defined]
