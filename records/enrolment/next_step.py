"""Who or what acts next for an enrolment, and by when: nobody is forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from records import clock
from records.models import DayZero, Enrolment, EnrolmentState, Programme, RiskTier

NEVER_ACTIVATED = {RiskTier.STANDARD: timedelta(hours=24), RiskTier.HIGH: timedelta(hours=4)}


@dataclass(frozen=True)
class NextStep:
    """`who` is physician, enroller, patient, centre, owner or service; `what` a code; `due_at` when at the latest."""

    who: str
    what: str
    due_at: datetime


def next_step(enrolment: Enrolment, programme: Programme, now: datetime) -> NextStep | None:
    """The one next step of an enrolment that has not ended; None once it ended or was refused."""
    wait = NEVER_ACTIVATED[RiskTier(enrolment.risk_tier)]
    if enrolment.state == EnrolmentState.HELD:
        return NextStep("physician", "set-limits", enrolment.enrolled_at + wait)
    if enrolment.state == EnrolmentState.ENROLLED:
        return NextStep("enroller", "invite", enrolment.enrolled_at + wait)
    if enrolment.state == EnrolmentState.INVITED:
        assert enrolment.invited_at is not None
        due_at = enrolment.invited_at + wait
        return NextStep("patient", "activate", due_at) if now < due_at else NextStep("centre", "call", due_at)
    if enrolment.state == EnrolmentState.ACTIVE:
        assert enrolment.next_checkin_at is not None
        return NextStep("service", "ask", enrolment.next_checkin_at)
    if enrolment.state == EnrolmentState.PAUSED:
        assert enrolment.pause_review_on is not None
        return NextStep("owner", "review", clock.instant(enrolment.pause_review_on, programme.opens, programme.zone))
    return None


def day(enrolment: Enrolment, on: date) -> int | None:
    """The day of the follow-up on `on`, counted from the programme's day zero; None while that is not known."""
    zero = day_zero(enrolment)
    return (on - zero).days if zero is not None else None


def day_zero(enrolment: Enrolment) -> date | None:
    """The day that counts as 0: of the first symptoms, of the operation, or on which the patient began."""
    if enrolment.programme.day_zero != DayZero.START:
        return enrolment.onset_on
    return clock.local_day(enrolment.activated_at, enrolment.zone) if enrolment.activated_at else None
