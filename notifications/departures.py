"""A telephone number that wants no more texts: remembered, and told to the staff of every patient behind it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.models import Message
from records import audit, clock, contacts, patients
from records.audit import Actor
from records.enrolment import lock, subject_of
from records.models import Enrolment, EnrolmentState, OptOut, Patient
from records.patients.index import phone_digest
from triage import callbacks, reasons
from triage.levels import Level
from triage.models import AlertKind

FOLLOWED = (EnrolmentState.INVITED, EnrolmentState.ACTIVE, EnrolmentState.PAUSED)


def phone_of(patient: Patient) -> str | None:
    """The patient's number in clear, and nothing else of the identity."""
    if patient.phone is None:
        return None
    return patients.reveal_text(patient, patient.phone, table="patients", column="phone", public_id=patient.public_id)


def zone_of(enrolment: Enrolment) -> str:
    """The zone whose hours the patient reads: their own, or the centre's where theirs cannot be read."""
    return enrolment.zone if enrolment.zone in clock.zone_names() else enrolment.programme.zone


def followed(session: Session, people: Iterable[Patient]) -> Sequence[Enrolment]:
    """The enrolments of these patients that somebody follows, in a fixed order, so that no two writers deadlock."""
    ids = [person.id for person in people]
    wanted = select(Enrolment).where(Enrolment.patient_id.in_(ids), Enrolment.state.in_(FOLLOWED))
    return session.scalars(wanted.order_by(Enrolment.id).execution_options(populate_existing=True)).all()


def leave(session: Session, *, phone: str, source: str, cause: uuid.UUID, now: datetime) -> bool:
    """Opt `phone` out and raise it for every patient behind it; False when it was opted out already."""
    if contacts.opted_out(session, phone=phone):
        return False
    for enrolment in followed(session, patients.by_phone(session, phone=phone)):
        tell_staff(session, enrolment, AlertKind.OPTED_OUT, cause=cause, now=now)
    contacts.opt_out(session, phone=phone, now=now, source=source)  # last: it locks the audit trail
    return True


BY_PAGE = "page:"
"""Where an opt-out came from that somebody made on their own page, followed by the public id of the follow-up."""


def stop(session: Session, *, enrolment: Enrolment, actor: Actor, now: datetime) -> bool:
    """What STOP does, by a button on the patient's own page; False when the number was opted out already, or when there
    is none. Everybody else behind the number is raised too.
    """
    phone = phone_of(enrolment.patient)
    if phone is None:
        return False
    lock(session, enrolment)  # pressed twice at once, it is told once
    left = leave(session, phone=phone, source=f"{BY_PAGE}{enrolment.public_id}", cause=uuid.uuid4(), now=now)
    if left:
        audit.append(session, actor=actor, action="patient.stopped", subject=subject_of(enrolment), now=now)
    return left


def start_again(session: Session, *, enrolment: Enrolment, actor: Actor, now: datetime) -> bool:
    """Texts again, after a stop on somebody's page: of one by text the operator knows too, and only START ends that."""
    phone = phone_of(enrolment.patient)
    stopped = session.get(OptOut, phone_digest(phone)[1]) if phone else None
    if phone is None or stopped is None or not stopped.source.startswith(BY_PAGE):
        return False
    contacts.opt_in(session, phone=phone, now=now, source=f"{BY_PAGE}{enrolment.public_id}")
    audit.append(session, actor=actor, action="patient.started", subject=subject_of(enrolment), now=now)
    return True


def tell_staff(session: Session, enrolment: Enrolment, kind: AlertKind, *, cause: uuid.UUID, now: datetime) -> None:
    """Raise an orange call-back for `enrolment`; the same cause raises it once."""
    callbacks.raise_alert(
        session,
        enrolment=enrolment,
        kind=kind,
        rank=Level.ORANGE,
        key=f"{kind.value}:{cause}:{enrolment.public_id}",
        reasons=[{**reasons.from_code(kind.value), "cause": str(cause)}],
        now=now,
    )


def learn_from_refusal(session: Session, *, message: Message, now: datetime) -> None:
    """The provider says that the number it refused had asked for silence. A member of staff's is nobody's follow-up:
    the next person is told instead.
    """
    if message.enrolment_id is None:
        return
    found = select(Patient).join(Enrolment, Enrolment.patient_id == Patient.id)
    patient = session.scalars(found.where(Enrolment.id == message.enrolment_id)).one()
    phone = phone_of(patient)
    if phone is not None:
        leave(session, phone=phone, source="provider", cause=message.public_id, now=now)
