"""One line of a hospital's file of outcomes, taken: found, checked against what is known, recorded, and acted upon."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from questionnaires.models import Response
from records import access, clock, phones
from records.audit import Actor
from records.models import EndReason, Enrolment, EnrolmentState, Patient, PatientIndex, Staff
from records.patients import index
from triage import outcomes
from triage.models import Callback, CallbackState
from triage.outcome_file import BadLine, Line
from triage.outcome_models import OutcomeKind, OutcomeSource, PatientOutcome
from triage.situation import known_zone

NOBODY = "finds no such patient in your teams: look at the end of the address of the patient's page"


@dataclass(slots=True)
class Taken:
    """What one line did. `goes_on` is the last day that was answered after an admission, where that kept a follow-up
    from ending, and `began` that it began on the day of the admission; `calls` how many call-backs of follow-ups that
    ended are still open.
    """

    written: bool = False
    ended: list[Enrolment] = field(default_factory=list)
    goes_on: date | None = None
    began: bool = False
    calls: int = 0


def take(session: Session, *, line: Line, staff: Staff, from_address: str, now: datetime) -> Taken:
    """Record the outcome for each programme in which this patient was followed on that day or before; end what is still
    followed as the same disposition would. An admission before later answers ends nothing, nor does one of the very day
    of enrolment, which may be the stay that the patient was enrolled at the end of. Raises BadLine, having changed
    nothing.
    """
    found = _episodes(session, line, staff)
    _refuse_day(session, line, found, now)
    taken = Taken()
    said: dict[str, Any] = {"staff": staff, "from_address": from_address, "now": now}
    for enrolment in found:
        if line.kind is OutcomeKind.DECEASED:
            written, ended = outcomes.died(
                session, enrolment=enrolment, on_day=line.on_day, source=OutcomeSource.IMPORT, **said
            )
            taken.written |= written
            taken.ended += ended
        else:
            _admitted(session, line, enrolment, taken, **said)
    taken.calls = _calls(session, taken.ended)
    return taken


def _admitted(
    session: Session, line: Line, enrolment: Enrolment, taken: Taken, *, staff: Staff, from_address: str, now: datetime
) -> None:
    answered = _answered_after(session, enrolment, line.on_day)
    began = _day(enrolment, enrolment.enrolled_at) == line.on_day
    if answered is None and not began:
        actor = Actor.staff(staff, from_address)
        if outcomes.end(session, enrolment=enrolment, reason=EndReason.ADMITTED, actor=actor, now=now):
            taken.ended.append(enrolment)
    elif enrolment.state != EnrolmentState.DISCHARGED:
        taken.goes_on, taken.began = answered, began
    taken.written |= outcomes.record(
        session,
        enrolment_id=enrolment.id,
        kind=line.kind,
        on_day=line.on_day,
        source=OutcomeSource.IMPORT,
        staff_id=staff.id,
        from_address=from_address,
        now=now,
    )


def _episodes(session: Session, line: Line, staff: Staff) -> list[Enrolment]:
    """Of each programme the follow-up that had begun last on that day, in a fixed order."""
    every = [one for one in _followed(session, line, staff) if one.state != EnrolmentState.REFUSED]
    if not every:
        raise BadLine(NOBODY)
    begun = {one.programme_id: one for one in every if _day(one, one.enrolled_at) <= line.on_day}
    if not begun:
        first = min(_day(one, one.enrolled_at) for one in every)
        raise BadLine(f"is dated before this patient was enrolled ({first}): mend the date, or leave the line out")
    return sorted(begun.values(), key=lambda one: one.id)


def _followed(session: Session, line: Line, staff: Staff) -> Sequence[Enrolment]:
    """The follow-ups that the line is about, oldest first: those of one programme where it names one of them."""
    try:
        wanted = uuid.UUID(line.patient)
    except ValueError:
        return _of_patient(session, _by_phone(session, line), staff)
    named = session.scalar(select(Enrolment).where(Enrolment.public_id == wanted, access.scope(staff)))
    if named is not None:
        return [one for one in _of_patient(session, named.patient_id, staff) if one.programme_id == named.programme_id]
    return _of_patient(session, session.scalar(select(Patient.id).where(Patient.public_id == wanted)), staff)


def _of_patient(session: Session, patient_id: int | None, staff: Staff) -> Sequence[Enrolment]:
    theirs = select(Enrolment).where(Enrolment.patient_id == patient_id, access.scope(staff))
    return session.scalars(theirs.order_by(Enrolment.enrolled_at, Enrolment.id)).all()


def _by_phone(session: Session, line: Line) -> int | None:
    """Telephones are shared: only together with the birth date do they tell who it is."""
    try:
        number = phones.parse(line.patient, rehearsal=True)
    except phones.BadPhone:
        raise BadLine("names a patient neither by public id nor by telephone number: write one of the two") from None
    if line.born is None:
        raise BadLine("names a patient by telephone without their birth date: add it in a column born")
    having = [
        select(PatientIndex.patient_id).where(PatientIndex.kind == kind, PatientIndex.digest == digest)
        for kind, digest in (index.phone_digest(number), index.birth_digest(line.born))
    ]
    found = session.scalars(select(Patient.id).where(*(Patient.id.in_(one) for one in having)).limit(2)).all()
    if len(found) > 1:
        raise BadLine("finds two patients with this telephone number and birth date: name the right one by public id")
    return found[0] if found else None


def _refuse_day(session: Session, line: Line, found: Sequence[Enrolment], now: datetime) -> None:
    if line.on_day > max(_day(one, now) for one in found):
        raise BadLine("is dated in the future: mend the date, or import the line once it has happened")
    after = select(func.min(PatientOutcome.on_day)).where(PatientOutcome.enrolment_id.in_([one.id for one in found]))
    dead = session.scalar(after.where(PatientOutcome.kind == OutcomeKind.DECEASED))
    if line.kind is not OutcomeKind.DECEASED:
        if dead is not None and dead < line.on_day:
            raise BadLine(f"is dated after the day of death that is known ({dead}): find out which is right")
        return
    admitted = session.scalar(after.where(PatientOutcome.kind != line.kind, PatientOutcome.on_day > line.on_day))
    if admitted is not None:
        raise BadLine(f"tells of a death before an admission that is known ({admitted}): find out which is right")
    enrolled = _enrolled_after(session, found[0], line.on_day)
    if enrolled is not None:
        raise BadLine(
            f"tells of a death, but this patient was enrolled after that day ({enrolled}):"
            " call, find out whether it is this patient and this day, and import the line again"
        )
    answered = _answered_after(session, found[0], line.on_day)
    if answered is not None:
        raise BadLine(
            f"tells of a death, but answers came in this patient's name after that day (the last on {answered}):"
            " call, find out whether it is this patient and this day, and import the line again"
        )


def _enrolled_after(session: Session, enrolment: Enrolment, on_day: date) -> date | None:
    """The last day on which somebody enrolled this patient, whatever the programme, if after `on_day`."""
    last = session.scalar(
        select(func.max(Enrolment.enrolled_at)).where(
            Enrolment.patient_id == enrolment.patient_id, Enrolment.state != EnrolmentState.REFUSED
        )
    )
    day = _day(enrolment, last) if last is not None else on_day
    return day if day > on_day else None


def _answered_after(session: Session, enrolment: Enrolment, on_day: date) -> date | None:
    """The last day on which somebody answered in this patient's name, whatever the programme, if after `on_day`. A
    phone's clock may be wrong: its claim counts only between when the answers were due and when they came in.
    """
    claimed = func.coalesce(Response.completed_at, Response.received_at)
    when = func.least(func.greatest(claimed, Response.due_at), Response.received_at)
    last = session.scalar(select(func.max(when)).where(Response.patient_id == enrolment.patient_id))
    day = _day(enrolment, last) if last is not None else on_day
    return day if day > on_day else None


def _day(enrolment: Enrolment, at: datetime) -> date:
    return clock.local_day(at, known_zone(enrolment.zone, enrolment.programme.zone))


def _calls(session: Session, ended: Sequence[Enrolment]) -> int:
    standing = select(func.count(Callback.id)).where(
        Callback.enrolment_id.in_([one.id for one in ended]), Callback.state == CallbackState.OPEN
    )
    return session.scalars(standing).one() if ended else 0
