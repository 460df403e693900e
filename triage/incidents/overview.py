"""What stands of the incidents, in one statement from their indexes alone."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from records import driver

STANDING = """
    SELECT i.public_id, i.kind, i.began_at, waits.total::int AS waiting, waits.worst::int AS worst,
        waits.first AS first_deadline
    FROM incidents i CROSS JOIN LATERAL (
        SELECT count(DISTINCT m.enrolment_id) AS total, max(m.risk) AS worst, min(m.deadline_at) AS first
        FROM incident_members m
        WHERE m.incident_id = i.id AND m.team_id = ANY(%(teams)s::bigint[]) AND m.settled_at IS NULL
    ) waits
    WHERE i.closed_at IS NULL AND waits.total > 0
    ORDER BY i.began_at, i.id
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """An open incident as some teams see it: how many of their patients wait, the worst of their ranks, when the first
    of them must have been called, and whether that hour has passed.
    """

    public_id: uuid.UUID
    kind: str
    began_at: datetime
    waiting: int
    worst: int
    first_deadline: datetime
    next_deadline_passed: bool


def standing(session: Session, *, team_ids: Sequence[int], now: datetime) -> list[Standing]:
    """The open incidents in which a patient of these teams waits, the oldest first."""
    rows = driver.all_rows(driver.under(session), STANDING, {"teams": list(team_ids)})
    return [Standing(**row, next_deadline_passed=row["first_deadline"] <= now) for row in rows]
