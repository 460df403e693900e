"""Who is on call and who leads, and which late call-backs were put before them."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from records.db import Base, Id, PublicId, one_of
from records.models import Staff, Team
from triage.models.callbacks import Callback


class Duty(StrEnum):
    """`on-call`: the physician who is paged outside hours and when a call is late twice; `lead`: who is told first."""

    ON_CALL = "on-call"
    LEAD = "lead"


class Shift(Base):
    """One person's duty for one team, from `from_at` on and before `until_at`. A cancelled one stays on record."""

    __tablename__ = "shifts"
    __table_args__ = (
        one_of("duty", Duty),
        CheckConstraint("from_at < until_at", name="in_order"),
        CheckConstraint("(cancelled_at IS NULL) = (cancelled_by_id IS NULL)", name="cancelled"),
        Index("ix_shifts_standing", "team_id", "until_at", postgresql_where=text("cancelled_at IS NULL")),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    team_id: Mapped[int] = mapped_column(ForeignKey(Team.id))
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    duty: Mapped[str]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    cancelled_at: Mapped[datetime | None]
    cancelled_by_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    staff: Mapped[Staff] = relationship(foreign_keys=[staff_id], lazy="joined", innerjoin=True)
    team: Mapped[Team] = relationship(lazy="joined", innerjoin=True)


class EscalationKind(StrEnum):
    LATE = "late"
    OUTSIDE_HOURS = "outside-hours"


class Escalation(Base):
    """A call-back put before somebody because nobody called in time, or because it came while the centre was closed.
    `clock_at` is the due time or the alert's hour that it is about: a new clock escalates anew. `step` counts from 1.
    `staff_id` None: nobody was found for this step, which is itself shown. Each is told once.
    """

    __tablename__ = "escalations"
    __table_args__ = (
        one_of("kind", EscalationKind),
        Index(
            "uq_escalations_once",
            "callback_id",
            "clock_at",
            "step",
            "staff_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_escalations_staff", "staff_id", postgresql_where=text("acknowledged_at IS NULL")),
        Index(None, "at", postgresql_using="brin", postgresql_with={"autosummarize": "on"}),
    )

    id: Mapped[Id]
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, server_default=text("gen_random_uuid()"))
    callback_id: Mapped[int] = mapped_column(ForeignKey(Callback.id))
    kind: Mapped[str]
    clock_at: Mapped[datetime]
    step: Mapped[int] = mapped_column(SmallInteger)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
