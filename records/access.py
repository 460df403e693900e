"""What a member of staff may see, and the log of what they opened."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ColumnElement, false, select
from sqlalchemy.orm import Session

from records.models import AccessEntry, Enrolment, Staff
from records.refusals import Refused, Sentence


class NotYours(Refused):
    """There is no such enrolment, or it is not in this person's teams; the two are not told apart."""

    def __init__(self) -> None:
        super().__init__(Sentence("This file does not exist, or it belongs to another team."))


def scope(staff: Staff) -> ColumnElement[bool]:
    """The condition that every query for clinical staff carries: enrolments of their own teams only."""
    teams = team_ids(staff)
    return Enrolment.team_id.in_(teams) if teams else false()


def team_ids(staff: Staff) -> list[int]:
    """The same for a statement that goes to the driver as it is."""
    return [team.id for team in staff.teams]


def enrolment_for(session: Session, *, staff: Staff, public_id: uuid.UUID) -> Enrolment:
    """The enrolment, if `staff` may see it. Raises NotYours."""
    enrolment = session.scalar(select(Enrolment).where(Enrolment.public_id == public_id, scope(staff)))
    if enrolment is None:
        raise NotYours
    return enrolment


def log_access(
    session: Session, *, staff: Staff, enrolment_id: int, page: str, now: datetime, from_address: str | None
) -> None:
    """Note that `staff` opened a file. `page` is the page's code; the caller commits, also after only reading."""
    entry = AccessEntry(at=now, staff_id=staff.id, enrolment_id=enrolment_id, page=page, from_address=from_address)
    session.add(entry)
    session.flush()
