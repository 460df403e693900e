"""What became of patients: admissions, intensive care, deaths, each once, as calls and hospitals' files tell them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from records import audit
from records import enrolment as enrolments
from records.audit import SYSTEM, Actor
from records.enrolment.states import OPEN
from records.models import EndReason, Enrolment, Staff
from triage import followup
from triage.outcome_models import OutcomeKind, OutcomeSource, PatientOutcome

SAME_EVENT = timedelta(days=2)
"""A hospital's day of an admission that a call told of so many days before or after: the call was the same event."""


def record(
    session: Session,
    *,
    enrolment_id: int,
    kind: OutcomeKind | str,
    on_day: date,
    source: OutcomeSource | str,
    disposition_id: int | None = None,
    staff_id: int | None = None,
    now: datetime,
    from_address: str | None = None,
) -> bool:
    """Whether anything was written: the same event told again stands once. Audited on the enrolment's chain.

    Nobody dies twice: another day of death corrects the one that is known. A hospital's file corrects the day that a
    call told of, up to SAME_EVENT apart; a call never corrects a file. Raises ValueError for an unknown kind or source.
    """
    code, origin = OutcomeKind(kind), OutcomeSource(source)
    enrolment = session.get_one(Enrolment, enrolment_id)
    enrolments.lock(session, enrolment)
    known = _known(session, enrolment_id, code)
    standing = _same(known, code, on_day, origin)
    if standing is None:
        standing = PatientOutcome(public_id=uuid.uuid4(), enrolment_id=enrolment_id, kind=code)
        session.add(standing)
        action = "outcome.recorded"
    elif not _is_better(standing, on_day, origin):
        if standing.on_day == on_day and origin is OutcomeSource.IMPORT:
            standing.source = origin  # a file has confirmed it: another day in a file is another event from now on
            session.flush()
        return False
    else:
        action = "outcome.corrected"
    standing.on_day, standing.source, standing.disposition_id = on_day, origin, disposition_id
    standing.recorded_by_id, standing.recorded_at = staff_id, now
    session.flush()
    _audit(session, enrolment, standing, action, _actor(session, staff_id, from_address), now)
    return True


def _known(session: Session, enrolment_id: int, kind: OutcomeKind) -> Sequence[PatientOutcome]:
    of_kind = select(PatientOutcome).where(PatientOutcome.enrolment_id == enrolment_id, PatientOutcome.kind == kind)
    return session.scalars(of_kind.order_by(PatientOutcome.on_day)).all()


def _same(
    known: Sequence[PatientOutcome], kind: OutcomeKind, on_day: date, source: OutcomeSource
) -> PatientOutcome | None:
    """What is known of this event already, under this day or another."""
    exact = next((one for one in known if one.on_day == on_day), None)
    if exact is not None or kind is OutcomeKind.DECEASED:
        return exact or next(iter(known), None)
    told = [one for one in known if OutcomeSource.DISPOSITION in (source, one.source)]
    near = [one for one in told if abs(one.on_day - on_day) <= SAME_EVENT]
    return min(near, key=lambda one: abs(one.on_day - on_day), default=None)


def _is_better(standing: PatientOutcome, on_day: date, source: OutcomeSource) -> bool:
    """Whether another day corrects the known one."""
    if standing.on_day == on_day:
        return False
    if standing.kind == OutcomeKind.DECEASED:
        return source is OutcomeSource.IMPORT or standing.source == OutcomeSource.DISPOSITION
    return source is OutcomeSource.IMPORT


def died(
    session: Session,
    *,
    enrolment: Enrolment,
    on_day: date,
    source: OutcomeSource,
    disposition_id: int | None = None,
    staff: Staff | None = None,
    from_address: str | None = None,
    now: datetime,
) -> tuple[bool, list[Enrolment]]:
    """Record a death and end every follow-up of this patient, of other programmes and teams too, for nobody may write
    to the family. Returns whether anything was written, and the follow-ups that ended.
    """
    open_ones = (Enrolment.patient_id == enrolment.patient_id) & Enrolment.state.in_(list(OPEN))
    concerned = select(Enrolment).where(open_ones | (Enrolment.id == enrolment.id)).order_by(Enrolment.id)
    ended, written = [], False
    for one in session.scalars(concerned).all():
        actor = Actor.staff(staff, from_address) if staff is not None else SYSTEM
        if end(session, enrolment=one, reason=EndReason.DECEASED, actor=actor, now=now):
            ended.append(one)
        written |= record(
            session,
            enrolment_id=one.id,
            kind=OutcomeKind.DECEASED,
            on_day=on_day,
            source=source,
            disposition_id=disposition_id if one.id == enrolment.id else None,
            staff_id=staff.id if staff is not None else None,
            from_address=from_address,
            now=now,
        )
    return written, ended


def end(session: Session, *, enrolment: Enrolment, reason: EndReason, actor: Actor, now: datetime) -> bool:
    """End what has not ended; False for what had."""
    enrolments.lock(session, enrolment)
    if enrolment.state not in OPEN:
        return False
    followup.discharge(session, enrolment=enrolment, reason=reason, actor=actor, now=now)
    return True


def _actor(session: Session, staff_id: int | None, from_address: str | None) -> Actor:
    return SYSTEM if staff_id is None else Actor.staff(session.get_one(Staff, staff_id), from_address)


def _audit(
    session: Session, enrolment: Enrolment, outcome: PatientOutcome, action: str, actor: Actor, now: datetime
) -> None:
    """Which outcome and how it became known, not its day."""
    audit.append(
        session,
        actor=actor,
        action=action,
        subject=("enrolment", enrolment.public_id),
        now=now,
        details={"outcome": str(outcome.public_id), "kind": str(outcome.kind), "source": str(outcome.source)},
    )
