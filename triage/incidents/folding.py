"""Call-backs of an incident stand on its page instead of in the queue, for as long as that hides nothing.

Only a silence that nobody has in hand folds, never a red, never what was handed up to a physician and never anything
that somebody said. It stands in the queue
again when its time is over, when anything else is raised (see intake_writing.CALLBACK_WORSENS), or once it is settled.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from records import driver
from triage.levels import Level

# Locked first and looked at again in a second statement: an alert that was raised in between is then seen.
WAITING = f"""
    SELECT b.id FROM incident_members m
    JOIN callbacks b ON b.enrolment_id = m.enrolment_id AND b.state = 'open' AND b.incident_id IS NULL
    WHERE m.incident_id = ANY(%(ids)s) AND m.settled_at IS NULL AND m.deadline_at > %(now)s
      AND b.due_at > %(now)s AND b.rank < {int(Level.RED)} AND b.claimed_by_id IS NULL AND b.first_called_at IS NULL
      AND NOT b.for_physician AND b.next_step = 'call-patient'
    ORDER BY b.id LIMIT %(limit)s FOR UPDATE OF b SKIP LOCKED
"""  # noqa: S608 - a constant
FOLD = """
    WITH folded AS (
        UPDATE callbacks b SET incident_id = m.incident_id, version = b.version + 1
        FROM incident_members m
        WHERE b.id = ANY(%(callbacks)s) AND m.incident_id = ANY(%(ids)s) AND m.enrolment_id = b.enrolment_id
          AND m.settled_at IS NULL AND m.deadline_at > %(now)s
          AND EXISTS (SELECT 1 FROM alerts a WHERE a.callback_id = b.id AND a.checkin_id = m.checkin_id
                      AND a.kind = 'silence' AND a.closed_at IS NULL)
          AND NOT EXISTS (
              SELECT 1 FROM alerts a WHERE a.callback_id = b.id AND a.closed_at IS NULL
                AND (a.kind <> 'silence' OR NOT EXISTS (
                    SELECT 1 FROM incident_members other
                    WHERE other.checkin_id = a.checkin_id AND other.settled_at IS NULL)))
        RETURNING b.id, b.incident_id
    ), told AS (
        INSERT INTO callback_events (callback_id, kind, at, details)
        SELECT f.id, 'folded', %(now)s, jsonb_build_object('incident', i.public_id)
        FROM folded f JOIN incidents i ON i.id = f.incident_id
    )
    SELECT count(*) AS moved FROM folded
"""
UNFOLD = f"""
    WITH over AS (
        SELECT b.id, b.incident_id FROM callbacks b
        WHERE b.state = 'open' AND b.incident_id IS NOT NULL
          AND (b.due_at <= %(now)s OR b.rank >= {int(Level.RED)} OR b.claimed_by_id IS NOT NULL
               OR b.first_called_at IS NOT NULL OR b.for_physician OR b.next_step <> 'call-patient'
               OR NOT EXISTS (SELECT 1 FROM incident_members m WHERE m.incident_id = b.incident_id
                              AND m.enrolment_id = b.enrolment_id AND m.settled_at IS NULL
                              AND m.deadline_at > %(now)s)
               OR EXISTS (SELECT 1 FROM alerts a WHERE a.callback_id = b.id AND a.closed_at IS NULL
                          AND a.kind <> 'silence'))
        ORDER BY b.id LIMIT %(limit)s FOR UPDATE OF b SKIP LOCKED
    ), unfolded AS (
        UPDATE callbacks b SET incident_id = NULL, version = b.version + 1 FROM over WHERE b.id = over.id
        RETURNING b.id
    ), told AS (
        INSERT INTO callback_events (callback_id, kind, at, details)
        SELECT over.id, 'unfolded', %(now)s, jsonb_build_object('incident', i.public_id)
        FROM over JOIN incidents i ON i.id = over.incident_id
    )
    SELECT count(*) AS moved FROM unfolded
"""  # noqa: S608 - a constant


def fold(session: Session, *, ids: Sequence[int], now: datetime, limit: int) -> int:
    """Returns how many call-backs left the queue for the incidents' pages."""
    line, values = driver.under(session), {"ids": list(ids), "now": now, "limit": limit}
    waiting = [row["id"] for row in driver.all_rows(line, WAITING, values)]
    if not waiting:
        return 0
    (row,) = driver.all_rows(line, FOLD, {**values, "callbacks": waiting})
    return int(row["moved"])


def unfold(session: Session, *, now: datetime, limit: int) -> int:
    """Returns how many call-backs stand in the queue again."""
    (row,) = driver.all_rows(driver.under(session), UNFOLD, {"now": now, "limit": limit})
    return int(row["moved"])
