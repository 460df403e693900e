"""Calls that patients are told of beforehand: whom, when, and by which word they know that it is us."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from records import clock, crypto, driver
from records.models import Enrolment, Programme
from triage.announcing import windows
from triage.announcing.windows import Pace, Window
from triage.levels import Level
from triage.models import CallAnnouncement, Callback, CallbackState

WORTH_TELLING = timedelta(minutes=30)
"""A call that begins sooner is not announced before somebody takes it: it may be faster than the text."""
FRESH_CLAIM = timedelta(minutes=10)
BOUND_OVER = timedelta(hours=20)
MOST = 3
"""So many times is one call-back announced in BOUND_OVER; after that the patient is called without a text."""
RECENT_WORK = timedelta(hours=2)
CALLED_WITHIN = timedelta(minutes=30)
"""Who closed a call-back so recently calls through the queue, and counts for its pace; who only reads does not."""
ENOUGH_CALLS = 5
DIGITS = 4

PACES = """
    WITH worked AS MATERIALIZED (
        SELECT c.team_id, d.staff_id, d.held_seconds, d.at FROM dispositions d JOIN callbacks c ON c.id = d.callback_id
        WHERE d.at > %(recent)s AND d.at <= %(now)s
    ), busy AS MATERIALIZED (
        SELECT team_id, staff_id FROM worked WHERE at > %(at_work)s
        UNION SELECT team_id, claimed_by_id FROM callbacks WHERE claimed_by_id IS NOT NULL AND claim_ends_at > %(now)s
    )
    SELECT t.id, (SELECT count(*) FROM busy WHERE busy.team_id = t.id) AS callers,
        (SELECT CASE WHEN count(*) >= %(enough)s THEN avg(held_seconds)::integer END
         FROM worked WHERE worked.team_id = t.id AND held_seconds IS NOT NULL) AS seconds
    FROM teams t WHERE %(team)s::bigint IS NULL OR t.id = %(team)s::bigint
"""

# Who was handed a list calls them one after the other, not all in the next quarter of an hour.
# Whom a text could reach is decided again when it leaves; here it keeps those from being looked at at every beat.
OWED = """
    WITH pace AS (
        SELECT * FROM unnest(%(teams)s::bigint[], %(least)s::bigint[]) AS pace (team_id, least)
    ), waiting AS (
        SELECT id, team_id, rank, row_number() OVER (PARTITION BY team_id ORDER BY rank DESC, due_at, id) - 1 AS ahead
        FROM callbacks WHERE state = 'open' AND incident_id IS NULL
          AND (next_try_at IS NULL OR next_try_at <= %(now)s) AND (claim_ends_at IS NULL OR claim_ends_at <= %(now)s)
    ), owed AS (
        SELECT w.id, w.ahead FROM waiting w JOIN pace USING (team_id) WHERE w.rank < %(red)s AND w.ahead >= pace.least
        UNION ALL
        SELECT c.id, 0 FROM callbacks c
        WHERE c.state = 'open' AND c.claimed_by_id IS NOT NULL AND c.claim_ends_at > %(now)s
          AND c.claimed_at > %(fresh)s
          AND NOT EXISTS (SELECT 1 FROM attempts t WHERE t.callback_id = c.id AND t.at >= c.claimed_at)
          AND NOT EXISTS (SELECT 1 FROM callback_events h
                          WHERE h.callback_id = c.id AND h.kind = 'handed-over' AND h.at = c.claimed_at)
    )
    SELECT c.id AS callback_id, c.enrolment_id, c.team_id, o.ahead, e.programme_id, coalesce(last.number, 0) AS number,
        CASE WHEN c.claim_ends_at > %(now)s THEN c.claimed_by_id END AS staff_id
    FROM owed o JOIN callbacks c ON c.id = o.id JOIN enrolments e ON e.id = c.enrolment_id
    JOIN programmes g ON g.id = e.programme_id JOIN patients p ON p.id = e.patient_id
    LEFT JOIN LATERAL (
        SELECT a.number, a.from_at, a.until_at, a.staff_id FROM call_announcements a WHERE a.callback_id = c.id
        ORDER BY a.number DESC LIMIT 1
    ) last ON true
    WHERE g.announces_calls AND c.next_step <> 'call-contact' AND p.phone IS NOT NULL
      AND e.state IN ('invited', 'active') AND e.answers_by = 'phone'
      AND (last.number IS NULL OR last.until_at <= %(now)s OR o.ahead = 0 AND last.from_at > %(soon)s
           OR c.claim_ends_at > %(now)s AND c.claimed_by_id <> last.staff_id)
      AND (SELECT count(*) FROM call_announcements a WHERE a.callback_id = c.id AND a.at > %(bound)s) < %(most)s
      AND NOT EXISTS (SELECT 1 FROM patient_index i JOIN opt_outs x ON x.phone_digest = i.digest
                      WHERE i.patient_id = p.id AND i.kind = 'phone')
    ORDER BY o.ahead, c.id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Announced:
    """A call to be announced; `staff_id` is who took it, None while it only waits."""

    callback_id: int
    enrolment_id: int
    number: int
    staff_id: int | None
    window: Window

    def row(self) -> dict[str, Any]:
        """As JSON tells it to a statement."""
        from_at, until_at = (moment.isoformat() for moment in self.window)
        who = {"callback_id": self.callback_id, "enrolment_id": self.enrolment_id, "staff_id": self.staff_id}
        return who | {"number": self.number, "from_at": from_at, "until_at": until_at}


def owed(session: Session, *, now: datetime, limit: int) -> list[Announced]:
    """The calls of which a text is owed at `now`, those that somebody has just taken first; three statements, however
    many they are.
    """
    known = paces(session, now=now)
    if not known:
        return []
    values = {
        "now": now,
        "teams": list(known),
        "least": [_least(pace) for pace in known.values()],
        "red": int(Level.RED),
        "fresh": now - FRESH_CLAIM,
        "soon": now + windows.STEP,
        "bound": now - BOUND_OVER,
        "most": MOST,
        "limit": limit,
    }
    rows = driver.all_rows(driver.under(session), OWED, values)
    if not rows:
        return []
    programmes = {programme.id: programme for programme in session.scalars(select(Programme))}
    return list(_worth_telling(rows, programmes, known, now))


def _worth_telling(
    rows: Iterable[Mapping[str, Any]], programmes: Mapping[int, Programme], known: Mapping[int, Pace], now: datetime
) -> Iterable[Announced]:
    for row in rows:
        programme = programmes[row["programme_id"]]
        if row["staff_id"] is not None:
            expected = at_once(now)
        else:
            expected = windows.window(ahead=row["ahead"], pace=known[row["team_id"]], hours=programme, now=now)
            open_now = clock.is_open(now, programme.opens, programme.closes, programme.zone)
            if not open_now or expected[0] <= now + WORTH_TELLING:
                continue
        yield Announced(row["callback_id"], row["enrolment_id"], row["number"] + 1, row["staff_id"], expected)


def at_once(now: datetime) -> Window:
    """When somebody who has taken the call calls, at whatever hour they do."""
    return windows.outwards(now, now + windows.NARROWEST)


def _least(pace: Pace) -> int:
    """How many must stand before a call for it to begin later than WORTH_TELLING, or a few fewer."""
    return int(WORTH_TELLING / max(pace.wait(1), timedelta(seconds=1)))


def paces(session: Session, *, now: datetime, team_id: int | None = None) -> dict[int, Pace]:
    """How fast each team calls: who is at work now, and how long a call has kept them lately."""
    values = {"now": now, "recent": now - RECENT_WORK, "at_work": now - CALLED_WITHIN, "enough": ENOUGH_CALLS}
    rows = driver.all_rows(driver.under(session), PACES, values | {"team": team_id})
    return {row["id"]: Pace(row["callers"] or 1, row["seconds"] or windows.USUAL_SECONDS) for row in rows}


def window(session: Session, *, callback: Callback, now: datetime) -> Window:
    """When this call-back can expect its call, from the queue as it stands."""
    first = (-Callback.rank, Callback.due_at, Callback.id)
    ahead = session.scalars(
        select(func.count()).where(
            Callback.team_id == callback.team_id,
            Callback.state == CallbackState.OPEN,
            Callback.incident_id.is_(None),
            func.coalesce(Callback.next_try_at, now) <= now,
            func.coalesce(Callback.claim_ends_at, now) <= now,
            tuple_(*first) < tuple_(-callback.rank, callback.due_at, callback.id),
        )
    ).one()
    programme = session.get_one(Enrolment, callback.enrolment_id).programme
    pace = paces(session, now=now, team_id=callback.team_id)[callback.team_id]
    return windows.window(ahead=ahead, pace=pace, hours=programme, now=now)


def latest(session: Session, *, callback_id: int) -> CallAnnouncement | None:
    """What the patient was told last of this call-back."""
    told = select(CallAnnouncement).where(CallAnnouncement.callback_id == callback_id)
    return session.scalars(told.order_by(CallAnnouncement.number.desc()).limit(1)).first()


def code_of(public_id: uuid.UUID) -> str:
    """What the caller of this announcement says first: digits that only this service can derive."""
    made = int.from_bytes(crypto.token_mac("call-announcement", public_id.bytes), "big")
    return f"{made % 10**DIGITS:0{DIGITS}d}"
