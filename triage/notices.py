"""What a member of staff must be told on their next look at any page of the centre, until they have seen it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, cast, literal, null, select, update
from sqlalchemy.orm import Session

from records.models import Enrolment, Staff
from triage.models import Callback, CallbackState, Notice, NoticeKind

MOST = 8


@dataclass(frozen=True, slots=True)
class Told:
    """`public_id` None: it stands until the call-back itself says otherwise, and cannot be put away. `enrolment` is
    the patient that it is about, if one; `by` whose doing it was, None for the service's.
    """

    public_id: uuid.UUID | None
    kind: str
    at: datetime
    by: str | None
    enrolment: uuid.UUID | None
    details: Mapping[str, Any]


def tell(
    session: Session,
    *,
    staff_id: int,
    kind: NoticeKind,
    now: datetime,
    callback_id: int | None = None,
    by: Staff | None = None,
    **details: Any,
) -> Notice:
    """`by` is whose doing it was, None for the service's. `details` are ids, codes and numbers, never identity."""
    notice = Notice(
        staff_id=staff_id,
        kind=kind,
        callback_id=callback_id,
        from_staff_id=by.id if by else None,
        details=details,
        at=now,
    )
    session.add(notice)
    session.flush()
    return notice


def unseen(session: Session, *, staff: Staff) -> list[Told]:
    """What waits to be seen by `staff`, oldest first, in one read: their notices, and before these the call-backs of
    theirs that a worse alert came to. Those are read off the call-backs: a submission writes no row for it.
    """
    rows = session.execute(_worse(worsened(staff)).union_all(_notices(staff))).all()
    return [Told(*row) for row in sorted(rows, key=lambda row: (row.public_id is not None, row.at))]


def worsened(staff: Staff) -> ColumnElement[bool]:
    """Worse, not acknowledged, and claimed by nobody else since: also once the claim has run out."""
    return (
        (Callback.claimed_by_id == staff.id)
        & Callback.worsened_at.is_not(None)
        & (Callback.state == CallbackState.OPEN)
    )


def _worse(which: ColumnElement[bool]) -> Select[Any]:
    return (
        select(
            cast(null(), Notice.public_id.type).label("public_id"),
            literal(NoticeKind.WORSENED.value).label("kind"),
            Callback.worsened_at.label("at"),
            cast(null(), Staff.name.type).label("by"),
            Enrolment.public_id.label("enrolment"),
            cast(null(), Notice.details.type).label("details"),
        )
        .join(Enrolment, Enrolment.id == Callback.enrolment_id)
        .where(which)
        .limit(MOST)
    )


def _notices(staff: Staff) -> Select[Any]:
    return (
        select(Notice.public_id, Notice.kind, Notice.at, Staff.name, Enrolment.public_id, Notice.details)
        .outerjoin(Staff, Staff.id == Notice.from_staff_id)
        .outerjoin(Callback, Callback.id == Notice.callback_id)
        .outerjoin(Enrolment, Enrolment.id == Callback.enrolment_id)
        .where(Notice.staff_id == staff.id, Notice.seen_at.is_(None))
        .order_by(Notice.at, Notice.id)
        .limit(MOST)
    )


def saw(session: Session, *, notice: uuid.UUID, staff: Staff, now: datetime) -> None:
    """Put a notice of one's own away; somebody else's, or one seen before, stays as it is."""
    session.execute(
        update(Notice)
        .where(Notice.public_id == notice, Notice.staff_id == staff.id, Notice.seen_at.is_(None))
        .values(seen_at=now)
        .execution_options(synchronize_session=False)
    )
