"""The worker's beats of this room: what nobody answered, never began, was put off or is coming to its end.

Each asks the database what is due, takes a chunk that no other worker holds, and raises alerts set-wise. None of them
can be switched off by staff.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from records import clock
from records.enrolment import NEVER_ACTIVATED, in_states
from records.models import Enrolment, EnrolmentState, RiskTier
from triage import causes, history, reasons, snoozes
from triage.callbacks.raising import Raise, key_of, raise_alerts
from triage.chunks import each_or_all
from triage.ending import end_follow_ups
from triage.levels import Level
from triage.limits_due import who_is_due
from triage.models import Alert, AlertKind
from triage.silence import judge
from triage.situation import situation
from triage.targets import due_at

__all__ = [
    "end_follow_ups",
    "end_snoozes",
    "raise_limits_due",
    "raise_never_activated",
    "raise_never_invited",
    "raise_reviews_due",
    "raise_silences",
]

CHUNK = 500
NOW = "%(now)s::timestamptz"

# What came before is as of the silence's own hour, so a check-in made late by a worker that slept is judged alike.
SILENT = f"""
    SELECT c.id AS checkin_id, c.public_id AS checkin, c.local_on, e.state, {history.PATIENT},
           {history.HEARD}, {history.MISSED.format(until="c.opens_at")}, {history.FAILED_CALLS},
           {history.OWN_LIMITS.format(now=NOW)}
    FROM (SELECT * FROM checkins WHERE state = 'missed' AND silence_raised_at IS NULL
          ORDER BY closed_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED) c
    JOIN enrolments e ON e.id = c.enrolment_id {history.JOINED}
    {history.IN_FORCE.format(now=NOW)}
    {history.PREVIOUS.format(before="c.closes_at")}
    ORDER BY c.opens_at
"""  # noqa: S608 - constant fragments, every value is a parameter

RAISED = "UPDATE checkins SET silence_raised_at = %(now)s WHERE id = ANY(%(ids)s)"


def raise_silences(session: Session, *, now: datetime, limit: int = CHUNK) -> int:
    """Put up to `limit` missed check-ins into the queue, as urgent as the protocol says; returns how many.

    A follow-up that ended (admitted, deceased, withdrew …) after the check-in was missed calls nobody any more.
    """
    found: Sequence[Any] = session.connection().exec_driver_sql(SILENT, {"now": now, "limit": limit}).mappings().all()

    known = {row["checkin_id"]: causes.known(row) for row in found}
    outage = causes.outage(list(known.values()))

    def act(rows: Sequence[Any]) -> int:
        followed = [row for row in rows if row["state"] != EnrolmentState.DISCHARGED]
        why = {row["checkin_id"]: causes.cause_of(known[row["checkin_id"]], outage=outage) for row in followed}
        alerts = [_silence(session, row, why[row["checkin_id"]], now) for row in followed]
        snoozes.end_missed(session, enrolment_ids=[row["enrolment_id"] for row in rows], now=now)
        raised = raise_alerts(session, alerts=alerts, now=now)
        session.connection().exec_driver_sql(RAISED, {"now": now, "ids": [row["checkin_id"] for row in rows]})
        return raised

    return each_or_all(session, found, act, job="raise_silences")


def _silence(session: Session, row: Any, why: causes.Found, now: datetime) -> Raise:
    """What happened, then why as far as that is known, then what the protocol says of it: a row shows the first two."""
    known = situation(row)
    verdict = judge(session, known, on=row["local_on"], code=AlertKind.SILENCE)
    happened, *told = verdict.reasons
    return Raise(
        key=key_of(AlertKind.SILENCE, row["checkin"]),
        enrolment_id=known.enrolment_id,
        team_id=known.team_id,
        kind=AlertKind.SILENCE,
        rank=verdict.level,
        reasons=[happened, why.reason(), *told],
        cause=why.cause,
        due_at=due_at(known.centre, verdict.level, now),
        checkin_id=row["checkin_id"],
        for_physician=verdict.level >= Level.RED,
    )


def end_snoozes(session: Session, *, now: datetime, limit: int = CHUNK) -> int:
    """Record that the hour of what was put off is over."""
    return snoozes.end_over(session, now=now, limit=limit)


def raise_never_invited(session: Session, *, now: datetime, limit: int = CHUNK) -> int:
    """Whoever was enrolled, or is held for a physician, and nobody went on with for 24 h (high risk 4 h) comes before
    a person; again after as long.
    """
    waits = {tier.value: wait for tier, wait in NEVER_ACTIVATED.items()}
    late = _waits_too_long(Enrolment.updated_at, now)
    states = (EnrolmentState.ENROLLED, EnrolmentState.HELD)
    found = _without_alert(session, states, late, AlertKind.NEVER_INVITED, limit, Enrolment.updated_at)

    def alert(enrolment: Enrolment) -> Raise:
        times = (now - enrolment.updated_at) // waits[enrolment.risk_tier]
        rank = Level.SILENT_URGENT if enrolment.risk_tier == RiskTier.HIGH else Level.SILENT
        key = key_of(AlertKind.NEVER_INVITED, enrolment.public_id, enrolment.updated_at.isoformat(), times)
        held = enrolment.state == EnrolmentState.HELD
        return replace(_plain(enrolment, AlertKind.NEVER_INVITED, rank, key, now), for_physician=held)

    return each_or_all(
        session,
        found,
        lambda rows: raise_alerts(session, alerts=[alert(row) for row in rows], now=now),
        job="raise_never_invited",
    )


def raise_never_activated(session: Session, *, now: datetime, limit: int = CHUNK) -> int:
    """Whoever was invited and has not come in within 24 h (high risk 4 h) is telephoned; again after as long."""
    waits = {tier.value: wait for tier, wait in NEVER_ACTIVATED.items()}
    late = _waits_too_long(Enrolment.invited_at, now)
    states, since = (EnrolmentState.INVITED,), Enrolment.invited_at
    found = _without_alert(session, states, late, AlertKind.NEVER_ACTIVATED, limit, since)

    def alert(enrolment: Enrolment) -> Raise:
        assert enrolment.invited_at is not None
        times = (now - enrolment.invited_at) // waits[enrolment.risk_tier]
        high = enrolment.risk_tier == RiskTier.HIGH
        key = key_of(AlertKind.NEVER_ACTIVATED, enrolment.public_id, enrolment.invited_at.isoformat(), times)
        return _plain(enrolment, AlertKind.NEVER_ACTIVATED, Level.SILENT_URGENT if high else Level.SILENT, key, now)

    return each_or_all(
        session,
        found,
        lambda rows: raise_alerts(session, alerts=[alert(row) for row in rows], now=now),
        job="raise_never_activated",
    )


def raise_reviews_due(session: Session, *, now: datetime, limit: int = CHUNK) -> int:
    """A pause whose day of review has come at the centre is looked at by a person, each day until it is settled."""
    day = Enrolment.pause_review_on
    perhaps = day <= (now + timedelta(days=1)).date()
    found = [
        enrolment
        for enrolment in _without_alert(session, (EnrolmentState.PAUSED,), perhaps, AlertKind.REVIEW_DUE, limit, day)
        if enrolment.pause_review_on and enrolment.pause_review_on <= clock.local_day(now, enrolment.programme.zone)
    ]

    def alert(enrolment: Enrolment) -> Raise:
        key = key_of(
            AlertKind.REVIEW_DUE, enrolment.public_id, clock.local_day(now, enrolment.programme.zone).isoformat()
        )
        return _plain(enrolment, AlertKind.REVIEW_DUE, Level.SILENT, key, now)

    return each_or_all(
        session,
        found,
        lambda rows: raise_alerts(session, alerts=[alert(row) for row in rows], now=now),
        job="raise_reviews_due",
    )


def raise_limits_due(session: Session, *, now: datetime, limit: int = CHUNK) -> int:
    """A physician is told of own limits that run out within a day, or that a condition calls for and nobody has set."""
    due = who_is_due(session, now=now, limit=limit)
    these = Enrolment.id.in_(due)
    states, order = (EnrolmentState.ACTIVE,), Enrolment.id
    found = _without_alert(session, states, these, AlertKind.LIMITS_DUE, limit, order) if due else []

    def alert(enrolment: Enrolment) -> Raise:
        key = key_of(AlertKind.LIMITS_DUE, enrolment.public_id, now.isoformat())
        return replace(_plain(enrolment, AlertKind.LIMITS_DUE, Level.SILENT, key, now), for_physician=True)

    return each_or_all(
        session,
        found,
        lambda rows: raise_alerts(session, alerts=[alert(row) for row in rows], now=now),
        job="raise_limits_due",
    )


def _waits_too_long(since: Any, now: datetime) -> Any:
    """By the wait of each tier, within the shortest of them, by which an index finds them."""
    late = or_(*((Enrolment.risk_tier == tier) & (since <= now - wait) for tier, wait in NEVER_ACTIVATED.items()))
    return and_(since <= now - min(NEVER_ACTIVATED.values()), late)


def _without_alert(
    session: Session, states: Sequence[EnrolmentState], condition: Any, kind: AlertKind, limit: int, order: Any
) -> Sequence[Enrolment]:
    """Enrolments for which no alert of this kind stands, the first by `order`, locked against other workers.

    The order is that of the index that finds them: by another one the planner walks the whole table to the limit.
    """
    standing = exists().where(Alert.enrolment_id == Enrolment.id, Alert.kind == kind, Alert.closed_at.is_(None))
    return session.scalars(
        select(Enrolment)
        .where(in_states(states), condition, ~standing)
        .order_by(order, Enrolment.id)
        .limit(limit)
        .with_for_update(of=Enrolment, skip_locked=True, key_share=True)
    ).all()


def _plain(enrolment: Enrolment, kind: AlertKind, rank: Level, key: str, now: datetime) -> Raise:
    return Raise(
        key=key,
        enrolment_id=enrolment.id,
        team_id=enrolment.team_id,
        kind=kind,
        rank=rank,
        reasons=[reasons.from_code(kind)],
        due_at=due_at(enrolment.programme, rank, now),
    )
