"""Told to a patient whose red answers came in while the centre was closed: who knows of it, and what to do if worse."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

LASTS = timedelta(minutes=30)
OWED_AT_ONCE = 500

# Once for each red that nobody has been told of, by the first escalation of its clock: whether that found somebody with
# a telephone is part of the key, because the text is made anew whenever it is asked about (recipients.ON_CALL_TOLD). A
# silence wrote nothing to be answered.
OWE = text("""
    WITH first AS (
        SELECT DISTINCT ON (x.callback_id, x.clock_at) x.callback_id, x.clock_at, s.phone IS NOT NULL AS paged, x.at
        FROM escalations x LEFT JOIN staff s ON s.id = x.staff_id
        WHERE x.kind = 'outside-hours' AND x.at > :now - :lasts AND x.at <= :now
        ORDER BY x.callback_id, x.clock_at, x.id
    )
    INSERT INTO messages (key, purpose, enrolment_id, callback_id, status_at, created_at, next_try_at, expires_at)
    SELECT 'outside:' || c.public_id || ':' || CAST(extract(epoch FROM first.clock_at) AS bigint)
               || CASE WHEN first.paged THEN '\\:told' ELSE '\\:nobody' END,
           'outside-hours', c.enrolment_id, c.id, :now, :now, :now, first.at + :lasts
    FROM first JOIN callbacks c ON c.id = first.callback_id
    WHERE EXISTS (SELECT 1 FROM alerts a WHERE a.callback_id = c.id AND a.kind = 'answers' AND a.rank >= c.rank
                  AND a.closed_at IS NULL AND a.raised_at > first.at - :lasts
                  AND NOT EXISTS (
                      SELECT 1 FROM messages m WHERE m.callback_id = c.id AND m.purpose = 'outside-hours'
                        AND m.created_at >= a.raised_at))
    ORDER BY c.id LIMIT :limit
    ON CONFLICT (key) DO NOTHING
""")


def owe(session: Session, *, now: datetime, limit: int = OWED_AT_ONCE) -> int:
    """Owe one text for each call-back that was escalated outside hours just now; returns how many are new."""
    return int(session.execute(OWE, {"now": now, "lasts": LASTS, "limit": limit}).rowcount)  # type: ignore[attr-defined]
