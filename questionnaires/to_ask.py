"""Open check-ins that no text asks for: of patients whom the centre telephones, or who fill in sheets of paper."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, func, literal_column, select
from sqlalchemy.orm import Session, contains_eager

from questionnaires.models import Checkin, CheckinState
from records.models import AnswersBy, Enrolment, EnrolmentState

MOST = 200


def waiting(session: Session, *, scope: ColumnElement[bool], limit: int = MOST) -> list[Checkin]:
    """With their enrolments, the oldest first. `scope` is what the person who asks may see (records.access)."""
    query = _of(select(Checkin), scope).options(contains_eager(Checkin.enrolment))
    return list(session.scalars(query.order_by(Checkin.opens_at, Checkin.id).limit(limit)))


def count(session: Session, *, scope: ColumnElement[bool]) -> int:
    found: int = session.scalars(_of(select(func.count()).select_from(Checkin), scope)).one()
    return found


def _of(query: Select, scope: ColumnElement[bool]) -> Select:  # type: ignore[type-arg]
    return query.join(Enrolment, Enrolment.id == Checkin.enrolment_id).where(
        scope,
        Enrolment.answers_by != literal_column(f"'{AnswersBy.PHONE}'"),  # literally, or its index is not used
        Enrolment.state == EnrolmentState.ACTIVE,
        Checkin.state == CheckinState.OPEN,
    )
