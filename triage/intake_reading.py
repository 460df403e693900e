"""The one read of a submission: everything that deciding about it needs."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from triage import history
from triage.situation import Situation, situation

NOW = "%(now)s::timestamptz"

# The check-in is the one named, or of a correction that of the first answer, or else the one open at this moment; one
# that has not opened yet is nobody's. A response already stored under the key tells a resent answer from a correction.
READ = f"""
    SELECT {history.PATIENT}, {history.MISSED.format(until=NOW)}, {history.FAILED_CALLS},
           {history.OWN_LIMITS.format(now=NOW)},
           c.id AS checkin_id, c.public_id AS checkin, c.state AS checkin_state, c.opens_at, c.closes_at, c.local_on,
           mine.id AS mine_id, mine.public_id AS mine, mine.content_digest, mine.due_at AS mine_due_at,
           mine.late AS mine_late, amended.public_id AS amended
    FROM enrolments e {history.JOINED}
    LEFT JOIN responses mine ON mine.patient_id = e.patient_id AND mine.key = %(key)s::uuid
    LEFT JOIN responses amended ON amended.patient_id = e.patient_id AND amended.key = %(amending_key)s::uuid
    LEFT JOIN LATERAL (
        SELECT * FROM checkins ch
        WHERE ch.enrolment_id = e.id AND ch.opens_at <= {NOW}
          AND CASE WHEN mine.id IS NOT NULL THEN ch.id = mine.checkin_id
                   WHEN %(checkin)s::uuid IS NOT NULL THEN ch.public_id = %(checkin)s::uuid
                   ELSE ch.state = 'open' AND ch.closes_at > {NOW} END
        ORDER BY ch.opens_at DESC LIMIT 1
    ) c ON true
    {history.IN_FORCE.format(now=NOW)}
    {history.PREVIOUS.format(before=f"coalesce(mine.due_at, c.opens_at, {NOW})")}
    WHERE e.id = %(enrolment_id)s
"""  # noqa: S608 - constant fragments, every value is a parameter


@dataclass(frozen=True, slots=True)
class Asked:
    """The check-in that is answered."""

    id: int
    public_id: uuid.UUID
    state: str
    opens_at: datetime
    closes_at: datetime
    local_on: date


@dataclass(frozen=True, slots=True)
class First:
    """What is stored already under the client's key."""

    id: int
    public_id: uuid.UUID
    digest: bytes
    due_at: datetime
    late: bool


@dataclass(frozen=True, slots=True)
class Read:
    situation: Situation
    checkin: Asked | None
    first: First | None
    amended: uuid.UUID | None


def read(
    session: Session,
    *,
    enrolment_id: int,
    key: uuid.UUID,
    amending_key: uuid.UUID,
    checkin: uuid.UUID | None,
    now: datetime,
) -> Read:
    """One statement. Raises NoResultFound for an enrolment that does not exist."""
    values = {
        "enrolment_id": enrolment_id,
        "key": key,
        "amending_key": amending_key,
        "checkin": checkin,
        "now": now,
    }
    row: Any = session.connection().exec_driver_sql(READ, values).mappings().one()
    return Read(situation(row), _asked(row), _first(row), row["amended"])


def _asked(row: Any) -> Asked | None:
    if row["checkin_id"] is None:
        return None
    names = ("opens_at", "closes_at", "local_on")
    return Asked(row["checkin_id"], row["checkin"], row["checkin_state"], **{name: row[name] for name in names})


def _first(row: Any) -> First | None:
    if row["mine_id"] is None:
        return None
    return First(row["mine_id"], row["mine"], bytes(row["content_digest"]), row["mine_due_at"], row["mine_late"])
