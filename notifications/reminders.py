"""Which texts are owed: computed from the facts at each tick, set-wise, each under a key that makes it once.

A text that was owed while nobody was awake is written down too, and expires unsent: staff can read that it never went.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

# A check-in closes at the very minute of its second reminder, so that one is owed while it is still open.
AHEAD_MINUTES = 60
SECOND_REMINDER_LASTS_MINUTES = 60
INVITATION_LASTS_HOURS = 24

# invited_at is part of the key: inviting again, after a wrong number, is another text.
INVITATIONS = text("""
    WITH owed AS (
        SELECT 'invite:' || e.public_id || ':' || CAST(extract(epoch FROM e.invited_at) AS bigint) AS key,
               e.id AS enrolment_id, e.invited_at
        FROM enrolments e
        WHERE e.state = 'invited' AND e.invited_at <= :now
    )
    INSERT INTO messages (key, purpose, enrolment_id, status_at, created_at, next_try_at, expires_at)
    SELECT o.key, 'invitation', o.enrolment_id, :now, :now, o.invited_at, o.invited_at + :lasts * interval '1 hour'
    FROM owed o WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.key = o.key)
    ORDER BY o.invited_at, o.enrolment_id
    ON CONFLICT (key) DO NOTHING
""")

CHECKINS = text("""
    WITH minutes AS (
        SELECT id, first_reminder_minutes * interval '1 minute' AS first,
               second_reminder_minutes * interval '1 minute' AS second
        FROM programmes
    ),
    waiting AS (
        SELECT c.id, c.public_id, c.enrolment_id, c.opens_at, c.closes_at, p.first, p.second
        FROM checkins c
        JOIN enrolments e ON e.id = c.enrolment_id AND e.state = 'active'
        JOIN minutes p ON p.id = e.programme_id
        WHERE c.state = 'open' AND c.opens_at <= :now
    ),
    owed AS (
        SELECT 'checkin:' || public_id AS key, 'checkin' AS purpose, id, enrolment_id,
               opens_at AS due_at, least(opens_at + first, closes_at) AS expires_at
        FROM waiting
        UNION ALL
        SELECT 'reminder:' || public_id || '\\:1', 'first-reminder', id, enrolment_id,
               opens_at + first, least(opens_at + second, closes_at)
        FROM waiting WHERE opens_at + first <= :now AND opens_at + first < closes_at
        UNION ALL
        SELECT 'reminder:' || public_id || '\\:2', 'second-reminder', id, enrolment_id,
               opens_at + second, greatest(closes_at, opens_at + second + :lasts * interval '1 minute')
        FROM waiting
        WHERE opens_at + second <= :now + :ahead * interval '1 minute' AND opens_at + second <= closes_at
    )
    INSERT INTO messages (key, purpose, enrolment_id, checkin_id, status_at, created_at, next_try_at, expires_at)
    SELECT o.key, o.purpose, o.enrolment_id, o.id, :now, :now, o.due_at, o.expires_at
    FROM owed o WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.key = o.key)
    ORDER BY o.due_at, o.id
    ON CONFLICT (key) DO NOTHING
""")


def owe(session: Session, *, now: datetime) -> int:
    """Write down every text that is owed at `now` and not yet written down; returns how many were new.

    Called at least once an hour: a second reminder is owed from one hour before its time, while its check-in is open.
    """
    invitations = session.execute(INVITATIONS, {"now": now, "lasts": INVITATION_LASTS_HOURS})
    checkins = session.execute(CHECKINS, {"now": now, "lasts": SECOND_REMINDER_LASTS_MINUTES, "ahead": AHEAD_MINUTES})
    return int(invitations.rowcount) + int(checkins.rowcount)  # type: ignore[attr-defined]
