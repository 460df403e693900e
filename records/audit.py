"""The audit trail: acts of people, append-only, chained by hash per subject.

The writer locks the chain's head row, so `append` comes last in a transaction: two acts on one subject wait for each
other only while they commit, and acts on two subjects never do. The hash covers stored bytes that hold ids and codes
and no identity, so that erasing a person breaks nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import LargeBinary, Uuid, bindparam, text
from sqlalchemy.orm import Session

from records.db import Instant
from records.models import Staff
from records.models.patients import Patient

Subject = tuple[str, uuid.UUID]


@dataclass(frozen=True)
class Actor:
    """Who does something, and from which network address: staff, a patient, or the service itself."""

    kind: str
    public_id: uuid.UUID | None = None
    from_address: str | None = None

    @classmethod
    def staff(cls, staff: Staff, from_address: str | None = None) -> Actor:
        return cls("staff", staff.public_id, from_address)

    @classmethod
    def patient(cls, patient: Patient, from_address: str | None = None) -> Actor:
        return cls("patient", patient.public_id, from_address)


SYSTEM = Actor("system")
SYSTEM_SUBJECT: Subject = ("system", uuid.UUID(int=0))

APPEND_CTE = """
head AS (
    INSERT INTO audit_heads AS known (subject_kind, subject_id, length, hash)
    SELECT CAST(:audit_kind AS text), CAST(:audit_subject AS uuid), 1,
           sha256(decode(repeat('00', 32), 'hex') || int8send(1) || CAST(:audit_canonical AS bytea))
    FROM (SELECT) AS act
    ON CONFLICT (subject_kind, subject_id) DO UPDATE SET
        length = known.length + 1,
        hash = sha256(known.hash || int8send(known.length + 1) || CAST(:audit_canonical AS bytea))
    RETURNING length, hash
), entry AS (
    INSERT INTO audit_entries (subject_kind, subject_id, number, at, canonical, hash)
    SELECT :audit_kind, :audit_subject, head.length, :audit_at, CAST(:audit_canonical AS bytea), head.hash FROM head
    RETURNING number
)
"""
APPEND_ONCE_CTE = APPEND_CTE.replace("FROM (SELECT) AS act", "FROM act")
"""The same for a statement of many parts: its own CTE `act` has one row when there is something to append, or none."""

PARAMETERS = (
    bindparam("audit_subject", type_=Uuid()),
    bindparam("audit_at", type_=Instant()),
    bindparam("audit_canonical", type_=LargeBinary()),
)
_APPEND = text(f"WITH {APPEND_CTE} SELECT number FROM entry").bindparams(*PARAMETERS)  # noqa: S608 - constant text


def canonical(*, actor: Actor, action: str, subject: Subject, now: datetime, details: Mapping[str, Any]) -> bytes:
    """The bytes that are hashed and stored: JSON with sorted keys. `details` holds ids and codes only."""
    document = {
        "action": action,
        "actor": {"kind": actor.kind, "id": str(actor.public_id) if actor.public_id else None},
        "at": now.astimezone(UTC).isoformat(timespec="microseconds"),
        "details": dict(details),
        "from": actor.from_address,
        "subject": {"kind": subject[0], "id": str(subject[1])},
    }
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def parameters(
    *, actor: Actor, action: str, subject: Subject, now: datetime, details: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Values of APPEND_CTE's parameters, for a statement that appends together with its own rows (add PARAMETERS to
    its `bindparams`).
    """
    stored = canonical(actor=actor, action=action, subject=subject, now=now, details=details or {})
    return {"audit_kind": subject[0], "audit_subject": subject[1], "audit_at": now, "audit_canonical": stored}


def append(
    session: Session,
    *,
    actor: Actor,
    action: str,
    subject: Subject,
    now: datetime,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Add one act to the chain of `subject`, in the transaction of the act. Call it last: it locks the chain's head."""
    session.flush()
    values = parameters(actor=actor, action=action, subject=subject, now=now, details=details)
    session.execute(_APPEND, values)
