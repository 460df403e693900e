"""Teams: who cares for an enrolment. What a member of staff may see follows from the teams they belong to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from records import audit
from records.enrolment.states import OPEN, in_states
from records.fields import Fields
from records.models import Enrolment, Staff, Team
from records.refusals import FieldErrors, Refused, Sentence

FOLLOWS = Sentence("This team still follows patients: %(num)s. Move them to another team first, then close it.")


class StillFollows(Refused):
    """Patients of this team are followed still."""

    def __init__(self, number: int) -> None:
        super().__init__(Sentence(FOLLOWS.message, {"num": number}))


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
    followed = select(func.count()).select_from(Enrolment).where(Enrolment.team_id == team.id, in_states(OPEN))
    number = session.scalars(followed).one()
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
    """From the next page on they see none of this team's patients."""
    if team in person.teams:
        person.teams.remove(team)
        _tell(session, team, "team.staff-removed", actor, now, {"staff": str(person.public_id)})


def _tell(
    session: Session, team: Team, action: str, actor: audit.Actor, now: datetime, details: dict[str, str]
) -> None:
    session.flush()
    told = {"team": str(team.public_id), **details}
    audit.append(session, actor=actor, action=action, subject=audit.SYSTEM_SUBJECT, now=now, details=told)
