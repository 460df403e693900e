"""Seeing that many silences have one cause, and beginning the incident, or going on with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from records import driver
from triage.incidents.deciding import AT_LEAST, GOES_ON_WITHIN, KIND_OF, LOOKS_BACK, Counted, is_outage

# By the index of silences that stand; those of an incident already are not looked at again.
SILENCES = """
    SELECT e.programme_id, k.kind, count(*) AS silent, min(c.opens_at) AS began_at,
        array_agg(DISTINCT c.opens_at) AS opened
    FROM alerts a JOIN checkins c ON c.id = a.checkin_id JOIN enrolments e ON e.id = a.enrolment_id
    JOIN unnest(%(causes)s::text[], %(kinds)s::text[]) AS k (cause, kind) ON k.cause = a.cause
    WHERE a.kind = 'silence' AND a.closed_at IS NULL AND a.raised_at > %(since)s
      AND NOT EXISTS (SELECT 1 FROM incident_members m WHERE m.checkin_id = a.checkin_id)
      AND NOT EXISTS (SELECT 1 FROM incidents i WHERE i.programme_id = e.programme_id AND i.kind = k.kind
                      AND i.ended_at IS NULL)
    GROUP BY e.programme_id, k.kind HAVING count(*) >= %(at_least)s
    ORDER BY e.programme_id, k.kind
"""
ASKED = """
    SELECT count(*) AS asked, count(*) FILTER (WHERE c.state = 'missed') AS silent
    FROM checkins c JOIN enrolments e ON e.id = c.enrolment_id
    WHERE c.opens_at = ANY(%(hours)s) AND e.programme_id = %(programme_id)s AND c.state IN ('answered', 'missed')
"""

# What comes up again while somebody of it waits is the same outage; of workers that see a new one at once, one begins.
GO_ON = """
    UPDATE incidents SET ended_at = NULL, last_at = %(now)s
    WHERE id = (SELECT id FROM incidents WHERE programme_id = %(programme_id)s AND kind = %(kind)s
                AND closed_at IS NULL AND last_at > %(lately)s ORDER BY last_at DESC LIMIT 1 FOR UPDATE)
"""
BEGIN = """
    INSERT INTO incidents (kind, programme_id, began_at, found_at, last_at)
    VALUES (%(kind)s, %(programme_id)s, %(began_at)s, %(now)s, %(now)s)
    ON CONFLICT (programme_id, kind) WHERE ended_at IS NULL DO NOTHING
"""


def find(session: Session, *, now: datetime) -> int:
    """Begin the incidents that the silences of the last hour show; returns how many began or went on."""
    line = driver.under(session)
    given = {"causes": list(KIND_OF), "kinds": list(KIND_OF.values()), "since": now - LOOKS_BACK, "at_least": AT_LEAST}
    found = [row for row in driver.all_rows(line, SILENCES, given) if is_outage(_counted(line, row))]
    for row in found:
        values = {**row, "now": now, "lately": now - GOES_ON_WITHIN}
        if line.execute(GO_ON, values).rowcount == 0:
            line.execute(BEGIN, values)
    return len(found)


def _counted(line: driver.Driver, row: Mapping[str, Any]) -> Counted:
    asked, _ = _asked(line, row["programme_id"], row["opened"])
    if row["kind"] != "site":
        return Counted(row["kind"], row["silent"], asked)
    days = [hour - timedelta(days=day) for hour in row["opened"] for day in range(1, 8)]
    before_asked, before_silent = _asked(line, row["programme_id"], days)
    return Counted(row["kind"], row["silent"], asked, before_silent, before_asked)


def _asked(line: driver.Driver, programme_id: int, hours: Sequence[datetime]) -> tuple[int, int]:
    (row,) = driver.all_rows(line, ASKED, {"programme_id": programme_id, "hours": list(hours)})
    return row["asked"], row["silent"]
