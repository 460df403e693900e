"""Who is of an incident, until each has answered or was reached."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from questionnaires.models import Checkin
from records.db import Base, Id, one_of
from records.models import Enrolment, Team
from triage.models.callbacks import Incident


class Settled(StrEnum):
    ANSWERED = "answered"
    REACHED = "reached"
    ENDED = "ended"


class IncidentMember(Base):
    """One silence of an incident; none is of two. `deadline_at` is when a person must have called; `risk` orders the
    list (see triage.levels). Settled when the patient answered, was reached, or is no longer followed.
    """

    __tablename__ = "incident_members"
    __table_args__ = (
        UniqueConstraint("checkin_id"),
        one_of("settled_by", Settled),
        CheckConstraint("(settled_at IS NULL) = (settled_by IS NULL)", name="settled"),
        Index(
            "ix_incident_members_open",
            "incident_id",
            "team_id",
            text("risk DESC"),
            "deadline_at",
            postgresql_where=text("settled_at IS NULL"),
        ),
        Index("ix_incident_members_enrolment", "enrolment_id", postgresql_where=text("settled_at IS NULL")),
    )

    id: Mapped[Id]
    incident_id: Mapped[int] = mapped_column(ForeignKey(Incident.id))
    enrolment_id: Mapped[int] = mapped_column(ForeignKey(Enrolment.id))
    team_id: Mapped[int] = mapped_column(ForeignKey(Team.id))
    checkin_id: Mapped[int] = mapped_column(ForeignKey(Checkin.id))
    deadline_at: Mapped[datetime]
    risk: Mapped[int] = mapped_column(SmallInteger)
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]
