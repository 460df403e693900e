"""What happened to a call-back beside alerts, calls and dispositions: the rest of its clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from records.models import Staff
from triage.models import CallbackEvent, EventKind


def record(
    session: Session,
    *,
    callback_id: int,
    kind: EventKind,
    now: datetime,
    staff: Staff | None = None,
    **details: Any,
) -> CallbackEvent:
    """`staff` is who did it, None for the service or the patient. `details` are ids, codes and instants as text, never
    identity or health values.
    """
    return _add(session, callback_id, kind, now, staff.id if staff else None, details)


def record_all(session: Session, *, kind: EventKind, now: datetime, details: Mapping[int, Mapping[str, Any]]) -> None:
    """The same of many call-backs at once, done by the service; `details` by call-back."""
    rows = [{"callback_id": id_, "kind": kind, "at": now, "details": dict(told)} for id_, told in details.items()]
    session.execute(insert(CallbackEvent), rows)


def expired(session: Session, *, callback_id: int, staff_id: int, at: datetime) -> CallbackEvent:
    """A claim that ran out at `at`, written down by whoever comes next: nothing sweeps them."""
    return _add(session, callback_id, EventKind.EXPIRED, at, staff_id, {})


def _add(
    session: Session, callback_id: int, kind: EventKind, at: datetime, staff_id: int | None, details: dict[str, Any]
) -> CallbackEvent:
    event = CallbackEvent(callback_id=callback_id, kind=kind, at=at, staff_id=staff_id, details=details)
    session.add(event)
    session.flush()
    return event
