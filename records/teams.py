"""Teams: who cares for an enrolment. What a member of staff may see follows from the teams they belong to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from records import audit
from records.enrolment.states import OPEN, in_states
from records.fields import Fields
from records.models import Enrolment, Role, Staff, StaffTeam, Team
from records.refusals import FieldErrors, Refused, Sentence

CALLERS = frozenset({Role.OPERATOR, Role.PHYSICIAN, Role.SUPERVISOR})
"""Who works call-backs."""
LAST = Sentence(
    "%(name)s is the last of %(team)s who calls, and it still follows patients. Put somebody else in first, or move "
    "the patients to another team."
)
FOLLOWS = Sentence("This team still follows patients: %(num)s. Move them to another team first, then close it.")


class StillFollows(Refused):
    """Patients of this team are followed still."""

    def __init__(self, number: int) -> None:
        super().__init__(Sentence(FOLLOWS.message, {"num": number}))


class LastCaller(Refused):
    """Whose patients would stand in nobody's queue."""

    def __init__(self, team: Team, person: Staff) -> None:
        super().__init__(Sentence(LAST.message, {"team": team.name, "name": person.name}))


def create(session: Session, *, name: str, actor: audit.Actor, now: datetime) -> Team:
    """A new team. Raises FieldErrors for a name that is missing, too long or taken."""
    fields = Fields()
    name = fields.line("name", name, 100)
    fields.raise_any()
    if session.scalar(select(Team.id).where(Team.name == name)):
        raise FieldErrors({"name": Sentence("A team of this name exists already.")})
    team = Team(name=name, created_at=now)
    session.add(team)
    session.flush()
    audit.append(
        session,
        actor=actor,
        action="team.created",
        subject=audit.SYSTEM_SUBJECT,
        now=now,
        details={"team": str(team.public_id)},
    )
    return team


def of_staff(staff: Staff) -> list[Team]:
    return sorted(staff.teams, key=lambda team: team.name)


def everyone(session: Session) -> list[Team]:
    return list(session.scalars(select(Team).order_by(Team.name)))


def close(session: Session, *, team: Team, actor: audit.Actor, now: datetime) -> None:
    """Take nobody in any more. Raises StillFollows while anybody is followed; closing twice changes nothing."""
    session.refresh(team, with_for_update={"key_share": True})
    number = _followed(session, team)
    if number:
        raise StillFollows(number)
    if team.closed_at is None:
        team.closed_at = now
        _tell(session, team, "team.closed", actor, now, {})


def reopen(session: Session, *, team: Team, actor: audit.Actor, now: datetime) -> None:
    session.refresh(team, with_for_update={"key_share": True})
    if team.closed_at is not None:
        team.closed_at = None
        _tell(session, team, "team.opened-again", actor, now, {})


def put_in(session: Session, *, team: Team, person: Staff, actor: audit.Actor, now: datetime) -> None:
    """Let somebody see this team's patients."""
    if team not in person.teams:
        person.teams.append(team)
        _tell(session, team, "team.staff-added", actor, now, {"staff": str(person.public_id)})


def take_out(session: Session, *, team: Team, person: Staff, actor: audit.Actor, now: datetime) -> None:
    """From the next page on they see none of this team's patients. Raises LastCaller for the last of a team that
    follows patients who could call them.
    """
    session.refresh(team, with_for_update=True)
    if person.role in CALLERS and not has_callers(session, team, besides=person) and _followed(session, team):
        raise LastCaller(team, person)
    if team in person.teams:
        person.teams.remove(team)
        _tell(session, team, "team.staff-removed", actor, now, {"staff": str(person.public_id)})


def has_callers(session: Session, team: Team, *, besides: Staff | None = None) -> bool:
    """Somebody who has set up their account could call this team's patients."""
    found = exists().where(
        StaffTeam.team_id == team.id,
        StaffTeam.staff_id == Staff.id,
        Staff.role.in_(CALLERS),
        Staff.set_up_at.is_not(None),
        Staff.disabled_at.is_(None),
    )
    if besides is not None:
        found = found.where(Staff.id != besides.id)
    return bool(session.scalar(select(found)))


def _followed(session: Session, team: Team) -> int:
    counted = select(func.count()).select_from(Enrolment).where(Enrolment.team_id == team.id, in_states(OPEN))
    return session.scalars(counted).one()


def _tell(
    session: Session, team: Team, action: str, actor: audit.Actor, now: datetime, details: dict[str, str]
) -> None:
    session.flush()
    told = {"team": str(team.public_id), **details}
    audit.append(session, actor=actor, action=action, subject=audit.SYSTEM_SUBJECT, now=now, details=told)
