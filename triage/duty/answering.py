"""Reading what was told of late calls, and saying that one looks after it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from records import access
from records.models import Staff
from triage.callbacks import events
from triage.models import Callback, Escalation, EscalationKind, EventKind
from triage.refusals import NotFound

MOST_SHOWN = 50


def answer(session: Session, *, escalation: uuid.UUID, staff: Staff, now: datetime) -> Escalation:
    """`staff` says that they look after it: nobody else is told of this clock for a while. Raises NotFound, also for a
    call-back of another team.
    """
    found = of(session, escalation=escalation, staff=staff)
    about = (Escalation.callback_id == found.callback_id, Escalation.clock_at == found.clock_at)
    session.execute(update(Escalation).where(*about, Escalation.acknowledged_at.is_(None)).values(acknowledged_at=now))
    events.record(
        session,
        callback_id=found.callback_id,
        kind=EventKind.ESCALATED,
        now=now,
        staff=staff,
        escalation=found.kind,
        answered=True,
        clock=found.clock_at.isoformat(),
    )
    return found


def of(session: Session, *, escalation: uuid.UUID, staff: Staff) -> Escalation:
    """The escalation, if its call-back is of a team of this person. Raises NotFound."""
    found = session.scalar(
        select(Escalation)
        .join(Callback, Callback.id == Escalation.callback_id)
        .where(Escalation.public_id == escalation, Callback.team_id.in_(access.team_ids(staff)))
    )
    if found is None:
        raise NotFound
    return found


def waiting_for(session: Session, *, staff: Staff, but: int) -> Sequence[Escalation]:
    """What else waits for an answer of this person, in the teams that are theirs, the longest waiting first."""
    wanted = (
        select(Escalation)
        .join(Callback, Callback.id == Escalation.callback_id)
        .where(Escalation.staff_id == staff.id, Escalation.acknowledged_at.is_(None), Escalation.id != but)
        .where(Callback.team_id.in_(access.team_ids(staff)))
    )
    return session.scalars(wanted.order_by(Escalation.clock_at, Escalation.id).limit(MOST_SHOWN)).all()


@dataclass(frozen=True, slots=True)
class Said:
    """One line of a call-back's clock: who was told of what and when they answered. `name` None: nobody was found."""

    kind: EscalationKind
    step: int
    at: datetime
    clock_at: datetime
    name: str | None
    acknowledged_at: datetime | None


def said(session: Session, *, callback_id: int) -> list[Said]:
    """Everything that was told of this call-back, in order."""
    rows = session.execute(
        select(Escalation, Staff.name)
        .outerjoin(Staff, Staff.id == Escalation.staff_id)
        .where(Escalation.callback_id == callback_id)
        .order_by(Escalation.at, Escalation.id)
    )
    return [
        Said(EscalationKind(one.kind), one.step, one.at, one.clock_at, name, one.acknowledged_at) for one, name in rows
    ]
