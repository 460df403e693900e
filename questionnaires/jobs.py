"""The worker's beats of this room: open the check-ins that are due, close those whose time is over.

Both are set-wise: local times are worked out once per (programme, zone) and joined as VALUES, so a million enrolments
cost a handful of statements.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from questionnaires.checkins import TIER_ALL, Slot, slots
from records import clock
from records.models import Programme

log = structlog.get_logger(__name__)

LOOK_BACK = timedelta(days=7)
LOOK_AHEAD = timedelta(days=3)
CHUNK = 20_000
PROGRAMMES_HELD = (
    select(Programme).order_by(Programme.id).with_for_update(read=True).execution_options(populate_existing=True)
)

DUE_ZONES = text("""
    SELECT programme_id, zone FROM enrolments
    WHERE state = 'active' AND next_checkin_at <= :now
    GROUP BY programme_id, zone
""")

# One statement picks a chunk of due enrolments, makes what they are owed and says when to look again. The slots come
# as parallel arrays, so the text of the statement stays the same whatever their number. `asked` has a row for every one
# who is due, also for who is owed nothing: joining two parts of the statement with each other is quadratic whenever the
# planner expects few rows, as it does after a mass enrolment that nothing has analysed yet. Whoever moved to a zone
# that was not `known` when the slots were worked out stays due, for the next round.
OPEN = text("""
    WITH slot AS (
        SELECT * FROM unnest(
            CAST(:programmes AS bigint[]), CAST(:zones AS text[]), CAST(:days AS date[]), CAST(:names AS text[]),
            CAST(:intensive AS boolean[]), CAST(:opens AS timestamptz[]), CAST(:closes AS timestamptz[])
        ) AS s (programme_id, zone, local_on, name, intensive, opens_at, closes_at)
    ),
    due AS (
        SELECT e.id, e.programme_id, e.zone, e.risk_tier, e.onset_on, e.ends_on,
               greatest(e.next_checkin_at, e.activated_at) AS since,
               p.intensive_from_day AS first_day, p.intensive_to_day AS last_day
        FROM enrolments e JOIN programmes p ON p.id = e.programme_id
        WHERE e.state = 'active' AND e.next_checkin_at <= :now
        ORDER BY e.next_checkin_at LIMIT :limit
        FOR UPDATE OF e SKIP LOCKED
    ),
    asked AS (
        SELECT due.id, due.since, slot.local_on, slot.name, slot.opens_at, slot.closes_at
        FROM due LEFT JOIN slot ON slot.programme_id = due.programme_id AND slot.zone = due.zone
          AND slot.local_on <= due.ends_on
          AND (NOT slot.intensive OR due.risk_tier = 'high' OR due.onset_on IS NULL
               OR slot.local_on - due.onset_on BETWEEN due.first_day AND due.last_day)
    ),
    made AS (
        INSERT INTO checkins (enrolment_id, local_on, slot, opens_at, closes_at)
        SELECT id, local_on, name, opens_at, closes_at FROM asked
        WHERE opens_at >= since AND opens_at <= :now
        ORDER BY id, opens_at
        ON CONFLICT (enrolment_id, local_on, slot) DO NOTHING
        RETURNING 1
    ),
    advanced AS (
        UPDATE enrolments e SET next_checkin_at = coalesce(
            next.opens_at,
            CASE WHEN e.programme_id || ' ' || e.zone = ANY(:known) THEN :later ELSE e.next_checkin_at END)
        FROM (SELECT id, min(opens_at) FILTER (WHERE opens_at > :now) AS opens_at FROM asked GROUP BY id) next
        WHERE e.id = next.id
        RETURNING 1
    )
    SELECT count(*) FROM made
""")

CLOSE = text("""
    UPDATE checkins SET state = 'missed', closed_at = :now
    WHERE id = ANY (ARRAY(
        SELECT id FROM checkins WHERE state = 'open' AND closes_at <= :now
        ORDER BY closes_at LIMIT :limit FOR UPDATE SKIP LOCKED
    ))
""")


def open_checkins(session: Session, *, now: datetime, limit: int = CHUNK) -> int:
    """Make the check-ins whose hour has come for up to `limit` enrolments; returns how many were made.

    What a sleeping worker left undone is made too, up to seven days back: it then closes as missed, for silence is a
    fact. Call it again while `more_due` says so.
    """
    values = opening(session, now=now, limit=limit)
    return int(session.execute(OPEN, values).scalar_one()) if values else 0


def opening(session: Session, *, now: datetime, limit: int) -> dict[str, Any] | None:
    """What OPEN needs at `now`; None when nobody is due."""
    known = _slots_by_zone(session, session.execute(DUE_ZONES, {"now": now}).all(), now)
    rows = [(programme, zone, slot) for (programme, zone), found in known.items() for slot in found]
    values = {
        "now": now,
        "limit": limit,
        "later": now + LOOK_AHEAD - timedelta(days=1),
        "known": [f"{programme} {zone}" for programme, zone in known],
        "programmes": [programme for programme, _, _ in rows],
        "zones": [zone for _, zone, _ in rows],
        "days": [slot.local_on for _, _, slot in rows],
        "names": [slot.name for _, _, slot in rows],
        "intensive": [slot.tier != TIER_ALL for _, _, slot in rows],
        "opens": [slot.opens_at for _, _, slot in rows],
        "closes": [slot.closes_at for _, _, slot in rows],
    }
    return values if known else None


def _slots_by_zone(session: Session, due: Sequence[Row[int, str]], now: datetime) -> dict[tuple[int, str], list[Slot]]:
    """Holds the programmes until the end of the transaction: a schedule that changed meanwhile would be overlooked."""
    if not due:
        return {}
    programmes = {programme.id: programme for programme in session.scalars(PROGRAMMES_HELD)}
    found = {}
    for programme_id, zone in due:
        programme = programmes[programme_id]
        here = usable_zone(zone, programme)
        first, last = clock.local_day(now - LOOK_BACK, here), clock.local_day(now + LOOK_AHEAD, here)
        found[programme_id, zone] = slots(programme, here, first, last)
    return found


def usable_zone(zone: str, programme: Programme) -> str:
    """A zone that this machine no longer knows must not silence its patients: they are asked at the centre's hours."""
    try:
        clock.zone(zone)
    except clock.UnknownZone:
        log.error("unknown_zone", zone=zone, programme=programme.slug)
        return programme.zone
    return zone


def more_due(session: Session, *, now: datetime) -> bool:
    """Whether the first of all is due: by the index's first entry. For "any that is due" the planner expects to meet
    one soon, and once it has prepared the statement it walks the whole table to find none.
    """
    first = session.scalar(text("SELECT min(next_checkin_at) FROM enrolments WHERE state = 'active'"))
    return first is not None and bool(first <= now)


def close_checkins(session: Session, *, now: datetime, limit: int = CHUNK) -> int:
    """Turn up to `limit` open check-ins whose time is over into missed ones; returns how many."""
    return int(session.execute(CLOSE, {"now": now, "limit": limit}).rowcount)  # type: ignore[attr-defined]
