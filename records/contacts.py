"""What was tried to reach a patient, and who asked not to be written to."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from records import audit, driver
from records.enrolment.states import OPEN
from records.models import Contact, Enrolment, OptOut, Patient
from records.models.contacts import Why
from records.patients import by_phone
from records.patients.index import phone_digest

__all__ = [
    "WRITTEN_FROM",
    "WRITTEN_UNTIL",
    "Why",
    "note",
    "note_all",
    "opt_in",
    "opt_out",
    "opted_out",
]

WRITTEN_FROM, WRITTEN_UNTIL = time(7), time(21)
"""Where the patient is: outside these hours nobody is written to."""


def note(
    session: Session,
    *,
    enrolment_id: int,
    source: uuid.UUID,
    about: uuid.UUID | None,
    channel: str,
    purpose: str,
    outcome: str,
    at: datetime,
    reason: str | None = None,
) -> None:
    """Write down a try to reach a patient; the same `source` again changes its row to the newer outcome."""
    row = {
        "enrolment_id": enrolment_id,
        "source": source,
        "about": about,
        "channel": channel,
        "purpose": purpose,
        "outcome": outcome,
        "reason": reason,
        "at": at,
    }
    newer = {"outcome": outcome, "reason": reason, "at": at}
    session.execute(insert(Contact).values(row).on_conflict_do_update(index_elements=[Contact.source], set_=newer))


# Whoever notes several holds what they are about already, in one order; so no two can deadlock here.
NOTE_ALL = """
    INSERT INTO contacts (enrolment_id, source, about, channel, purpose, reason, outcome, at)
    SELECT t.*, %(outcome)s, %(at)s
    FROM unnest(%(enrolment_id)s::bigint[], %(source)s::uuid[], %(about)s::uuid[], %(channel)s::text[],
                %(purpose)s::text[], %(reason)s::text[]) AS t
    ON CONFLICT (source) DO UPDATE SET outcome = excluded.outcome, reason = excluded.reason, at = excluded.at
"""
NOTED = ("enrolment_id", "source", "about", "channel", "purpose", "reason")


def note_all(session: Session, tries: Sequence[Mapping[str, Any]], *, outcome: str, at: datetime) -> None:
    """Write down several tries that came to the same; each holds what `note` takes of one, by name."""
    if tries:
        columns = {name: [one[name] for one in tries] for name in NOTED}
        driver.under(session).execute(NOTE_ALL, columns | {"outcome": outcome, "at": at})


def opt_out(session: Session, *, phone: str, now: datetime, source: str) -> list[Patient]:
    """No message to this E.164 number from now on; returns everybody it reached, so that they can be called instead.

    Returns nobody when the number had said so before.
    """
    row = {"phone_digest": phone_digest(phone)[1], "since_at": now, "source": source}
    added = insert(OptOut).values(row).on_conflict_do_nothing().returning(OptOut.since_at)
    if session.scalar(added) is None:
        return []
    return _tell(session, phone, "patient.opted-out", source, now)


def opt_in(session: Session, *, phone: str, now: datetime, source: str) -> list[Patient]:
    """Messages to this number again; returns everybody it reaches, or nobody when it had not opted out."""
    ended = delete(OptOut).where(OptOut.phone_digest == phone_digest(phone)[1]).returning(OptOut.since_at)
    if session.scalar(ended) is None:
        return []
    return _tell(session, phone, "patient.opted-in", source, now)


def opted_out(session: Session, *, phone: str) -> bool:
    return session.scalar(select(OptOut.since_at).where(OptOut.phone_digest == phone_digest(phone)[1])) is not None


def _tell(session: Session, phone: str, action: str, source: str, now: datetime) -> list[Patient]:
    """Audit it on every open enrolment of the number, always in one order, so that two writers cannot deadlock."""
    patients = {patient.id: patient for patient in by_phone(session, phone=phone)}
    query = select(Enrolment).where(Enrolment.patient_id.in_(patients), Enrolment.state.in_(OPEN))
    for enrolment in session.scalars(query.order_by(Enrolment.public_id)):
        actor = audit.Actor.patient(patients[enrolment.patient_id])
        subject = ("enrolment", enrolment.public_id)
        audit.append(session, actor=actor, action=action, subject=subject, now=now, details={"source": source})
    return list(patients.values())
