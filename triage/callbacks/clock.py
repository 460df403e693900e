"""The clock of one call-back, read from every row that tells of it: anybody of the team can follow who did what, when,
and how long the patient waited; also long after it was closed.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from records.models import Enrolment, Staff
from triage.callbacks.finding import find
from triage.callbacks.story import Moment, Raised, Story, What, told
from triage.models import (
    Alert,
    Attempt,
    BridgedCall,
    CallAnnouncement,
    Callback,
    CallbackEvent,
    CallbackState,
    Disposition,
    Escalation,
    EventKind,
    Reply,
)

Row = TypeVar("Row", Alert, Attempt, Disposition, CallbackEvent, Escalation, CallAnnouncement, BridgedCall)
NAMED = ("from", "to")
"""Details that are a member of staff's public id, told by name, of an event that PASSES a call-back on; others use the
same words for hours.
"""
PASSES = (EventKind.TAKEN_OVER, EventKind.HANDED_OVER)


@dataclass(frozen=True, slots=True)
class Clock:
    """Of one call-back. Closed ones have a `closed_at`."""

    callback: uuid.UUID
    enrolment: Enrolment
    opened_at: datetime
    closed_at: datetime | None
    story: Story


def clock_of(session: Session, *, callback: uuid.UUID, staff: Staff, now: datetime) -> Clock:
    """Raises NotFound, also for another team's."""
    found = find(session, callback=callback, staff=staff)
    names = dict(session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(_people(session, found)))).all())
    alerts = [
        Raised(row.raised_at, row.rank, row.kind, row.due_at, row.closed_at, row.cause)
        for row in _rows(session, Alert, found)
    ]
    calls = [Moment(row.at, What.CALLED, row.staff.name, _call(row)) for row in _rows(session, Attempt, found)]
    others = [*_decided(session, found), *_put_before(session, found, names), *_announced(session, found)]
    others += [*_bridged(session, found, names), *_ran_out(found, now), *_happened(session, found)]
    others += _amended(session, found)
    story = told(alerts=alerts, calls=calls, others=others, closed_at=found.closed_at, now=now)
    return Clock(found.public_id, found.enrolment, found.opened_at, found.closed_at, story)


def clocks_of(session: Session, *, enrolment: Enrolment, limit: int = 20) -> list[tuple[uuid.UUID, datetime]]:
    """Every call-back of a follow-up, newest first, with when it was opened. The caller has checked who looks."""
    found = (
        select(Callback.public_id, Callback.opened_at)
        .where(Callback.enrolment_id == enrolment.id)
        .order_by(Callback.opened_at.desc(), Callback.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in session.execute(found)]


def _rows(session: Session, model: type[Row], callback: Callback) -> list[Row]:
    return list(session.scalars(select(model).where(model.callback_id == callback.id).order_by(model.id)))


def _people(session: Session, callback: Callback) -> set[int]:
    """Those whom rows name by their id alone."""
    told_of = select(Escalation.staff_id).where(Escalation.callback_id == callback.id)
    bridged = select(BridgedCall.staff_id).where(BridgedCall.callback_id == callback.id)
    return {one for one in session.scalars(told_of.union(bridged)) if one is not None}


def _call(row: Attempt) -> dict[str, Any]:
    return {"outcome": row.outcome, "called": row.called, "verified": row.verified, "next_try_at": row.next_try_at}


def _decided(session: Session, callback: Callback) -> Iterator[Moment]:
    for row in _rows(session, Disposition, callback):
        yield Moment(row.at, What.DECIDED, row.staff.name, {"kind": row.kind})


def _put_before(session: Session, callback: Callback, names: dict[int, str]) -> Iterator[Moment]:
    for row in _rows(session, Escalation, callback):
        whom = names.get(row.staff_id) if row.staff_id else None
        yield Moment(row.at, What.ESCALATED, whom, {"kind": row.kind, "step": row.step})
        if row.acknowledged_at is not None:
            yield Moment(row.acknowledged_at, What.TAKEN_UP, whom, {"step": row.step})


def _announced(session: Session, callback: Callback) -> Iterator[Moment]:
    for row in _rows(session, CallAnnouncement, callback):
        yield Moment(row.at, What.ANNOUNCED, None, {"from_at": row.from_at, "until_at": row.until_at})
        if row.replied_at is not None:
            yield Moment(row.replied_at, What.SAID_WORSE if row.reply == Reply.WORSE else What.SAID_LATER)


def _bridged(session: Session, callback: Callback, names: dict[int, str]) -> Iterator[Moment]:
    for row in _rows(session, BridgedCall, callback):
        yield Moment(row.asked_at, What.BRIDGED, names.get(row.staff_id), {"state": row.state, "called": row.called})


def _amended(session: Session, callback: Callback) -> Iterator[Moment]:
    """When a cause was told otherwise than at first (triage.heard_late); it is kept with the reason that names it."""
    for row in _rows(session, Alert, callback):
        for reason in row.reasons:
            for before in reason.get("amended", ()):
                details = {"was": before["was"], "is": reason["code"]}
                yield Moment(datetime.fromisoformat(before["at"]), What.AMENDED, None, details)


def _ran_out(callback: Callback, now: datetime) -> Iterator[Moment]:
    """A claim that has ended by itself and that nobody has come after: its row is written by whoever claims next."""
    ended = callback.claim_ends_at
    if callback.state == CallbackState.OPEN and callback.claimed_by is not None and ended is not None and ended <= now:
        yield Moment(ended, What.EXPIRED, callback.claimed_by.name, derived=True)


def _happened(session: Session, callback: Callback) -> Iterator[Moment]:
    rows = _rows(session, CallbackEvent, callback)
    names = _named(session, rows)
    for row in rows:
        details = dict(row.details)
        if row.kind in PASSES:
            details |= {name: names.get(details[name], "–") for name in NAMED if name in details}
        yield Moment(row.at, row.kind, row.staff.name if row.staff else None, details)


def _named(session: Session, rows: Iterable[CallbackEvent]) -> dict[str, str]:
    wanted = {
        uuid.UUID(row.details[name]) for row in rows if row.kind in PASSES for name in NAMED if name in row.details
    }
    if not wanted:
        return {}
    found = session.execute(select(Staff.public_id, Staff.name).where(Staff.public_id.in_(wanted)))
    return {str(public_id): name for public_id, name in found}
