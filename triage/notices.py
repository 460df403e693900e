"""What a member of staff must be told on their next look at any page of the centre, until they have seen it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from records.models import Staff
from triage.models import Notice, NoticeKind


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
