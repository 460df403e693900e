"""What came of a call-back. A disposition closes the alerts that its author saw, and nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from records import audit
from records.audit import Actor
from records.models import Role, Staff
from triage.callbacks import consequences, requirements
from triage.callbacks.attempts import check_note, past, sealed_note
from triage.callbacks.claims import let_go
from triage.callbacks.finding import already, lock, refuse_not_ours
from triage.callbacks.requirements import NOT_CHOSEN, PHYSICIAN_ONLY
from triage.levels import Level
from triage.models import (
    Alert,
    AlertKind,
    Callback,
    CallbackState,
    Disposition,
    DispositionKind,
    NextStep,
)
from triage.refusals import AlertUnknown, NothingSeen, PhysicianDecides, PhysicianOnly, UnknownCode


@dataclass(frozen=True, slots=True)
class Outcome:
    """`remaining` alerts still stand; with none the call-back is closed."""

    disposition: uuid.UUID
    closed: bool
    remaining: int


def dispose(
    session: Session,
    *,
    callback: uuid.UUID,
    staff: Staff,
    kind: str,
    seen_alerts: Collection[uuid.UUID],
    now: datetime,
    note: str = "",
    details: Mapping[str, Any] | None = None,
    useful: bool | None = None,
    at: datetime | None = None,
    form_key: uuid.UUID | None = None,
    from_address: str | None = None,
) -> Outcome:
    """Record the disposition, close the alerts of `seen_alerts` (public ids), start what follows, free the claim.

    What the author did not see stays open, and the call-back with it, at its own rank and time. Handing it to the
    physician closes nothing, and is all that anybody else does with what is the physician's. `useful` is the author's
    word on the call, if any; how long they held the call-back is kept beside it. The same `form_key` again changes
    nothing and gives what came of the first. Raises a Refused saying what to do, and has then changed nothing.
    """
    code = known_kind(kind)
    check_note(note)
    moment = past(at, now)
    if code in PHYSICIAN_ONLY and not may_decide(staff):
        raise PhysicianOnly
    found = lock(session, callback=callback, staff=staff)
    before = already(session, Disposition, found, form_key)
    if before is not None:
        return _outcome(before, found, len(open_alerts(session, found)))
    refuse_not_ours(found, staff, now)
    if found.for_physician and not may_decide(staff) and code is not DispositionKind.TO_PHYSICIAN:
        raise PhysicianDecides
    closing = _closing(session, found, code, seen_alerts)
    requirements.require(session, found, code, closing)
    given = consequences.checked(found, code, details or {}, at=moment, now=now)
    told = {"useful": useful, "held_seconds": _held_seconds(found, staff, now), "details": given}
    disposition = _store(session, found, staff, code, note, told, moment, form_key)
    for alert in closing:
        alert.closed_at, alert.disposition_id = now, disposition.id
    session.flush()
    actor = Actor.staff(staff, from_address)
    consequences.start(session, found, disposition, actor=actor, now=now)
    remaining = settle(session, found, staff, code, now)
    _audit(session, found, disposition, closing, actor, now)
    return _outcome(disposition, found, remaining)


def _outcome(disposition: Disposition, callback: Callback, remaining: int) -> Outcome:
    return Outcome(disposition.public_id, callback.state == CallbackState.CLOSED, remaining)


def _held_seconds(callback: Callback, staff: Staff, now: datetime) -> int | None:
    """How long the author has had the call-back, at most until the claim ended; None when it was not theirs."""
    if callback.claimed_by_id != staff.id or callback.claimed_at is None or callback.claim_ends_at is None:
        return None
    return max(0, int((min(now, callback.claim_ends_at) - callback.claimed_at).total_seconds()))


def may_decide(staff: Staff) -> bool:
    """What was handed to the physician, and what only a physician decides, is settled by nobody else."""
    return staff.role == Role.PHYSICIAN


def known_kind(code: str) -> DispositionKind:
    if code in NOT_CHOSEN or code not in set(DispositionKind):
        raise UnknownCode(code=code[:40])
    return DispositionKind(code)


def _closing(session: Session, callback: Callback, code: DispositionKind, seen: Collection[uuid.UUID]) -> list[Alert]:
    if code is DispositionKind.TO_PHYSICIAN:
        return []
    if not seen:
        raise NothingSeen
    standing = {alert.public_id: alert for alert in open_alerts(session, callback)}
    if not set(seen) <= standing.keys():
        raise AlertUnknown
    return [alert for public_id, alert in standing.items() if public_id in set(seen)]


def open_alerts(session: Session, callback: Callback) -> list[Alert]:
    """What stands, most urgent first."""
    found = (
        select(Alert)
        .where(Alert.callback_id == callback.id, Alert.closed_at.is_(None))
        .order_by(Alert.rank.desc(), Alert.due_at, Alert.id)
    )
    return list(session.scalars(found))


def _store(
    session: Session,
    callback: Callback,
    staff: Staff,
    code: DispositionKind,
    note: str,
    told: Mapping[str, Any],
    at: datetime,
    form_key: uuid.UUID | None,
) -> Disposition:
    public_id = uuid.uuid4()
    disposition = Disposition(
        public_id=public_id,
        callback_id=callback.id,
        staff_id=staff.id,
        kind=code,
        note=sealed_note(callback.enrolment, note, table="dispositions", public_id=public_id),
        **told,
        form_key=form_key,
        at=at,
    )
    session.add(disposition)
    session.flush()
    return disposition


def settle(session: Session, callback: Callback, staff: Staff, code: DispositionKind, now: datetime) -> int:
    """Close the call-back, or give it the rank and time of what is left; either way nobody holds it any more."""
    session.flush()
    session.refresh(callback)
    standing = open_alerts(session, callback)
    let_go(session, callback, now=now)
    callback.next_try_at = None
    callback.next_step = NextStep.CALL_PATIENT
    callback.version += 1
    if standing:
        rank_anew(callback, standing)
        callback.for_physician = _for_physician(standing, code)
        if code is DispositionKind.TO_PHYSICIAN:
            callback.next_step = NextStep.PHYSICIAN
    else:
        close(callback, staff, now)
    session.flush()
    return len(standing)


def rank_anew(callback: Callback, standing: Sequence[Alert]) -> None:
    """As urgent as the most urgent of what is left."""
    callback.rank, callback.due_at = standing[0].rank, standing[0].due_at


def close(callback: Callback, staff: Staff, now: datetime) -> None:
    callback.state, callback.closed_at, callback.closed_by_id = CallbackState.CLOSED, now, staff.id


def _for_physician(standing: list[Alert], code: DispositionKind) -> bool:
    """Handed over, or for one of the alerts left."""
    doctors = (AlertKind.UNREACHED, AlertKind.SILENCE)
    left = any(
        alert.kind == AlertKind.LIMITS_DUE or (alert.kind in doctors and alert.rank >= Level.RED) for alert in standing
    )
    return left or code is DispositionKind.TO_PHYSICIAN


def _audit(
    session: Session, callback: Callback, disposition: Disposition, closed: list[Alert], actor: Actor, now: datetime
) -> None:
    audit.append(
        session,
        actor=actor,
        action="callback.disposed",
        subject=("enrolment", callback.enrolment.public_id),
        now=now,
        details={
            "callback": str(callback.public_id),
            "disposition": str(disposition.public_id),
            "kind": disposition.kind,
            "alerts": [str(alert.public_id) for alert in closed],
        },
    )
