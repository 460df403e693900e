"""Teams: who cares for an enrolment. What a member of staff may see follows from the teams they belong to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from records import audit
from records.fields import Fields
from records.models import Staff, Team
from records.refusals import FieldErrors, Sentence


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
