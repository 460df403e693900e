"""What a disposition starts: another check-in, the end of a follow-up, finding out what came of the hospital."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from questionnaires.models import Checkin
from records import clock, contacts
from records import enrolment as enrolments
from records.audit import Actor
from records.models import EndReason, Enrolment, EnrolmentState
from triage import outcomes, reasons
from triage.callbacks.attempts import CALLED_BEFORE, past
from triage.callbacks.raising import key_of, raise_alert
from triage.levels import Level
from triage.models import AlertKind, Callback, Disposition, DispositionKind
from triage.outcome_models import OutcomeKind, OutcomeSource
from triage.refusals import AtNight, BadDetails, BeforeOpening, NotFollowed
from triage.situation import known_zone
from triage.targets import opening

SOONEST_HOURS, LATEST_HOURS = 1, 24
USUAL_HOURS = 4
OUTCOME_KNOWN_AFTER = timedelta(hours=2)
OUTCOME_OF = {
    DispositionKind.AMBULANCE: "outcome-due",
    DispositionKind.HOSPITAL_ADVISED: "outcome-due",
    DispositionKind.WELFARE_CHECK: "welfare-due",
}
"""What somebody finds out two hours later, as the code of a reason."""


def checked(
    callback: Callback, kind: DispositionKind, details: Mapping[str, Any], *, at: datetime, now: datetime
) -> dict[str, Any]:
    """What is kept of `details`: for an extra check-in `{"hours": 1..24}`, of an ambulance `{"called_at": instant}`
    (without one, `at`), else nothing. Raises before any change.
    """
    if kind is DispositionKind.AMBULANCE:
        return {"called_at": _called_at(callback, details.get("called_at") or at, now).isoformat()}
    if kind is not DispositionKind.EXTRA_CHECKIN:
        return {}
    enrolment, hours = callback.enrolment, details.get("hours")
    if isinstance(hours, bool) or not isinstance(hours, int) or not SOONEST_HOURS <= hours <= LATEST_HOURS:
        raise BadDetails
    if enrolment.state != EnrolmentState.ACTIVE:
        raise NotFollowed
    _refuse_night(enrolment, hours, now)
    return {"hours": hours}


def usual_hours(enrolment: Enrolment, now: datetime) -> int:
    """In how many hours a patient is asked again unless somebody says otherwise: in four, or in the nearest number at
    which a text goes out to them.
    """
    written = [hours for hours in range(SOONEST_HOURS, LATEST_HOURS + 1) if _is_written_to(enrolment, hours, now)]
    return min(written, key=lambda hours: abs(hours - USUAL_HOURS), default=USUAL_HOURS)


def _called_at(callback: Callback, at: datetime, now: datetime) -> datetime:
    moment = past(at, now)
    if moment < callback.opened_at - CALLED_BEFORE:
        raise BeforeOpening
    return moment


def _refuse_night(enrolment: Enrolment, hours: int, now: datetime) -> None:
    """A check-in whose text could not go out would be taken for a silence."""
    if not _is_written_to(enrolment, hours, now):
        there = clock.local(now + timedelta(hours=hours), _zone(enrolment)).time()
        moments = {"first": contacts.WRITTEN_FROM, "last": contacts.WRITTEN_UNTIL, "hour": there}
        told = {name: moment.strftime("%H:%M") for name, moment in moments.items()}
        raise AtNight(**told, hours=usual_hours(enrolment, now))


def _is_written_to(enrolment: Enrolment, hours: int, now: datetime) -> bool:
    opens_at = now + timedelta(hours=hours)
    return clock.is_open(opens_at, contacts.WRITTEN_FROM, contacts.WRITTEN_UNTIL, _zone(enrolment))


def _zone(enrolment: Enrolment) -> str:
    return known_zone(enrolment.zone, enrolment.programme.zone)


def start(session: Session, callback: Callback, disposition: Disposition, *, actor: Actor, now: datetime) -> None:
    kind, enrolment = DispositionKind(disposition.kind), callback.enrolment
    if kind is DispositionKind.EXTRA_CHECKIN:
        checkin = ask_again(session, enrolment, opens_at=now + timedelta(hours=disposition.details["hours"]))
        disposition.details = {**disposition.details, "checkin": str(checkin.public_id)}
    elif kind in (DispositionKind.ADMITTED, DispositionKind.DECEASED):
        _end(session, enrolment, disposition, actor, now)
    elif kind is DispositionKind.RISK_UP:
        enrolments.raise_tier(session, enrolment=enrolment, now=now)
    elif kind in OUTCOME_OF:
        _ask_what_came_of_it(session, enrolment, disposition, now)


def _end(session: Session, enrolment: Enrolment, disposition: Disposition, actor: Actor, now: datetime) -> None:
    """The day is that of the call: a hospital's file may know it better."""
    told: dict[str, Any] = {
        "on_day": clock.local_day(disposition.at, _zone(enrolment)),
        "source": OutcomeSource.DISPOSITION,
        "disposition_id": disposition.id,
        "from_address": actor.from_address,
        "now": now,
    }
    if disposition.kind == DispositionKind.DECEASED:
        outcomes.died(session, enrolment=enrolment, staff=disposition.staff, **told)
        return
    outcomes.end(session, enrolment=enrolment, reason=EndReason.ADMITTED, actor=actor, now=now)
    told |= {"enrolment_id": enrolment.id, "kind": OutcomeKind.ADMITTED, "staff_id": disposition.staff_id}
    outcomes.record(session, **told)


def ask_again(session: Session, enrolment: Enrolment, *, opens_at: datetime) -> Checkin:
    """One more check-in, at its own hour; it is closed, reminded of and missed like any other."""
    day = clock.local_day(opens_at, _zone(enrolment))
    before = select(func.count(Checkin.id)).where(
        Checkin.enrolment_id == enrolment.id, Checkin.local_on == day, Checkin.slot.startswith("extra-")
    )
    checkin = Checkin(
        enrolment_id=enrolment.id,
        local_on=day,
        slot=f"extra-{session.scalars(before).one() + 1}",
        opens_at=opens_at,
        closes_at=opens_at + timedelta(minutes=enrolment.programme.silent_after_minutes),
    )
    session.add(checkin)
    session.flush()
    return checkin


def _ask_what_came_of_it(session: Session, enrolment: Enrolment, disposition: Disposition, now: datetime) -> None:
    """Nobody is lost between the telephone and the hospital: within two hours somebody asks."""
    raise_alert(
        session,
        enrolment=enrolment,
        kind=AlertKind.OUTCOME_DUE,
        rank=Level.ORANGE,
        key=key_of(AlertKind.OUTCOME_DUE, disposition.public_id),
        reasons=[reasons.from_code(OUTCOME_OF[DispositionKind(disposition.kind)])],
        due_at=opening(enrolment.programme, now + OUTCOME_KNOWN_AFTER),
        now=now,
    )
