"""Who is to be called, most urgent first: level, then how late. One statement, however long the queue."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy.orm import Session

from records import access, driver
from records.models import Staff
from triage.callbacks.queue_rows import QueueRow, queue_row
from triage.levels import Level
from triage.refusals import UnknownCode

RECENT = timedelta(days=7)

# The first rows of each team by its index, then the first of those: one pass over all teams walks quiet ones whole.
FIRST = """
    SELECT c.* FROM unnest(%(teams)s::bigint[]) AS team (id) CROSS JOIN LATERAL (
        SELECT * FROM callbacks b
        WHERE b.team_id = team.id AND b.state = 'open'
          AND (%(rank)s::smallint IS NULL OR b.rank = %(rank)s::smallint)
          AND (%(physician)s::boolean IS NULL OR b.for_physician = %(physician)s::boolean)
          AND (NOT %(mine)s::boolean OR b.claimed_by_id = %(staff)s AND b.claim_ends_at > %(now)s::timestamptz)
        ORDER BY b.rank DESC, b.due_at LIMIT %(limit)s
    ) c ORDER BY c.rank DESC, c.due_at, c.id LIMIT %(limit)s
"""

# Of the whole queue, from its index alone; joined so that it comes also when no row passes the filters.
STANDING = """
    SELECT jsonb_object_agg(level.rank, level.total) AS standing FROM (
        SELECT rank, count(*) AS total FROM callbacks
        WHERE team_id = ANY(%(teams)s::bigint[]) AND state = 'open' GROUP BY rank
    ) level
"""

PAGE = f"""
    SELECT c.id, c.public_id, c.version, c.rank, c.opened_at, c.due_at, c.for_physician, c.next_try_at, c.claimed_by_id,
        c.claim_ends_at, holder.name AS claimed_by, e.public_id AS enrolment, e.state, e.onset_on, e.zone, e.risk_tier,
        e.lives_alone, g.zone AS centre_zone, p.public_id AS patient, p.family_name, p.given_name, p.birth_date,
        p.language, k.wrapped,
        (SELECT jsonb_agg(jsonb_build_object('public_id', a.public_id, 'kind', a.kind, 'rank', a.rank,
                'raised_at', a.raised_at, 'reasons',
                (SELECT coalesce(jsonb_agg(said.reason - 'assessed' ORDER BY said.place), '[]')
                 FROM jsonb_array_elements(a.reasons) WITH ORDINALITY said (reason, place)))
                ORDER BY a.rank DESC, a.raised_at, a.id)
         FROM alerts a WHERE a.callback_id = c.id AND a.closed_at IS NULL) AS alerts,
        (SELECT r.answers FROM responses r WHERE r.enrolment_id = e.id ORDER BY r.due_at DESC, r.id DESC LIMIT 1)
            AS latest,
        (SELECT z.until_at FROM snoozes z WHERE z.enrolment_id = e.id AND z.ended_at IS NULL
           AND e.state = 'active' AND z.until_at > %(now)s::timestamptz) AS snoozed_until,
        g.id AS programme_id, g.name AS programme, g.day_zero, g.course_of, e.activated_at,
        recent.moments, recent.course
    FROM ({FIRST}) c
    JOIN enrolments e ON e.id = c.enrolment_id JOIN patients p ON p.id = e.patient_id
    JOIN patient_keys k ON k.patient_id = p.id JOIN programmes g ON g.id = e.programme_id
    LEFT JOIN staff holder ON holder.id = c.claimed_by_id
    LEFT JOIN LATERAL (
        SELECT array_agg(r.due_at) AS moments, jsonb_agg(r.measured) AS course FROM (
            SELECT due_at, answers->g.course_of AS measured FROM responses
            WHERE enrolment_id = e.id AND due_at > %(since)s::timestamptz ORDER BY due_at, id
        ) r
    ) recent ON true
"""  # noqa: S608 - constant fragments, every value is a parameter

LIGHT = f"""
    SELECT c.id, c.public_id, c.version, c.rank, c.due_at, c.claimed_by_id, c.claim_ends_at, c.next_try_at
    FROM ({FIRST}) c
"""  # noqa: S608 - constant fragments, every value is a parameter


def _with_standing(rows: str) -> str:
    order = "ORDER BY shown.rank DESC, shown.due_at, shown.id"
    return f"SELECT queue.standing, shown.* FROM ({STANDING}) queue LEFT JOIN ({rows}) shown ON true {order}"  # noqa: S608


ROWS, CHANGES = _with_standing(PAGE), _with_standing(LIGHT)


@dataclass(frozen=True, slots=True)
class Filters:
    """Nothing is hidden unless asked for. `level` is a level's code."""

    level: str | None = None
    physician: bool | None = None
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """Of the whole queue of one's teams, whatever the filters; `by_level` has every level that can stand in it."""

    by_level: Mapping[str, int]
    total: int


@dataclass(frozen=True, slots=True)
class QueuePage:
    rows: tuple[QueueRow, ...]
    counts: Counts
    etag: str


def queue(
    session: Session, *, staff: Staff, now: datetime, limit: int = 50, filters: Filters | None = None
) -> QueuePage:
    """The first `limit` rows within the teams of `staff`. Raises UnknownCode for a filter that is no level."""
    chosen = filters or Filters()
    found, counts = _found(session, ROWS, _values(staff, now, limit, chosen))
    rows = tuple(queue_row(row, staff_id=staff.id, now=now) for row in found)
    return QueuePage(rows, counts, _digest(found, counts, staff, now, chosen, limit))


def etag(session: Session, *, staff: Staff, now: datetime, limit: int = 50, filters: Filters | None = None) -> str:
    """That of the page that `queue` would make, from a light read: for asking whether anything changed."""
    chosen = filters or Filters()
    found, counts = _found(session, CHANGES, _values(staff, now, limit, chosen))
    return _digest(found, counts, staff, now, chosen, limit)


def _values(staff: Staff, now: datetime, limit: int, filters: Filters) -> dict[str, Any]:
    return {
        "teams": access.team_ids(staff),
        "staff": staff.id,
        "now": now,
        "since": now - RECENT,
        "limit": limit,
        "rank": _rank(filters.level) if filters.level else None,
        "physician": filters.physician,
        "mine": filters.mine,
    }


def _rank(level: str) -> int:
    try:
        return int(Level.from_code(level))
    except ValueError as error:
        raise UnknownCode(code=level[:40]) from error


def _found(session: Session, statement: str, values: dict[str, Any]) -> tuple[list[dict[str, Any]], Counts]:
    rows = driver.all_rows(driver.under(session), statement, values)
    standing = {int(rank): total for rank, total in (rows[0]["standing"] or {}).items()}
    levels = [level for level in sorted(Level, reverse=True) if level is not Level.GREEN]
    by_level = {level.code: standing.get(level, 0) for level in levels}
    return [row for row in rows if row["id"] is not None], Counts(by_level, sum(standing.values()))


def _digest(rows: Iterable[Any], counts: Counts, staff: Staff, now: datetime, filters: Filters, limit: int) -> str:
    """Of what the page shows: which rows in which state, who holds what at this moment, and the numbers. Never of an
    instant, which would either change with every look or miss what happened within its grain.
    """
    shown = [
        [
            str(row["public_id"]),
            row["version"],
            row["due_at"] < now,
            row["claimed_by_id"] if row["claim_ends_at"] is not None and row["claim_ends_at"] > now else None,
            row["next_try_at"] is not None and row["next_try_at"] > now,
        ]
        for row in rows
    ]
    chosen = [limit, filters.level, filters.physician, filters.mine]
    page = [str(staff.public_id), chosen, shown, dict(counts.by_level), counts.total]
    return hashlib.sha256(orjson.dumps(page)).hexdigest()[:32]
