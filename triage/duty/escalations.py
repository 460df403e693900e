"""Whom the service tells that a call is late, or that a red came in while the centre was closed.

While the centre is open a late call goes to a lead first, and, unless it is only a silence, to a physician later: a
silence is somebody to telephone, which a physician does no better. While it is closed only reds are told, and only to
who is on call: everything else waits for the opening anyway, and whoever is woken for what can wait sleeps through
what cannot.

A call counts as late when nobody has tried it by its due time, or when the next try is overdue, or when it was tried
and left alone for LEFT_ALONE. Whoever holds it is left in peace, but for somebody who has held it for a while and not
called. Who was told and does not answer within ANSWER_WITHIN is followed by the next person; who answered, and then
did not call, by the next one after GRACE.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from records import clock
from records.models import Programme
from triage import notices
from triage.callbacks import events
from triage.chunks import each_or_all
from triage.duty.people import AtWork, at_work
from triage.levels import Level
from triage.models import Escalation, EscalationKind, EventKind, Notice, NoticeKind

LEAD, PHYSICIAN = 1, 2
ANSWER_WITHIN = timedelta(minutes=5)
GRACE = timedelta(minutes=10)
LEFT_ALONE = timedelta(minutes=30)
AGAIN_AFTER = timedelta(minutes=30)
"""Outside hours a red that comes in so long after the one that was told of is told of anew, to whoever was told of that
too: who is alone on call may have slept through it.
"""
CHUNK = 500

# `clock` is the hour that a call is about; a new one escalates anew. `said` is what was told for it; an escalation to
# nobody (`staff_id` NULL) says that the list ended there, which a shift that has begun or been entered since reopens.
DUE = text("""
    SELECT c.id, c.team_id, c.rank, one.kind, one.clock_at, wanted.step, said.told
    FROM callbacks c
    JOIN enrolments e ON e.id = c.enrolment_id
    JOIN programmes p ON p.id = e.programme_id
    CROSS JOIN LATERAL (
        SELECT e.programme_id = ANY(:watched) AS watched,
               (SELECT min(a.raised_at) FROM alerts a
                WHERE a.callback_id = c.id AND a.closed_at IS NULL AND a.rank >= c.rank) AS raised_at
    ) now_is
    CROSS JOIN LATERAL (
        SELECT max(t.at) AS at FROM attempts t
        WHERE t.callback_id = c.id AND t.at >= coalesce(now_is.raised_at, c.opened_at)
    ) called
    CROSS JOIN LATERAL (
        SELECT max(x.clock_at) AS clock_at FROM escalations x
        WHERE x.callback_id = c.id AND x.kind = 'outside-hours' AND x.clock_at >= now_is.raised_at
    ) before
    CROSS JOIN LATERAL (
        SELECT min(a.raised_at) AS raised_at FROM alerts a
        WHERE NOT now_is.watched AND a.callback_id = c.id AND a.closed_at IS NULL AND a.rank >= c.rank
          AND a.raised_at >= greatest(called.at, before.clock_at + :again_after)
    ) again
    CROSS JOIN LATERAL (
        SELECT CASE WHEN now_is.watched THEN 'late' ELSE 'outside-hours' END AS kind,
               CASE WHEN again.raised_at IS NOT NULL THEN again.raised_at
                    WHEN called.at IS NULL OR called.at < before.clock_at AND NOT now_is.watched THEN
                        greatest(CASE WHEN now_is.watched THEN c.due_at
                                      ELSE coalesce(before.clock_at, now_is.raised_at) END, c.next_try_at)
                    ELSE coalesce(c.next_try_at, called.at + :left_alone) END AS clock_at
    ) one
    CROSS JOIN LATERAL (
        SELECT max(x.acknowledged_at) FILTER (WHERE x.staff_id IS NOT NULL) AS answered_at,
               coalesce(array_agg(x.staff_id) FILTER (WHERE x.staff_id IS NOT NULL), '{}') AS told,
               bool_or(x.step = 1) AS lead_asked,
               bool_and(x.staff_id IS NULL) FILTER (WHERE x.step = 1) AS no_lead
        FROM escalations x WHERE x.callback_id = c.id AND x.clock_at = one.clock_at AND x.kind = one.kind
    ) said
    CROSS JOIN LATERAL (
        SELECT CASE WHEN now_is.watched AND c.rank >= :orange AND said.lead_asked
                     AND (said.no_lead OR one.clock_at + p.physician_after_minutes * interval '1 minute' <= :now)
                    THEN 2 ELSE 1 END AS step
    ) wanted
    CROSS JOIN LATERAL (
        SELECT max(x.at) AS at, max(x.at) FILTER (WHERE x.staff_id IS NULL) AS ended_at
        FROM escalations x
        WHERE x.callback_id = c.id AND x.clock_at = one.clock_at AND x.kind = one.kind AND x.step = wanted.step
    ) last
    WHERE c.state = 'open' AND c.incident_id IS NULL
      AND CASE WHEN now_is.watched THEN c.due_at <= :now ELSE c.rank >= :red END
      AND one.clock_at + CASE WHEN now_is.watched THEN p.lead_after_minutes ELSE 0 END * interval '1 minute' <= :now
      AND (c.claimed_by_id IS NULL OR c.claim_ends_at <= :now OR (called.at IS NULL AND c.claimed_at <= :now - :grace))
      AND (said.answered_at IS NULL OR said.answered_at <= :now - :grace)
      AND (last.at IS NULL OR last.at <= :now - :answer_within)
      AND (last.ended_at IS NULL OR EXISTS (
          SELECT 1 FROM shifts s WHERE s.team_id = c.team_id AND s.cancelled_at IS NULL
            AND s.from_at <= :now AND s.until_at > :now AND greatest(s.from_at, s.created_at) > last.ended_at)
        OR wanted.step = 2 AND EXISTS (
          SELECT 1 FROM staff_teams m JOIN staff s ON s.id = m.staff_id JOIN staff_sessions w ON w.staff_id = s.id
          WHERE m.team_id = c.team_id AND s.role = 'physician' AND w.created_at > last.ended_at))
    ORDER BY c.rank DESC, one.clock_at, c.id
    LIMIT :limit
    FOR NO KEY UPDATE OF c SKIP LOCKED
""")

# Whoever has taken it since looks after it; a call that was tried was tried.
ANSWERED = text("""
    UPDATE escalations x SET acknowledged_at = :now
    FROM callbacks c
    WHERE x.acknowledged_at IS NULL AND c.id = x.callback_id AND (
        c.state = 'closed' OR (c.claimed_at >= x.at AND c.claim_ends_at > :now)
        OR EXISTS (SELECT 1 FROM attempts t WHERE t.callback_id = c.id AND t.at >= x.clock_at))
""")

NEWER = text("UPDATE callbacks SET version = version + 1 WHERE id = ANY(:ids)")


@dataclass(frozen=True, slots=True, eq=False)
class Due:
    """One call-back of which somebody has to be told now. `told` are those who have been, for this clock."""

    id: int
    team_id: int
    rank: int
    kind: str
    clock_at: datetime
    step: int
    told: Sequence[int]


def escalate(session: Session, *, now: datetime, limit: int = CHUNK) -> int:
    """Tell the next person of up to `limit` calls; returns how many. Any number of workers may run it at once: each
    person is told once of each clock.
    """
    session.execute(ANSWERED, {"now": now})
    found = session.execute(DUE, _values(session, now, limit)).mappings().all()
    due = [Due(**row) for row in found]
    told_first = at_work(session, team_ids={one.team_id for one in due}, now=now) if due else {}
    return each_or_all(session, due, lambda some: _tell(session, some, told_first, now), job="escalations")


def _values(session: Session, now: datetime, limit: int) -> dict[str, Any]:
    centres = session.execute(select(Programme.id, Programme.opens, Programme.closes, Programme.zone)).all()
    return {
        "now": now,
        "watched": [id_ for id_, opens, closes, zone in centres if clock.is_open(now, opens, closes, zone)],
        "orange": int(Level.ORANGE),
        "red": int(Level.RED),
        "grace": GRACE,
        "answer_within": ANSWER_WITHIN,
        "left_alone": LEFT_ALONE,
        "again_after": AGAIN_AFTER,
        "limit": limit,
    }


def _tell(session: Session, due: Iterable[Due], told_first: Mapping[int, AtWork], now: datetime) -> int:
    chosen = {one: _person(one, told_first[one.team_id]) for one in sorted(due, key=lambda one: one.id)}
    written = _write(session, chosen, now)
    told = {one: person for one, person in chosen.items() if one.id in written}
    if not told:
        return 0
    of_nobody = {one: {"nobody": True} if person is None else {} for one, person in told.items()}
    details = {one.id: _codes(one) | of_nobody[one] for one in told}
    events.record_all(session, kind=EventKind.ESCALATED, now=now, details=details)
    _notify(session, told, now)
    session.execute(NEWER, {"ids": list(details)})
    return len(told)


def _person(one: Due, people: AtWork) -> int | None:
    return next((id_ for id_ in _list(one, people) if id_ not in one.told), None)


def _list(one: Due, people: AtWork) -> Sequence[int]:
    if one.kind == EscalationKind.OUTSIDE_HOURS:
        return people.on_call
    return people.leads if one.step == LEAD else people.physicians


def _codes(one: Due) -> dict[str, Any]:
    return {"escalation": one.kind, "step": one.step, "clock": one.clock_at.isoformat()}


def _write(session: Session, chosen: Mapping[Due, int | None], now: datetime) -> set[int]:
    """Returns the call-backs of which this says something that was not said yet."""
    rows = [
        {"callback_id": one.id, "kind": one.kind, "clock_at": one.clock_at, "step": one.step, "staff_id": person}
        for one, person in chosen.items()
    ]
    # That nobody was left is said once, and again whenever it is found again: the list ends there from then on.
    known = insert(Escalation).on_conflict_do_update(
        index_elements=["callback_id", "clock_at", "step", "staff_id"],
        set_={"at": now},
        where=Escalation.staff_id.is_(None),
    )
    return set(session.scalars(known.returning(Escalation.callback_id), [row | {"at": now} for row in rows]))


def _notify(session: Session, told: Mapping[Due, int | None], now: datetime) -> None:
    """Of a hundred late calls one line on the screen is enough; each red has its own."""
    people = {person for person in told.values() if person is not None}
    standing = (Notice.staff_id.in_(people), Notice.kind == NoticeKind.ESCALATED, Notice.seen_at.is_(None))
    has_line = set(session.scalars(select(Notice.staff_id).where(*standing).distinct())) if people else set()
    for one, person in told.items():
        if person is not None and (one.rank >= Level.RED or person not in has_line):
            has_line.add(person)
            codes = _codes(one)
            notices.tell(session, staff_id=person, kind=NoticeKind.ESCALATED, now=now, callback_id=one.id, **codes)
