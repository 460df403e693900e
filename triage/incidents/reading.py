"""The incidents and the patients of one, by risk and deadline, within the reader's teams."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from records import access, driver
from records.crypto import Sealed
from records.models import Staff
from records.patients import Identity, reveal_row
from triage.levels import Level
from triage.refusals import NoIncident

PAGE = 50
PAST = timedelta(days=90)

COUNTED = """
    SELECT i.id, i.public_id, i.kind, g.name AS programme, i.began_at, i.ended_at, i.closed_at, n.*
    FROM incidents i JOIN programmes g ON g.id = i.programme_id CROSS JOIN LATERAL (
        SELECT count(*)::int AS total, count(*) FILTER (WHERE p.settled_by = 'answered')::int AS answered,
            count(*) FILTER (WHERE p.settled_by = 'reached')::int AS reached,
            count(*) FILTER (WHERE p.settled_by = 'ended')::int AS ended,
            count(*) FILTER (WHERE p.settled_by IS NULL)::int AS waiting,
            count(*) FILTER (WHERE p.deadline_at <= %(now)s)::int AS late, min(p.deadline_at) AS first_deadline
        FROM (
            SELECT CASE WHEN bool_and(m.settled_at IS NOT NULL)
                        THEN (array_agg(m.settled_by ORDER BY m.settled_at DESC, m.id DESC))[1] END AS settled_by,
                min(m.deadline_at) FILTER (WHERE m.settled_at IS NULL) AS deadline_at
            FROM incident_members m WHERE m.incident_id = i.id AND m.team_id = ANY(%(teams)s::bigint[])
            GROUP BY m.enrolment_id
        ) p
    ) n
"""
LISTED = f"""{COUNTED} WHERE (i.closed_at IS NULL OR i.closed_at > %(since)s)
    AND (n.total > 0 OR i.closed_at IS NULL) ORDER BY i.closed_at IS NOT NULL, i.began_at DESC, i.id LIMIT 200"""
ONE = f"{COUNTED} WHERE i.public_id = %(incident)s"

# The page is chosen first and its people read after, so that a page of 20,000 opens fifty of them. Whoever missed
# several check-ins of one incident stands in it once: by the gravest that waits, until the first hour of any.
MEMBERS = """
    SELECT m.risk, m.deadline_at, m.settled_at, m.settled_by, a.cause, a.closed_at AS alert_closed_at,
        a.reasons #- '{0,assessed}' AS reasons, e.public_id AS enrolment, e.lives_alone,
        p.public_id AS patient, p.family_name, p.given_name, p.birth_date, k.wrapped, p.language,
        b.public_id AS callback, b.incident_id IS NOT NULL AS folded, b.next_try_at,
        holder.name AS claimed_by, b.claimed_by_id
    FROM (SELECT * FROM (
              SELECT DISTINCT ON (enrolment_id) id, enrolment_id, checkin_id, risk, settled_at, settled_by,
                  coalesce(min(deadline_at) FILTER (WHERE settled_at IS NULL) OVER (PARTITION BY enrolment_id),
                           deadline_at) AS deadline_at
              FROM incident_members WHERE incident_id = %(id)s AND team_id = ANY(%(teams)s::bigint[])
              ORDER BY enrolment_id, settled_at IS NOT NULL, risk DESC, settled_at DESC, deadline_at, id) people
          ORDER BY settled_at IS NOT NULL, risk DESC, deadline_at, id LIMIT %(limit)s OFFSET %(offset)s) m
    JOIN checkins c ON c.id = m.checkin_id JOIN enrolments e ON e.id = m.enrolment_id
    JOIN patients p ON p.id = e.patient_id JOIN patient_keys k ON k.patient_id = p.id
    LEFT JOIN alerts a ON a.key = 'silence:' || c.public_id
    LEFT JOIN callbacks b ON b.enrolment_id = m.enrolment_id AND b.state = 'open'
    LEFT JOIN staff holder ON holder.id = b.claimed_by_id AND b.claim_ends_at > %(now)s
    ORDER BY m.settled_at IS NOT NULL, m.risk DESC, m.deadline_at, m.id
"""
ALL = """
    SELECT e.public_id AS enrolment, m.risk, a.cause, m.deadline_at, m.settled_by, m.settled_at
    FROM incident_members m JOIN enrolments e ON e.id = m.enrolment_id JOIN checkins c ON c.id = m.checkin_id
    LEFT JOIN alerts a ON a.key = 'silence:' || c.public_id
    WHERE m.incident_id = %(id)s AND m.team_id = ANY(%(teams)s::bigint[])
    ORDER BY m.settled_at IS NOT NULL, m.risk DESC, m.deadline_at, m.id
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """One incident, its patients counted in the reader's teams: `total` is those who wait and those who are settled, by
    what came last.
    """

    id: int
    public_id: uuid.UUID
    kind: str
    programme: Mapping[str, str]
    began_at: datetime
    ended_at: datetime | None
    closed_at: datetime | None
    total: int
    answered: int
    reached: int
    ended: int
    waiting: int
    late: int
    first_deadline: datetime | None

    @property
    def settled(self) -> int:
        return self.answered + self.reached + self.ended


@dataclass(frozen=True, slots=True)
class Member:
    """One silent patient. `callback` is the open one, if any; `claimed_by` of a claim that counts now."""

    risk: int
    deadline_at: datetime
    settled_at: datetime | None
    settled_by: str | None
    cause: str | None
    reasons: list[Mapping[str, Any]]
    enrolment: uuid.UUID
    lives_alone: bool
    language: str
    callback: uuid.UUID | None
    folded: bool
    next_try_at: datetime | None
    claimed_by: str | None
    is_mine: bool
    person: Identity

    @property
    def level(self) -> Level:
        return Level(self.risk)


def listed(session: Session, *, staff: Staff, now: datetime) -> list[Progress]:
    """The open ones and those closed in the last ninety days, the newest first."""
    values = {"teams": access.team_ids(staff), "now": now, "since": now - PAST}
    return [Progress(**row) for row in driver.all_rows(driver.under(session), LISTED, values)]


def progress(session: Session, *, staff: Staff, incident: uuid.UUID, now: datetime) -> Progress:
    """Raises NoIncident."""
    values = {"teams": access.team_ids(staff), "now": now, "incident": incident}
    rows = driver.all_rows(driver.under(session), ONE, values)
    if not rows:
        raise NoIncident
    return Progress(**rows[0])


def members_of(session: Session, *, staff: Staff, incident: int, now: datetime, page: int = 1) -> list[Member]:
    """Fifty of them: who still waits first, the gravest and then the first deadline; then who is settled."""
    about = {"id": incident, "teams": access.team_ids(staff), "now": now}
    values = {**about, "limit": PAGE, "offset": (page - 1) * PAGE}
    return [_member(row, staff) for row in driver.all_rows(driver.under(session), MEMBERS, values)]


def every_member(session: Session, *, staff: Staff, incident: int) -> Iterator[Mapping[str, Any]]:
    """All of them without a name, for a file."""
    values = {"id": incident, "teams": access.team_ids(staff)}
    yield from driver.all_rows(driver.under(session), ALL, values)


PLAIN = (
    *("risk", "deadline_at", "settled_at", "settled_by", "cause", "enrolment", "lives_alone", "language"),
    *("callback", "next_try_at", "claimed_by"),
)


def _member(row: Mapping[str, Any], staff: Staff) -> Member:
    sealed = {name: Sealed(row[name]) for name in ("family_name", "given_name", "birth_date")}
    return Member(
        **{name: row[name] for name in PLAIN},
        folded=bool(row["folded"]),
        reasons=row["reasons"] or [],
        is_mine=row["claimed_by"] is not None and row["claimed_by_id"] == staff.id,
        person=reveal_row(public_id=row["patient"], wrapped=Sealed(row["wrapped"]), sealed=sealed),
    )
