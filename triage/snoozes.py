"""Putting off one orange rule for one patient, by a physician, with a reason and for a day at most.

A red rule, what could not be assessed, and a silence are never put off, nor anything of a patient whom nobody asks. How
the answers of a patient with a running snooze are taken is decided in triage.snoozed; the one write of a submission
raises the alert all the same when the snooze has ended between its read and its write.

Whoever locks both locks the snooze first and the call-back after it, as that write does.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session, joinedload

from records import access, audit, patients
from records.audit import Actor
from records.models import Enrolment, EnrolmentState, Role, Staff
from triage.callbacks.attempts import check_note
from triage.callbacks.finding import find, lock, refuse_not_ours
from triage.models import Assessment, Callback, CallbackState
from triage.outcome_models import Snooze
from triage.refusals import (
    AlreadySnoozed,
    AnsweredMeanwhile,
    BadSnoozeHours,
    NotSnoozable,
    ReasonMissing,
    SnoozeByPhysician,
    SnoozeNotFound,
)
from triage.snoozable import offered
from triage.snoozed import SnoozeEnd, asked, evaluated, facts_of

FEWEST_HOURS, MOST_HOURS = 1, 24

RUNNING = """
    (SELECT jsonb_build_object('id', z.id, 'rule', z.rule, 'condition', z.condition, 'facts', z.facts,
                'until_at', z.until_at,
                'overtaken', EXISTS (SELECT 1 FROM assessments a WHERE a.enrolment_id = z.enrolment_id
                    AND a.id > z.assessment_id AND a.level <> 'green' AND NOT a.snoozed),
                'missed', EXISTS (SELECT 1 FROM checkins m WHERE m.enrolment_id = z.enrolment_id
                    AND m.state = 'missed' AND m.closed_at >= z.from_at),
                'asked', e.state = 'active')
     FROM snoozes z WHERE z.enrolment_id = e.id AND z.ended_at IS NULL) AS snooze
"""
"""For statements in which `e` is the enrolment: one look by an index that holds running ones only."""

END_MISSED = """
    UPDATE snoozes SET ended_at = %(now)s, ended_why = 'missed'
    WHERE id IN (SELECT id FROM snoozes WHERE ended_at IS NULL AND enrolment_id = ANY(%(ids)s::bigint[])
                 ORDER BY id FOR UPDATE)
"""

END_OVER = """
    UPDATE snoozes SET ended_at = until_at, ended_why = 'time'
    WHERE id IN (SELECT id FROM snoozes WHERE ended_at IS NULL AND until_at <= %(now)s
                 ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
"""


def newest(session: Session, *, enrolment_id: int) -> Assessment | None:
    """What the rules said last."""
    found = select(Assessment).where(Assessment.enrolment_id == enrolment_id)
    return session.scalar(found.order_by(Assessment.assessed_at.desc(), Assessment.id.desc()).limit(1))


def put_off(
    session: Session,
    *,
    callback: uuid.UUID,
    staff: Staff,
    rule: str,
    seen: uuid.UUID,
    hours: int,
    reason: str,
    now: datetime,
    from_address: str | None = None,
) -> Snooze:
    """Keep `rule` from alerting for `hours`, as long as it says no more than the assessment `seen`, the patient's last.

    Closes nothing: the call-back at hand is still worked to its end. Sent twice it is put off once. Raises
    SnoozeByPhysician, BadSnoozeHours, ReasonMissing, NoteTooLong, NotFound, CallbackClosed, TakenBy, AlreadySnoozed,
    AnsweredMeanwhile, NotSnoozable.
    """
    if staff.role != Role.PHYSICIAN:
        raise SnoozeByPhysician
    if isinstance(hours, bool) or not FEWEST_HOURS <= hours <= MOST_HOURS:
        raise BadSnoozeHours
    if not reason.strip():
        raise ReasonMissing
    check_note(reason)
    enrolment = find(session, callback=callback, staff=staff).enrolment
    _end_if_over(session.scalar(running(enrolment.id).with_for_update()), now)
    found = lock(session, callback=callback, staff=staff)
    assessment = newest(session, enrolment_id=enrolment.id)
    before = session.scalar(running(enrolment.id))
    if before is not None:
        return _the_same(before, assessment, staff, rule)
    refuse_not_ours(found, staff, now)
    if assessment is None or assessment.public_id != seen:
        raise AnsweredMeanwhile
    if enrolment.state != EnrolmentState.ACTIVE or rule not in offered(session, assessment):
        raise NotSnoozable
    snooze = _store(session, found, assessment, staff, rule, hours, reason, now)
    found.version += 1
    _audit(session, "alert.snoozed", snooze, enrolment, staff, from_address, now)
    return snooze


def _end_if_over(before: Snooze | None, now: datetime) -> None:
    """One whose hour is over is ended here when its beat has not come by yet."""
    if before is not None and before.until_at <= now:
        before.ended_at, before.ended_why = before.until_at, SnoozeEnd.TIME


def _the_same(before: Snooze, assessment: Assessment | None, staff: Staff, rule: str) -> Snooze:
    """What a double click finds. One runs at a time; asked under the lock of the call-back, so both cannot miss it."""
    if assessment is None or (before.author_id, before.rule, before.assessment_id) != (staff.id, rule, assessment.id):
        raise AlreadySnoozed
    return before


def _store(
    session: Session,
    callback: Callback,
    assessment: Assessment,
    staff: Staff,
    rule: str,
    hours: int,
    reason: str,
    now: datetime,
) -> Snooze:
    public_id, when = uuid.uuid4(), evaluated(assessment.explanation, rule)
    assert when is not None
    kept = reason.strip().replace("\0", "\ufffd")
    patient = callback.enrolment.patient
    snooze = Snooze(
        public_id=public_id,
        enrolment_id=callback.enrolment_id,
        assessment_id=assessment.id,
        rule=rule,
        facts=facts_of(when, assessment.facts),
        condition=asked(when),
        reason=patients.seal_for(patient, kept, table="snoozes", column="reason", public_id=public_id),
        author_id=staff.id,
        from_at=now,
        until_at=now + timedelta(hours=hours),
    )
    session.add(snooze)
    session.flush()
    return snooze


def running(enrolment_id: int) -> Select[Snooze]:
    return select(Snooze).where(Snooze.enrolment_id == enrolment_id, Snooze.ended_at.is_(None))


def lift(
    session: Session, *, snooze: uuid.UUID, staff: Staff, now: datetime, from_address: str | None = None
) -> Enrolment:
    """End it now; one that has ended stays as it ended. The next answers alert as always. Raises SnoozeNotFound."""
    query = select(Snooze).join(Enrolment, Enrolment.id == Snooze.enrolment_id)
    within = query.where(Snooze.public_id == snooze, access.scope(staff)).with_for_update(of=Snooze)
    found = session.scalar(within.execution_options(populate_existing=True))
    if found is None:
        raise SnoozeNotFound
    enrolment = session.get_one(Enrolment, found.enrolment_id)
    if found.ended_at is None:
        over = found.until_at <= now
        found.ended_at, found.ended_why = (found.until_at, SnoozeEnd.TIME) if over else (now, SnoozeEnd.LIFTED)
        found.ended_by_id = None if over else staff.id
        session.flush()
        shown = update(Callback).where(Callback.enrolment_id == enrolment.id, Callback.state == CallbackState.OPEN)
        session.execute(shown.values(version=Callback.version + 1))
        _audit(session, "alert.snooze-lifted", found, enrolment, staff, from_address, now)
    return enrolment


def all_of(session: Session, *, enrolment: Enrolment, limit: int = 20) -> list[Snooze]:
    """The newest first."""
    found = (
        select(Snooze)
        .where(Snooze.enrolment_id == enrolment.id)
        .options(joinedload(Snooze.author), joinedload(Snooze.ended_by))
    )
    return list(session.scalars(found.order_by(Snooze.from_at.desc(), Snooze.id.desc()).limit(limit)))


def standing(session: Session, *, enrolment_id: int, now: datetime) -> Snooze | None:
    """The one that counts now."""
    asked = select(Enrolment.id).where(Enrolment.state == EnrolmentState.ACTIVE)
    counting = running(enrolment_id).where(Snooze.until_at > now, Snooze.enrolment_id.in_(asked))
    return session.scalar(counting)


def at_the_time(session: Session, *, assessment: Assessment) -> Snooze | None:
    """The one for which an assessment raised no alert."""
    if not assessment.snoozed:
        return None
    found = select(Snooze).where(Snooze.enrolment_id == assessment.enrolment_id, Snooze.assessment_id < assessment.id)
    return session.scalar(found.order_by(Snooze.id.desc()).limit(1))


def reason_of(snooze: Snooze, enrolment: Enrolment) -> str:
    """In clear."""
    about = snooze.public_id
    return patients.reveal_text(enrolment.patient, snooze.reason, table="snoozes", column="reason", public_id=about)


def end_missed(session: Session, *, enrolment_ids: Collection[int], now: datetime) -> None:
    """A check-in that was not answered ends what was put off, for all of these at once."""
    if enrolment_ids:
        session.connection().exec_driver_sql(END_MISSED, {"now": now, "ids": list(enrolment_ids)})


def end_over(session: Session, *, now: datetime, limit: int) -> int:
    """Record the end of up to `limit` whose hour is over; nothing waits for it, for none of them counts any more."""
    return session.connection().exec_driver_sql(END_OVER, {"now": now, "limit": limit}).rowcount


def _audit(
    session: Session,
    action: str,
    snooze: Snooze,
    enrolment: Enrolment,
    staff: Staff,
    from_address: str | None,
    now: datetime,
) -> None:
    audit.append(
        session,
        actor=Actor.staff(staff, from_address),
        action=action,
        subject=("enrolment", enrolment.public_id),
        now=now,
        details={"snooze": str(snooze.public_id), "until": snooze.until_at.isoformat()},
    )
