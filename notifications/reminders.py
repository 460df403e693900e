"""Which texts are owed: computed from the facts at each tick, set-wise, each under a key that makes it once.

A text that was owed while nobody was awake is written down too, and expires unsent: staff can read that it never went.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from records.models.enrolments import UNTOLD

# A check-in closes at the very minute of its second reminder, so that one is owed while it is still open.
AHEAD_MINUTES = 60
SECOND_REMINDER_LASTS_MINUTES = 60
INVITATION_LASTS_HOURS = 24
# While they are looked at, check-ins are locked, and an answer to one of them has to wait.
AT_ONCE = 1000

# invited_at is part of the key: inviting again, after a wrong number, is another text. Who was told of it is not looked
# at again, or every beat would read all who have not come in yet.
INVITATIONS = text(f"""
    WITH untold AS MATERIALIZED (
        SELECT id, public_id, invited_at FROM enrolments WHERE {UNTOLD} AND invited_at <= :now
        ORDER BY invited_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
    ),
    told AS (
        UPDATE enrolments e SET invitation_told_at = untold.invited_at FROM untold WHERE e.id = untold.id
    ),
    owed AS (
        SELECT 'invite:' || public_id || ':' || CAST(extract(epoch FROM invited_at) AS bigint) AS key,
               id AS enrolment_id, invited_at
        FROM untold
    )
    INSERT INTO messages (key, purpose, enrolment_id, status_at, created_at, next_try_at, expires_at)
    SELECT o.key, 'invitation', o.enrolment_id, :now, :now, o.invited_at, o.invited_at + :lasts * interval '1 hour'
    FROM owed o ORDER BY o.invited_at, o.enrolment_id
    ON CONFLICT (key) DO NOTHING
""")  # noqa: S608 - a constant fragment, every value is a parameter

# A check-in is looked at three times, when each of its texts comes due, and not at every beat of a morning on which
# hundreds of thousands are open: `texts_owed` says how often it was. `closed_at` instead of the state leaves the
# planner no index but theirs, and OFFSET 0 has the enrolment looked up: it expects many, and would read all for none.
CHECKINS = text("""
    WITH minutes AS MATERIALIZED (
        SELECT id, first_reminder_minutes * interval '1 minute' AS first,
               second_reminder_minutes * interval '1 minute' AS second,
               greatest(first_reminder_minutes, second_reminder_minutes - :ahead) * interval '1 minute' AS third_look
        FROM programmes
    ),
    stage AS (
        SELECT 0 AS told, interval '0' AS after
        UNION ALL SELECT 1, min(first) FROM minutes
        UNION ALL SELECT 2, min(third_look) FROM minutes
    ),
    waiting AS MATERIALIZED (
        SELECT c.id, c.public_id, c.enrolment_id, c.opens_at, c.closes_at, p.first, p.second, c.told, reached.texts
        FROM stage CROSS JOIN LATERAL (
            SELECT id, public_id, enrolment_id, opens_at, closes_at, texts_owed AS told FROM checkins
            WHERE closed_at IS NULL AND texts_owed < 3 AND texts_owed = stage.told AND opens_at <= :now - stage.after
            ORDER BY opens_at
        ) c
        CROSS JOIN LATERAL (SELECT programme_id FROM enrolments
                            WHERE id = c.enrolment_id AND state = 'active' OFFSET 0) e
        JOIN minutes p ON p.id = e.programme_id
        CROSS JOIN LATERAL (SELECT CASE WHEN c.opens_at + p.third_look <= :now THEN 3
                                        WHEN c.opens_at + p.first <= :now THEN 2 ELSE 1 END AS texts) reached
        WHERE reached.texts > c.told
        LIMIT :limit
    ),
    held AS MATERIALIZED (
        SELECT c.id FROM checkins c WHERE c.id = ANY (ARRAY(SELECT id FROM waiting)) AND c.state = 'open'
        FOR NO KEY UPDATE SKIP LOCKED
    ),
    mine AS MATERIALIZED (
        SELECT waiting.* FROM waiting JOIN held ON held.id = waiting.id
    ),
    told AS (
        UPDATE checkins c SET texts_owed = mine.texts FROM mine WHERE c.id = mine.id
    ),
    owed AS (
        SELECT 'checkin:' || public_id AS key, 'checkin' AS purpose, id, enrolment_id,
               opens_at AS due_at, least(opens_at + first, closes_at) AS expires_at
        FROM mine WHERE told < 1
        UNION ALL
        SELECT 'reminder:' || public_id || '\\:1', 'first-reminder', id, enrolment_id,
               opens_at + first, least(opens_at + second, closes_at)
        FROM mine WHERE told < 2 AND texts >= 2 AND opens_at + first < closes_at
        UNION ALL
        SELECT 'reminder:' || public_id || '\\:2', 'second-reminder', id, enrolment_id,
               opens_at + second, greatest(closes_at, opens_at + second + :lasts * interval '1 minute')
        FROM mine WHERE told < 3 AND texts = 3 AND opens_at + second <= closes_at
    )
    INSERT INTO messages (key, purpose, enrolment_id, checkin_id, status_at, created_at, next_try_at, expires_at)
    SELECT o.key, o.purpose, o.enrolment_id, o.id, :now, :now, o.due_at, o.expires_at
    FROM owed o WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.key = o.key)
    ORDER BY o.due_at, o.id
    ON CONFLICT (key) DO NOTHING
""")


def owe(session: Session, *, now: datetime, limit: int = AT_ONCE) -> int:
    """Write down the texts that are owed at `now` and not yet written down, of up to `limit` check-ins and as many
    invitations; returns how many were new. Called again, in another transaction, while it returns any.

    Called at least once an hour: a second reminder is owed from one hour before its time, while its check-in is open.
    """
    invitations = session.execute(INVITATIONS, {"now": now, "limit": limit, "lasts": INVITATION_LASTS_HOURS})
    lasts = {"lasts": SECOND_REMINDER_LASTS_MINUTES, "ahead": AHEAD_MINUTES}
    checkins = session.execute(CHECKINS, {"now": now, "limit": limit, **lasts})
    return int(invitations.rowcount) + int(checkins.rowcount)  # type: ignore[attr-defined]
