"""Inviting, pausing, resuming and ending a follow-up, with what triage does beside it; a patient's own limits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from questionnaires.models import Checkin, CheckinState
from records import audit, clock
from records import enrolment as enrolments
from records.audit import Actor
from records.models import Enrolment, EnrolmentState, Role, Staff
from triage import documents, protocols
from triage.models import PatientLimit
from triage.refusals import EndsInPast, EndsTooLate, LimitsByPhysician, LimitsMissing, ProtocolUnsigned, ReasonMissing

LONGEST_LIMITS = timedelta(days=366)


def invite(session: Session, *, enrolment: Enrolment, actor: Actor, now: datetime) -> None:
    """Open the patient's entrance. Raises ProtocolUnsigned for a real patient whom no signed protocol would assess."""
    _require_signature(session, enrolment, now)
    enrolments.invite(session, enrolment=enrolment, actor=actor, now=now)


def invite_again(session: Session, *, enrolment: Enrolment, actor: Actor, now: datetime) -> None:
    """Owe another text with the link. Raises ProtocolUnsigned, WrongState, InvitedJustNow."""
    _require_signature(session, enrolment, now)
    enrolments.invite_again(session, enrolment=enrolment, actor=actor, now=now)


def _require_signature(session: Session, enrolment: Enrolment, now: datetime) -> None:
    if not enrolment.patient.rehearsal and not protocols.is_signed(
        session, programme_id=enrolment.programme_id, now=now
    ):
        raise ProtocolUnsigned


def pause(
    session: Session,
    *,
    enrolment: Enrolment,
    owner: Staff,
    review_on: date | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Pause, and cancel what is being asked. A call-back that stands is worked to its end all the same."""
    with session.begin_nested():
        cancel_checkins(session, enrolment=enrolment, now=now)
        enrolments.pause(
            session, enrolment=enrolment, owner=owner, review_on=review_on, reason=reason, actor=actor, now=now
        )


def resume(session: Session, *, enrolment: Enrolment, actor: Actor, now: datetime) -> None:
    """Go on asking."""
    enrolments.resume(session, enrolment=enrolment, actor=actor, now=now)


def discharge(session: Session, *, enrolment: Enrolment, reason: str, actor: Actor, now: datetime) -> None:
    """End, and cancel what is being asked. A call-back that stands is worked to its end all the same."""
    with session.begin_nested():
        cancel_checkins(session, enrolment=enrolment, now=now)
        enrolments.discharge(session, enrolment=enrolment, reason=reason, actor=actor, now=now)


def cancel_checkins(session: Session, *, enrolment: Enrolment, now: datetime) -> None:
    """What is open now or asked for later will not be missed. Before any audit entry: a chain's head is locked last."""
    enrolments.lock(session, enrolment)
    session.execute(
        update(Checkin)
        .where(Checkin.enrolment_id == enrolment.id, Checkin.state == CheckinState.OPEN)
        .values(state=CheckinState.CANCELLED, closed_at=now)
    )


def set_own_limits(
    session: Session,
    *,
    enrolment: Enrolment,
    limits: Mapping[str, Decimal],
    physician: Staff,
    reason: str,
    now: datetime,
    until: date | None = None,
    from_address: str | None = None,
) -> None:
    """Limits of this patient alone, in force from `now` to the end of day `until` in the centre's zone, or until
    changed. They must fit the protocol together with the own limits that stay. Releases a hold.

    Raises LimitsByPhysician, LimitsMissing, ReasonMissing, EndsInPast, EndsTooLate, and ProtocolError for a limit that
    does not fit.
    """
    if physician.role != Role.PHYSICIAN:
        raise LimitsByPhysician
    if not limits:
        raise LimitsMissing
    if not reason.strip():
        raise ReasonMissing
    until_at = _end_of(until, enrolment.programme.zone, now)
    enrolments.lock(session, enrolment)
    _check(session, enrolment, {**own_limits(session, enrolment=enrolment, now=now), **limits}, now)
    _withdraw(session, enrolment, limits, now)
    for name, value in limits.items():
        session.add(
            PatientLimit(
                enrolment_id=enrolment.id,
                name=name,
                value=value,
                reason=reason.strip(),
                author_id=physician.id,
                from_at=now,
                until_at=until_at,
            )
        )
    session.flush()
    _record(session, enrolment, limits, Actor.staff(physician, from_address), now)


def own_limits(session: Session, *, enrolment: Enrolment, now: datetime) -> dict[str, Decimal]:
    """The patient's own limits in force, by name."""
    return {limit.name: limit.value for limit in own_limit_rows(session, enrolment=enrolment, now=now)}


def own_limit_rows(session: Session, *, enrolment: Enrolment, now: datetime) -> list[PatientLimit]:
    """The same with author, reason and end."""
    standing = select(PatientLimit).where(
        PatientLimit.enrolment_id == enrolment.id,
        PatientLimit.withdrawn_at.is_(None),
        PatientLimit.from_at <= now,
        or_(PatientLimit.until_at.is_(None), PatientLimit.until_at > now),
    )
    return list(session.scalars(standing.order_by(PatientLimit.name, PatientLimit.from_at)))


def _end_of(until: date | None, zone: str, now: datetime) -> datetime | None:
    """Days are compared first: the calendar's own ends are no instants."""
    if until is None:
        return None
    if until < clock.local_day(now, zone):
        raise EndsInPast
    if until - clock.local_day(now, zone) > LONGEST_LIMITS:
        raise EndsTooLate
    return clock.instant(until + timedelta(days=1), time(0), zone)


def _check(session: Session, enrolment: Enrolment, limits: Mapping[str, Decimal], now: datetime) -> None:
    """Against the protocol that is bound, signed or not: limits may be set before the signature."""
    version = protocols.bound(session, programme_id=enrolment.programme_id, now=now)
    if version is None:
        raise ProtocolUnsigned
    documents.check_own_limits(documents.reload(version.document), limits)


def _withdraw(session: Session, enrolment: Enrolment, limits: Mapping[str, Decimal], now: datetime) -> None:
    session.execute(
        update(PatientLimit)
        .where(
            PatientLimit.enrolment_id == enrolment.id,
            PatientLimit.name.in_(list(limits)),
            PatientLimit.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
    )


def _record(session: Session, enrolment: Enrolment, limits: Mapping[str, Decimal], actor: Actor, now: datetime) -> None:
    """Which limits were set, not their values: those are health data."""
    audit.append(
        session,
        actor=actor,
        action="limits.set",
        subject=("enrolment", enrolment.public_id),
        now=now,
        details={"limits": sorted(limits)},
    )
    if enrolment.state == EnrolmentState.HELD:
        enrolments.release(session, enrolment=enrolment, actor=actor, now=now)
