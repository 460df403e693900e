"""Who is in an incident, and until when: silences join it, and each is settled by an answer, a call or the end of the
follow-up. Nothing here is closed by hand while somebody is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from records import driver
from triage.incidents.deciding import KIND_OF, LOOKS_BACK, QUIET_AFTER

HELD = "SELECT id FROM incidents WHERE closed_at IS NULL ORDER BY id FOR UPDATE SKIP LOCKED"

# One that a person raised takes every silence of its time in its teams, whatever the cause.
JOIN = """
    WITH joining AS (
        INSERT INTO incident_members (incident_id, enrolment_id, team_id, checkin_id, deadline_at, risk)
        SELECT DISTINCT ON (a.checkin_id) i.id, a.enrolment_id, e.team_id, a.checkin_id, a.due_at, a.rank
        FROM incidents i
        JOIN alerts a ON a.kind = 'silence' AND a.closed_at IS NULL AND a.raised_at > i.found_at - %(look_back)s
        JOIN checkins c ON c.id = a.checkin_id AND c.opens_at >= i.began_at
        JOIN enrolments e ON e.id = a.enrolment_id AND e.programme_id = i.programme_id
        LEFT JOIN unnest(%(causes)s::text[], %(kinds)s::text[]) AS k (cause, kind) ON k.cause = a.cause
        WHERE i.id = ANY(%(ids)s) AND i.ended_at IS NULL
          AND CASE WHEN i.kind = 'raised' THEN i.details->'teams' @> to_jsonb(e.team_id) ELSE k.kind = i.kind END
          AND NOT EXISTS (SELECT 1 FROM incident_members m WHERE m.checkin_id = a.checkin_id)
        ORDER BY a.checkin_id, i.found_at LIMIT %(limit)s
        ON CONFLICT (checkin_id) DO NOTHING
        RETURNING incident_id
    ), lasting AS (
        UPDATE incidents SET last_at = %(now)s WHERE id IN (SELECT incident_id FROM joining)
    )
    SELECT count(*) AS joined FROM joining
"""

# An answer to anything asked since; or a call on this very silence that reached the patient and nobody else.
SETTLE = """
    WITH heard AS (
        SELECT m.id,
            CASE WHEN EXISTS (SELECT 1 FROM responses r WHERE r.enrolment_id = m.enrolment_id
                              AND r.due_at >= c.opens_at AND r.received_at >= c.opens_at) THEN 'answered'
                 WHEN EXISTS (SELECT 1 FROM alerts a JOIN attempts t ON t.callback_id = a.callback_id
                              WHERE a.key = 'silence:' || c.public_id AND t.outcome = 'reached'
                                AND t.called = 'patient' AND t.verified IS NOT FALSE AND t.at >= c.closed_at)
                      THEN 'reached'
                 WHEN e.state <> 'active' THEN 'ended' END AS settled_by
        FROM incident_members m JOIN checkins c ON c.id = m.checkin_id JOIN enrolments e ON e.id = m.enrolment_id
        WHERE m.incident_id = ANY(%(ids)s) AND m.settled_at IS NULL
    )
    UPDATE incident_members m SET settled_at = %(now)s, settled_by = heard.settled_by
    FROM heard WHERE m.id = heard.id AND heard.settled_by IS NOT NULL
"""
END = "UPDATE incidents SET ended_at = %(now)s WHERE id = ANY(%(ids)s) AND ended_at IS NULL AND last_at <= %(quiet)s"
CLOSE = """
    UPDATE incidents i SET closed_at = %(now)s WHERE i.id = ANY(%(ids)s) AND i.ended_at IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM incident_members m WHERE m.incident_id = i.id AND m.settled_at IS NULL)
"""
COUNT = """
    UPDATE incidents i SET waiting = counted.waiting FROM (
        SELECT one.id, coalesce(jsonb_object_agg(m.team_id, jsonb_build_array(m.patients, m.worst, m.first))
                                FILTER (WHERE m.team_id IS NOT NULL), '{}') AS waiting
        FROM unnest(%(ids)s::bigint[]) one (id) LEFT JOIN LATERAL (
            SELECT team_id, count(DISTINCT enrolment_id) AS patients, max(risk) AS worst, min(deadline_at) AS first
            FROM incident_members WHERE incident_id = one.id AND settled_at IS NULL GROUP BY team_id
        ) m ON true GROUP BY one.id
    ) counted WHERE i.id = counted.id AND i.waiting <> counted.waiting
"""


def hold(session: Session) -> list[int]:
    """The open incidents, each for one worker at a time until the end of the transaction."""
    return [row["id"] for row in driver.all_rows(driver.under(session), HELD, {})]


def join(session: Session, *, ids: Sequence[int], now: datetime, limit: int) -> int:
    values = {"causes": list(KIND_OF), "kinds": list(KIND_OF.values()), "look_back": LOOKS_BACK, "now": now}
    (row,) = driver.all_rows(driver.under(session), JOIN, {**values, "ids": list(ids), "limit": limit})
    return int(row["joined"])


def settle(session: Session, *, ids: Sequence[int], now: datetime) -> int:
    """Write down who was heard of since; returns how many."""
    return driver.under(session).execute(SETTLE, {"ids": list(ids), "now": now}).rowcount


def count(session: Session, *, ids: Sequence[int]) -> None:
    """Write down who waits in each team, which every look at the queue reads."""
    driver.under(session).execute(COUNT, {"ids": list(ids)})


def end(session: Session, *, ids: Sequence[int], now: datetime) -> None:
    """An incident ends when its cause has brought nothing new for a while, and closes when then nobody waits."""
    line, values = driver.under(session), {"ids": list(ids), "now": now, "quiet": now - QUIET_AFTER}
    line.execute(END, values)
    line.execute(CLOSE, values)
