"""The rota: who is on call for a team and who leads it, and the hours that nobody covers."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, selectinload

from records import audit, clock
from records.audit import Actor
from records.models import Enrolment, Programme, Role, Staff, StaffTeam, Team
from triage.models import Duty, Shift
from triage.refusals import Refused

LONGEST = timedelta(days=14)
WEEK = timedelta(days=7)
MAY = {
    Duty.ON_CALL: frozenset({Role.PHYSICIAN}),
    Duty.LEAD: frozenset({Role.OPERATOR, Role.PHYSICIAN, Role.SUPERVISOR}),
}


class NotOfTheTeam(Refused):
    message = "This person is not in the team, or no longer works here. Choose somebody of the team."


class NotForThisDuty(Refused):
    message = "Only a physician can be on call; whoever leads works the queue. Choose somebody else."


class ShiftBackwards(Refused):
    message = "A shift ends after it begins. Correct one of the two hours."


class ShiftTooLong(Refused):
    message = "A shift lasts 14 days at most. Enter several."


class ShiftOver(Refused):
    message = "This shift would be over already. Enter hours that are still to come."


class ShiftNotFound(Refused):
    """Absent, cancelled, or of another team; which of them is not told."""

    message = "There is no such shift in your teams, or it has been cancelled. Look at the rota again."


class NotYourTeam(Refused):
    message = "This team is not among yours. Choose one of your teams."


def add(
    session: Session,
    *,
    team: Team,
    person: Staff,
    duty: Duty,
    from_at: datetime,
    until_at: datetime,
    by: Staff,
    now: datetime,
) -> Shift:
    """One more shift; overlaps are allowed. Raises a refusal of this module."""
    _refuse_other_team(team, by)
    _refuse(team, person, duty, from_at, until_at, now)
    shift = Shift(
        public_id=uuid.uuid4(),
        team_id=team.id,
        staff_id=person.id,
        duty=duty.value,
        from_at=from_at,
        until_at=until_at,
        created_at=now,
        created_by_id=by.id,
    )
    session.add(shift)
    session.flush()
    _audit(session, "shift.added", shift, person, by, now)
    return shift


def _refuse(team: Team, person: Staff, duty: Duty, from_at: datetime, until_at: datetime, now: datetime) -> None:
    if person.disabled_at is not None or team.id not in {one.id for one in person.teams}:
        raise NotOfTheTeam
    if person.role not in MAY[duty]:
        raise NotForThisDuty
    if until_at <= from_at:
        raise ShiftBackwards
    if until_at - from_at > LONGEST:
        raise ShiftTooLong
    if until_at <= now:
        raise ShiftOver


def _refuse_other_team(team: Team, by: Staff) -> None:
    """An administrator has no teams and arranges every one."""
    if by.role != Role.ADMINISTRATOR and team.id not in {one.id for one in by.teams}:
        raise NotYourTeam


def cancel(session: Session, *, shift: uuid.UUID, by: Staff, now: datetime) -> Shift:
    """End a shift for good; what was done in it stays done. Raises ShiftNotFound."""
    found = session.scalar(
        select(Shift).where(Shift.public_id == shift, Shift.cancelled_at.is_(None)).with_for_update(of=Shift)
    )
    if found is None:
        raise ShiftNotFound
    try:
        _refuse_other_team(found.team, by)
    except NotYourTeam as error:
        raise ShiftNotFound from error
    found.cancelled_at, found.cancelled_by_id = now, by.id
    session.flush()
    _audit(session, "shift.cancelled", found, found.staff, by, now)
    return found


def copy_week(session: Session, *, team: Team, into: date, zone: str, by: Staff, now: datetime) -> int:
    """Repeat the shifts that began in the week before `into`, a Monday, at the same hours on the clock; returns how
    many. What stands there already, whose person has left, or what would be over is left out.
    """
    _refuse_other_team(team, by)
    before = clock.instant(into - WEEK, time(), zone), clock.instant(into, time(), zone)
    week = between(session, team_ids=[team.id], from_at=before[0], until_at=before[1])
    standing = {
        (shift.staff_id, shift.duty, shift.from_at, shift.until_at)
        for shift in between(session, team_ids=[team.id], from_at=before[1], until_at=before[1] + LONGEST + WEEK)
    }
    copied = 0
    for shift in week:
        if not before[0] <= shift.from_at < before[1]:
            continue
        hours = _a_week_later(shift.from_at, zone), _a_week_later(shift.until_at, zone)
        if (shift.staff_id, shift.duty, *hours) in standing:
            continue
        try:
            duty = Duty(shift.duty)
            add(session, team=team, person=shift.staff, duty=duty, from_at=hours[0], until_at=hours[1], by=by, now=now)
        except (NotOfTheTeam, NotForThisDuty, ShiftOver):
            continue
        copied += 1
    return copied


def _a_week_later(moment: datetime, zone: str) -> datetime:
    here = clock.local(moment, zone)
    return clock.instant(here.date() + WEEK, here.time(), zone)


def between(session: Session, *, team_ids: Collection[int], from_at: datetime, until_at: datetime) -> Sequence[Shift]:
    """Every shift of these teams that has a moment in that time, in the order in which they begin."""
    wanted = (
        select(Shift)
        .where(Shift.team_id.in_(team_ids), Shift.cancelled_at.is_(None))
        .where(Shift.from_at < until_at, Shift.until_at > from_at)
        .order_by(Shift.from_at, Shift.id)
        .options(selectinload(Shift.staff).selectinload(Staff.teams))
    )
    return session.scalars(wanted).all()


def on_call(session: Session, *, team_id: int, now: datetime, duty: Duty = Duty.ON_CALL) -> list[Staff]:
    """Who has this duty for the team at `now`, whoever began first before the others; nobody twice."""
    shifts = between(session, team_ids=[team_id], from_at=now, until_at=now + timedelta(microseconds=1))
    return running(shifts, duty=duty, now=now)


def running(shifts: Iterable[Shift], *, duty: Duty, now: datetime) -> list[Staff]:
    """Whose shifts of these with that duty run at `now`: nobody twice, and nobody who has left. Pure."""
    standing = [one for one in shifts if one.duty == duty and one.from_at <= now < one.until_at]
    return list({one.staff_id: one.staff for one in standing if one.staff.disabled_at is None}.values())


def candidates(session: Session, *, team: Team) -> Sequence[Staff]:
    """Who of the team may have a duty, by name."""
    roles = [role.value for role in frozenset[Role]().union(*MAY.values())]
    of_team = exists().where(StaffTeam.staff_id == Staff.id, StaffTeam.team_id == team.id)
    wanted = select(Staff).where(of_team, Staff.role.in_(roles), Staff.disabled_at.is_(None))
    return session.scalars(wanted.order_by(Staff.name, Staff.id)).all()


def programmes_of(session: Session, *, team_id: int) -> Sequence[Programme]:
    """Whose hours the team keeps: of the programmes in which it follows somebody; of every open one while it follows
    nobody yet.
    """
    followed = exists().where(Enrolment.programme_id == Programme.id, Enrolment.team_id == team_id)
    theirs = session.scalars(select(Programme).where(followed).order_by(Programme.id)).all()
    if theirs:
        return theirs
    return session.scalars(select(Programme).where(Programme.closed_at.is_(None)).order_by(Programme.id)).all()


def _audit(session: Session, action: str, shift: Shift, person: Staff, by: Staff, now: datetime) -> None:
    details = {
        "shift": str(shift.public_id),
        "duty": shift.duty,
        "from": shift.from_at.isoformat(),
        "until": shift.until_at.isoformat(),
    }
    subject = ("staff", person.public_id)
    audit.append(session, actor=Actor.staff(by), action=action, subject=subject, now=now, details=details)
