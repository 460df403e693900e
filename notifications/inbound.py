"""Texts that people send us: reserved words act, a figure answers the text of a call, the rest is told to the staff,
and the writer that nobody reads.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from notifications import departures, replies, reserved, texts
from notifications.departures import zone_of
from notifications.models import Inbound, InboundKind
from records import clock, contacts, patients, phones
from records.models import Enrolment, Patient
from records.texts import DEFAULT
from triage.models import AlertKind
from triage.targets import opening

LONGEST_BODY = 1600


def receive(
    session: Session,
    *,
    provider_id: str,
    from_phone: str,
    to_phone: str,
    body: str,
    now: datetime,
    provider_replied: bool = False,
) -> str | None:
    """Take in one text, once per `provider_id`; returns the reply, or None when the provider has replied itself.

    The body is kept only of a known patient, sealed. A repeat changes nothing and gets the same reply.
    """
    people = patients.by_phone(session, phone=from_phone) if from_phone != to_phone else []
    enrolments = departures.followed(session, people)
    kind = reserved.kind_of(body)
    told: list[Enrolment] = []
    answer = reserved.reply_of(body) if kind is InboundKind.OTHER else None
    if answer is not None:
        told = replies.answered_by(session, kind=answer, enrolments=enrolments, now=now)
        kind = answer if told else kind
    received = _keep(session, provider_id, kind, body, _owner(people, enrolments), now)
    if received is not None:
        _act(session, kind, from_phone, told or enrolments, received, now)
    return None if provider_replied else _replied(session, provider_id, people, enrolments)


def _replied(session: Session, provider_id: str, people: Sequence[Patient], enrolments: Sequence[Enrolment]) -> str:
    """By what the text was when it came first."""
    kept = session.scalars(select(Inbound).where(Inbound.provider_id == provider_id)).one()
    kind = InboundKind(kept.kind)
    if kind not in replies.ANSWERS:
        return _reply(kind, people, enrolments, kept.received_at)
    language = people[-1].language if people else DEFAULT
    return replies.reply(
        session, kind=kind, language=language, enrolments=enrolments, cause=kept.public_id, at=kept.received_at
    )


def _owner(people: Sequence[Patient], enrolments: Sequence[Enrolment]) -> Patient | None:
    """Whose key seals the body when several share the phone: one that is followed now, the latest first."""
    if enrolments:
        return enrolments[-1].patient
    return people[-1] if people else None


def _keep(
    session: Session, provider_id: str, kind: InboundKind, body: str, owner: Patient | None, now: datetime
) -> uuid.UUID | None:
    """The new row's public id, or None for a text that came before."""
    public_id = uuid.uuid4()
    place = {"table": "inbound", "column": "body", "public_id": public_id}
    row = {
        "public_id": public_id,
        "provider_id": provider_id,
        "patient_id": owner.id if owner else None,
        "kind": kind.value,
        "body": patients.seal_for(owner, body[:LONGEST_BODY], **place) if owner else None,  # type: ignore[arg-type]
        "received_at": now,
    }
    made = insert(Inbound).values(row).on_conflict_do_nothing(index_elements=["provider_id"])
    return session.scalar(made.returning(Inbound.public_id))


def _act(
    session: Session,
    kind: InboundKind,
    from_phone: str,
    enrolments: Sequence[Enrolment],
    received: uuid.UUID,
    now: datetime,
) -> None:
    match kind:
        case InboundKind.STOP:
            departures.leave(session, phone=from_phone, source="sms", cause=received, now=now)
        case InboundKind.START:
            contacts.opt_in(session, phone=from_phone, now=now, source="sms")
        case InboundKind.WORSE | InboundKind.LATER:
            replies.act(session, kind=kind, enrolments=enrolments, cause=received, now=now)
        case InboundKind.HELP | InboundKind.OTHER:  # AIDE may be the reserved word, or a cry: a person finds out
            for enrolment in enrolments:
                departures.tell_staff(session, enrolment, AlertKind.WROTE, cause=received, now=now)


def _reply(kind: InboundKind, people: Sequence[Patient], enrolments: Sequence[Enrolment], now: datetime) -> str:
    language = people[-1].language if people else DEFAULT
    phone = phones.national(enrolments[-1].programme.phone) if enrolments else None
    match kind:
        case InboundKind.STOP:
            return texts.stopped(language, phone)
        case InboundKind.START:
            return texts.started(language, phone)
        case _:
            hour = _opens_at(enrolments, now)
            return texts.helped(language, phone) if hour is None else texts.outside_hours(language, phone, hour)


def _opens_at(enrolments: Sequence[Enrolment], now: datetime) -> str | None:
    """The hour, on the patient's clock, before which nobody reads what was written; None while somebody does."""
    if not enrolments:
        return None
    enrolment = enrolments[-1]
    opens = opening(enrolment.programme, now)
    return None if opens == now else f"{clock.local(opens, zone_of(enrolment)):%H:%M}"


def body_of(session: Session, *, public_id: uuid.UUID) -> str | None:
    """What was written, in clear, for somebody who may read this patient's file; None when it was not kept."""
    row = session.execute(
        select(Inbound, Patient).join(Patient, Patient.id == Inbound.patient_id).where(Inbound.public_id == public_id)
    ).one_or_none()
    if row is None:
        return None
    inbound, patient = row
    if inbound.body is None:
        return None
    return patients.reveal_text(patient, inbound.body, table="inbound", column="body", public_id=public_id)
