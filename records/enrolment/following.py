"""Pausing, resuming, ending, and lifting a hold."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from records import audit, clock
from records.enrolment.states import require, subject_of
from records.fields import MISSING, Fields
from records.models import EndReason, Enrolment, EnrolmentState, PauseReason, Staff
from records.refusals import Sentence

LONGEST_PAUSE = timedelta(days=60)
REVIEW_PAST = Sentence("The review date is in the past.")
REVIEW_FAR = Sentence("The review date is more than 60 days ahead: choose an earlier one.")
UNKNOWN = Sentence("Choose a reason from the list.")


def release(session: Session, *, enrolment: Enrolment, actor: audit.Actor, now: datetime) -> None:
    """Lift the hold: a physician has set own limits (triage.followup.set_own_limits calls this). Raises WrongState."""
    require(session, enrolment, "release")
    details = {"hold": enrolment.hold_reason}
    enrolment.state, enrolment.hold_reason = EnrolmentState.ENROLLED, None
    _tell(session, enrolment, "enrolment.released", actor, now, details)


def pause(
    session: Session,
    *,
    enrolment: Enrolment,
    owner: Staff,
    review_on: date | None,
    reason: str,
    actor: audit.Actor,
    now: datetime,
) -> None:
    """Ask nothing of the patient until `owner` looks again on `review_on`. Raises WrongState, FieldErrors."""
    require(session, enrolment, "pause")
    _check_pause(review_on, reason, clock.local_day(now, enrolment.programme.zone))
    assert review_on is not None
    enrolment.pause_owner_id, enrolment.pause_review_on, enrolment.pause_reason = owner.id, review_on, reason
    enrolment.state, enrolment.paused_at = EnrolmentState.PAUSED, now  # after reading the owner, which may flush
    enrolment.next_checkin_at = None
    details = {"owner": str(owner.public_id), "review_on": review_on.isoformat(), "reason": reason}
    _tell(session, enrolment, "enrolment.paused", actor, now, details)


def _check_pause(review_on: date | None, reason: str, today: date) -> None:
    fields = Fields()
    if review_on is None:
        fields.refuse("review_on", MISSING)
    elif review_on < today:
        fields.refuse("review_on", REVIEW_PAST)
    elif review_on - today > LONGEST_PAUSE:
        fields.refuse("review_on", REVIEW_FAR)
    if reason not in set(PauseReason):
        fields.refuse("reason", UNKNOWN)
    fields.raise_any()


def resume(session: Session, *, enrolment: Enrolment, actor: audit.Actor, now: datetime) -> None:
    """Go on: check-ins from now, or, for somebody who never came in, the wait for that. Raises WrongState.

    The days of the pause are given back, and the last day is tomorrow at the earliest: an answer from before the pause
    must not end what was just resumed.
    """
    require(session, enrolment, "resume")
    _give_days_back(enrolment, now)
    clear_pause(enrolment)
    if enrolment.activated_at is None:
        enrolment.state, enrolment.invited_at = EnrolmentState.INVITED, now
    else:
        enrolment.state, enrolment.next_checkin_at = EnrolmentState.ACTIVE, now
    details = {"state": enrolment.state, "ends_on": enrolment.ends_on.isoformat() if enrolment.ends_on else None}
    _tell(session, enrolment, "enrolment.resumed", actor, now, details)


def discharge(session: Session, *, enrolment: Enrolment, reason: str, actor: audit.Actor, now: datetime) -> None:
    """End the follow-up. Answers that still come are taken and assessed by triage. Raises WrongState, FieldErrors."""
    require(session, enrolment, "discharge")
    if reason not in set(EndReason):
        fields = Fields()
        fields.refuse("reason", UNKNOWN)
        fields.raise_any()
    details = {"reason": reason, "from": enrolment.state}
    clear_pause(enrolment)
    enrolment.state, enrolment.ended_at, enrolment.end_reason = EnrolmentState.DISCHARGED, now, reason
    enrolment.hold_reason, enrolment.next_checkin_at = None, None
    _tell(session, enrolment, "enrolment.discharged", actor, now, details)


def _give_days_back(enrolment: Enrolment, now: datetime) -> None:
    if enrolment.ends_on is None or enrolment.paused_at is None:
        return
    zone = enrolment.zone if enrolment.zone in clock.zone_names() else enrolment.programme.zone
    today = clock.local_day(now, zone)
    paused_for = today - clock.local_day(enrolment.paused_at, zone)
    enrolment.ends_on = max(enrolment.ends_on + paused_for, today + timedelta(days=1))


def clear_pause(enrolment: Enrolment) -> None:
    enrolment.paused_at, enrolment.pause_owner_id = None, None
    enrolment.pause_review_on, enrolment.pause_reason = None, None


def _tell(
    session: Session, enrolment: Enrolment, action: str, actor: audit.Actor, now: datetime, details: dict[str, Any]
) -> None:
    enrolment.updated_at = now
    audit.append(session, actor=actor, action=action, subject=subject_of(enrolment), now=now, details=details)
