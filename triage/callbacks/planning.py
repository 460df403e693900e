"""What comes next after a call, and when: worked out by itself, or another hour that a caller chooses."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from records import clock
from records import enrolment as enrolments
from records.models import Staff
from triage.callbacks import events, tries
from triage.callbacks.finding import lock, refuse_not_ours
from triage.callbacks.unreached import hand_to_physician
from triage.levels import Level
from triage.models import Alert, Attempt, Callback, EventKind, NextStep
from triage.refusals import CentreClosed, InPast, NothingPlanned, RedSoon, RedToday, SilenceToday

LONGEST_RED = timedelta(hours=1)
"""So long a red may wait whose patient was not reached, and any red over midnight, where a centre is open at night."""


def go_on(
    session: Session, callback: Callback, attempt: Attempt, staff: Staff, wanted: datetime | None, now: datetime
) -> None:
    """What comes next stands on the call-back and on the call that led to it."""
    if tries.has_reached(attempt):
        callback.next_step, callback.next_try_at = NextStep.CALL_PATIENT, wanted
    else:
        _try_again(session, callback, attempt, wanted, now)
    attempt.next_try_at = callback.next_try_at
    if not tries.has_reached(attempt) or wanted is not None:
        _tell(session, callback, staff, now)


def plan_try(session: Session, *, callback: uuid.UUID, staff: Staff, at: datetime, now: datetime) -> None:
    """Another hour for a try that is planned; who is called then stays. Raises InPast, CentreClosed, RedToday, RedSoon,
    SilenceToday, NothingPlanned, NotFound, CallbackClosed, TakenBy.
    """
    found = lock(session, callback=callback, staff=staff)
    refuse_not_ours(found, staff, now)
    calls = _calls(session, found)
    refuse_try(found, at, now, is_reached=bool(calls) and tries.has_reached(calls[-1]))
    if found.next_try_at is None:
        raise NothingPlanned
    found.next_try_at = at
    found.version += 1
    _tell(session, found, staff, now)


def refuse_try(callback: Callback, at: datetime, now: datetime, *, is_reached: bool) -> None:
    """The next try lies ahead, while the centre is open; what is red is not left until the next day, nor for longer
    than LONGEST_RED when the last call reached nobody. Nor is a silence at risk left until then while there is time to
    call again: until its next try nothing tells that it is late.
    """
    programme = callback.enrolment.programme
    if at <= now:
        raise InPast
    if not clock.is_open(at, programme.opens, programme.closes, programme.zone):
        raise CentreClosed(opens=f"{programme.opens:%H:%M}", closes=f"{programme.closes:%H:%M}")
    another_day = clock.local_day(at, programme.zone) != clock.local_day(now, programme.zone)
    if callback.rank >= Level.RED and at - now > LONGEST_RED:
        if another_day:
            raise RedToday
        if not is_reached:
            raise RedSoon
    soon = clock.is_open(now + LONGEST_RED, programme.opens, programme.closes, programme.zone)
    if callback.rank == Level.SILENT_URGENT and another_day and soon and not is_reached:
        raise SilenceToday


def _try_again(session: Session, callback: Callback, attempt: Attempt, wanted: datetime | None, now: datetime) -> None:
    found = tries.after(
        _calls(session, callback),
        at=attempt.at,
        centre=callback.enrolment.programme,
        rank=callback.rank,
        has_contact=bool(enrolments.particulars(callback.enrolment).emergency_phone),
        latest=_came_since(session, callback, attempt.at),
    )
    planned = found.at if found.at is not None and found.at > now else None
    callback.next_step, callback.next_try_at = found.step, wanted or planned
    if callback.worsened_at is not None and callback.worsened_at > attempt.at:
        callback.next_try_at = None
    if found.step is NextStep.PHYSICIAN:
        callback.for_physician, callback.next_try_at = True, None
    if hand_to_physician(session, callback, attempt, now):
        callback.next_try_at = None


def _calls(session: Session, callback: Callback) -> list[Attempt]:
    query = select(Attempt).where(Attempt.callback_id == callback.id).order_by(Attempt.at, Attempt.id)
    return list(session.scalars(query))


def _came_since(session: Session, callback: Callback, at: datetime) -> datetime | None:
    """By when the most urgent of what came in after that call is due: the call was not about it."""
    standing = select(Alert.due_at).where(
        Alert.callback_id == callback.id, Alert.closed_at.is_(None), Alert.raised_at > at
    )
    return session.scalar(standing.order_by(Alert.rank.desc(), Alert.due_at).limit(1))


def _tell(session: Session, callback: Callback, staff: Staff, now: datetime) -> None:
    at = callback.next_try_at.isoformat() if callback.next_try_at else None
    events.record(
        session, callback_id=callback.id, kind=EventKind.NEXT_TRY, now=now, staff=staff, step=callback.next_step, at=at
    )
