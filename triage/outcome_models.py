"""What became of patients, and the alerts that a physician has put off for one of them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from records.crypto import Sealed
from records.db import Base, Id, PublicId, one_of
from records.models import Enrolment, Staff
from triage.models import Assessment, Disposition
from triage.snoozed import SnoozeEnd


class OutcomeKind(StrEnum):
    ADMITTED = "admitted"
    INTENSIVE_CARE = "intensive-care"
    DECEASED = "deceased"


class OutcomeSource(StrEnum):
    DISPOSITION = "disposition"
    IMPORT = "import"


class PatientOutcome(Base):
    """What happened to a patient, on the day it happened; known by a call's disposition or from a hospital's file. The
    same event told twice stands once.
    """

    __tablename__ = "patient_outcomes"
    __table_args__ = (
        one_of("kind", OutcomeKind),
        one_of("source", OutcomeSource),
        UniqueConstraint("enrolment_id", "kind", "on_day"),
        Index(None, "on_day"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    enrolment_id: Mapped[int] = mapped_column(ForeignKey(Enrolment.id))
    kind: Mapped[str]
    on_day: Mapped[date]
    source: Mapped[str]
    disposition_id: Mapped[int | None] = mapped_column(ForeignKey(Disposition.id))
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    recorded_at: Mapped[datetime]


class Snooze(Base):
    """One rule put off for one patient by a physician: while it lasts, this rule alone raises no alert. `facts` are the
    readings of the rule's facts that the physician saw, a worse one ends it; `condition` is what the rule then asked,
    with the limits that counted (see triage.snoozed). `reason` is sealed with the patient's key.
    """

    __tablename__ = "snoozes"
    __table_args__ = (
        one_of("ended_why", SnoozeEnd),
        CheckConstraint("(ended_at IS NULL) = (ended_why IS NULL)", name="ended"),
        CheckConstraint("(ended_why = 'lifted') IS TRUE = (ended_by_id IS NOT NULL)", name="lifted_by"),
        CheckConstraint("until_at > from_at AND until_at <= from_at + interval '24 hours'", name="a_day_at_most"),
        Index("uq_snoozes_one_running", "enrolment_id", unique=True, postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    enrolment_id: Mapped[int] = mapped_column(ForeignKey(Enrolment.id))
    assessment_id: Mapped[int] = mapped_column(ForeignKey(Assessment.id))
    rule: Mapped[str]
    facts: Mapped[dict[str, Any]]
    condition: Mapped[dict[str, Any]]
    reason: Mapped[Sealed]
    author_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    author: Mapped[Staff] = relationship(foreign_keys=[author_id])
    ended_by: Mapped[Staff | None] = relationship(foreign_keys=[ended_by_id])
