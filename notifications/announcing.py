"""The texts about a call: that somebody calls, and that somebody tried. Owed set-wise, each under a key that makes it
once; a patient's doubt means no text (see notifications.policy).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import orjson
from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from notifications.models import Message, Purpose
from records import driver
from records.models import Enrolment
from triage import announcing
from triage.models import CallAnnouncement, Callback

ANSWERED_WITHIN = timedelta(hours=24)
"""For so long a short reply to one of these texts is understood."""
TRIED_LATELY = timedelta(minutes=30)
TRIED_LASTS = timedelta(hours=1)
MOST_TRIED = 3

ANNOUNCE = """
    WITH given AS (
        SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (callback_id bigint, enrolment_id bigint,
            number smallint, staff_id bigint, from_at timestamptz, until_at timestamptz)
    ), made AS (
        INSERT INTO call_announcements (callback_id, number, staff_id, from_at, until_at, at)
        SELECT callback_id, number, staff_id, from_at, until_at, %(now)s FROM given ORDER BY callback_id
        ON CONFLICT (callback_id, number) DO NOTHING
        RETURNING public_id, callback_id, staff_id, from_at, until_at
    ), noted AS (
        INSERT INTO callback_events (callback_id, kind, at, details)
        SELECT callback_id, 'announced', %(now)s, jsonb_build_object('announcement', public_id, 'from', from_at,
            'until', until_at) FROM made
    )
    INSERT INTO messages (key, purpose, enrolment_id, callback_id, status_at, created_at, next_try_at, expires_at)
    SELECT 'call-announced:' || made.public_id, 'call-announced', given.enrolment_id, made.callback_id, %(now)s,
        %(now)s, %(now)s, made.until_at
    FROM made JOIN given USING (callback_id)
    ON CONFLICT (key) DO NOTHING
"""

TRIED = """
    WITH failed AS (
        SELECT t.public_id, t.at, coalesce(t.next_try_at, t.at + %(lasts)s) AS expires_at, t.callback_id, c.enrolment_id
        FROM attempts t JOIN callbacks c ON c.id = t.callback_id
        JOIN enrolments e ON e.id = c.enrolment_id JOIN programmes g ON g.id = e.programme_id
        WHERE t.at > %(since)s AND t.at <= %(now)s AND t.called = 'patient'
          AND t.outcome IN ('no-answer', 'busy', 'voicemail') AND c.state = 'open' AND g.announces_calls
          AND e.state IN ('invited', 'active') AND e.answers_by = 'phone'
    )
    INSERT INTO messages (key, purpose, enrolment_id, callback_id, status_at, created_at, next_try_at, expires_at)
    SELECT DISTINCT ON (f.enrolment_id) 'call-tried:' || f.public_id, 'call-tried', f.enrolment_id, f.callback_id,
        %(now)s, %(now)s, %(now)s, f.expires_at
    FROM failed f
    WHERE f.expires_at > %(now)s
      AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.key = 'call-tried:' || f.public_id)
      AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.callback_id = f.callback_id AND m.purpose = 'call-tried'
                      AND m.created_at >= f.at)
      AND (SELECT count(*) FROM messages m WHERE m.enrolment_id = f.enrolment_id AND m.purpose = 'call-tried'
           AND m.created_at > %(bound)s) < %(most)s
    ORDER BY f.enrolment_id, f.at DESC
    LIMIT %(limit)s
    ON CONFLICT (key) DO NOTHING
"""


def announce(session: Session, *, now: datetime, limit: int) -> int:
    """Write down the announcements that are owed and their texts, up to `limit`; returns how many there were. In four
    statements, however many they are.
    """
    owed = announcing.owed(session, now=now, limit=limit)
    if not owed:
        return 0
    rows = orjson.dumps([one.row() for one in owed]).decode()
    return driver.under(session).execute(ANNOUNCE, {"rows": rows, "now": now}).rowcount


def tell_of_tries(session: Session, *, now: datetime, limit: int) -> int:
    """Write down a text for each call of the last minutes that reached nobody: once for each call, the last one of
    several, MOST_TRIED a day; returns how many were new.
    """
    values = {
        "now": now,
        "since": now - TRIED_LATELY,
        "lasts": TRIED_LASTS,
        "bound": now - announcing.BOUND_OVER,
        "most": MOST_TRIED,
        "limit": limit,
    }
    return driver.under(session).execute(TRIED, values).rowcount


def announce_and_tell(session: Session, *, now: datetime, limit: int) -> int:
    """The worker's beat of this room."""
    return announce(session, now=now, limit=limit) + tell_of_tries(session, now=now, limit=limit)


def heard_lately(session: Session, *, enrolments: Sequence[Enrolment], now: datetime) -> list[Callback]:
    """The call-backs of these follow-ups, open or not, of which the patient was told in the last day."""
    ids, since = [enrolment.id for enrolment in enrolments], now - ANSWERED_WITHIN
    announced = select(CallAnnouncement.callback_id).where(CallAnnouncement.at > since)
    tried = select(Message.callback_id).where(
        Message.purpose == Purpose.CALL_TRIED, Message.created_at > since, Message.enrolment_id.in_(ids)
    )
    mine = select(Callback.id).where(Callback.enrolment_id.in_(ids))
    told = union_all(announced.where(CallAnnouncement.callback_id.in_(mine)), tried).subquery()
    wanted = select(Callback).where(Callback.id.in_(select(told.c[0]))).order_by(Callback.enrolment_id, Callback.id)
    return list(session.scalars(wanted.execution_options(populate_existing=True)))
