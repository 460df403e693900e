"""The last day of a follow-up ends nothing while somebody still has to look.

Whoever answered the last check-in without a warning sign and has no open call-back is discharged the day after the last
one, as completed. For anybody else an alert says that the follow-up would end, and the follow-up is extended by one
day at a time, so that the questions go on until there is such an answer or a person decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, select, text
from sqlalchemy.orm import Session

from questionnaires.models import Checkin, CheckinState, Response
from records import clock
from records.audit import SYSTEM
from records.models import EndReason, Enrolment, EnrolmentState
from triage import followup, reasons
from triage.callbacks.raising import key_of, raise_alert
from triage.chunks import each_or_all
from triage.levels import Level
from triage.models import Alert, AlertKind, Assessment, Callback, CallbackState
from triage.situation import known_zone

CHUNK = 200
EASTERNMOST = timedelta(hours=14)

# From one zone to the next by the index: the few zones that are lived in, without a look at everybody.
ZONES = text("""
    WITH RECURSIVE lived_in AS (
        (SELECT zone FROM enrolments WHERE state = 'active' ORDER BY zone LIMIT 1)
        UNION ALL
        SELECT (SELECT e.zone FROM enrolments e WHERE e.state = 'active' AND e.zone > lived_in.zone
                ORDER BY e.zone LIMIT 1)
        FROM lived_in WHERE lived_in.zone IS NOT NULL
    )
    SELECT zone FROM lived_in WHERE zone IS NOT NULL
""")
PERHAPS_OVER = text("""
    SELECT over.id
    FROM unnest(CAST(:zones AS text[]), CAST(:days AS date[])) AS here (zone, today)
    CROSS JOIN LATERAL (
        SELECT e.id, e.ends_on FROM enrolments e
        WHERE e.state = 'active' AND e.zone = here.zone AND e.ends_on < here.today
          AND NOT EXISTS (SELECT 1 FROM checkins c WHERE c.enrolment_id = e.id AND c.state = 'open')
        ORDER BY e.ends_on LIMIT :limit
    ) over
    ORDER BY over.ends_on, over.id LIMIT :limit
""")


def end_follow_ups(session: Session, *, now: datetime, limit: int = CHUNK) -> int:
    """Settle up to `limit` follow-ups whose last day is over in the patient's zone; returns how many."""
    perhaps = select(Enrolment).where(Enrolment.id.in_(_perhaps_over(session, now, limit)))
    chunk = perhaps.where(Enrolment.state == EnrolmentState.ACTIVE).order_by(Enrolment.ends_on, Enrolment.id)
    found = session.scalars(chunk.with_for_update(of=Enrolment, skip_locked=True, key_share=True)).all()
    over = [enrolment for enrolment in found if _is_over(enrolment, now) and not _still_asked(session, enrolment)]

    def act(rows: Sequence[Enrolment]) -> int:
        for enrolment in rows:
            _settle(session, enrolment, now)
        return len(rows)

    return each_or_all(session, over, act, job="end_follow_ups")


def _perhaps_over(session: Session, now: datetime, limit: int) -> Sequence[int]:
    """Before the day of their own zone, and nobody else: on a million, one in twenty ends today and is not over yet."""
    zones = session.scalars(ZONES).all()
    latest = (now + EASTERNMOST).date()
    days = [clock.local_day(now, zone) if zone in clock.zone_names() else latest for zone in zones]
    return session.scalars(PERHAPS_OVER, {"zones": zones, "days": days, "limit": limit}).all()


def _is_over(enrolment: Enrolment, now: datetime) -> bool:
    zone = known_zone(enrolment.zone, enrolment.programme.zone)
    return enrolment.ends_on is not None and enrolment.ends_on < clock.local_day(now, zone)


def _still_asked(session: Session, enrolment: Enrolment) -> bool:
    """The last check-in may still be open after midnight; it is waited for."""
    asked = exists().where(Checkin.enrolment_id == enrolment.id, Checkin.state == CheckinState.OPEN)
    return bool(session.scalar(select(asked)))


def _settle(session: Session, enrolment: Enrolment, now: datetime) -> None:
    if not _is_called(session, enrolment) and _ends_well(session, enrolment):
        followup.discharge(session, enrolment=enrolment, reason=EndReason.COMPLETED, actor=SYSTEM, now=now)
        return
    today = clock.local_day(now, known_zone(enrolment.zone, enrolment.programme.zone))
    enrolment.ends_on, enrolment.next_checkin_at, enrolment.updated_at = today, now, now
    session.flush()
    if not _is_told(session, enrolment):
        raise_alert(
            session,
            enrolment=enrolment,
            kind=AlertKind.FOLLOW_UP_ENDS,
            rank=Level.SILENT,
            key=key_of(AlertKind.FOLLOW_UP_ENDS, enrolment.public_id, today.isoformat()),
            reasons=[reasons.from_code(AlertKind.FOLLOW_UP_ENDS)],
            now=now,
        )


def _is_called(session: Session, enrolment: Enrolment) -> bool:
    standing = exists().where(Callback.enrolment_id == enrolment.id, Callback.state == CallbackState.OPEN)
    return bool(session.scalar(select(standing)))


def _is_told(session: Session, enrolment: Enrolment) -> bool:
    told = exists().where(
        Alert.enrolment_id == enrolment.id, Alert.kind == AlertKind.FOLLOW_UP_ENDS, Alert.closed_at.is_(None)
    )
    return bool(session.scalar(select(told)))


def _ends_well(session: Session, enrolment: Enrolment) -> bool:
    """The last check-in was answered, and nothing that was said in answer to it was a warning sign."""
    last = session.scalar(
        select(Checkin)
        .where(Checkin.enrolment_id == enrolment.id, Checkin.state.in_((CheckinState.ANSWERED, CheckinState.MISSED)))
        .order_by(Checkin.opens_at.desc())
        .limit(1)
    )
    if last is None or last.state != CheckinState.ANSWERED:
        return False
    levels = session.scalars(
        select(Assessment.level)
        .join(Response, Response.id == Assessment.response_id)
        .where(Response.enrolment_id == enrolment.id, Response.due_at >= last.opens_at)
    ).all()
    return bool(levels) and set(levels) == {Level.GREEN.code}
