"""Protocol versions, which of them is in force, a patient's own limits, and what the rules said of each response."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, Numeric, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from questionnaires.models import Response
from records.db import Base, Id, PublicId, one_of
from records.models import Enrolment, Programme, Staff


class ProtocolStatus(StrEnum):
    DRAFT = "draft"
    SIGNED = "signed"


class ProtocolVersion(Base):
    """One immutable protocol document. Without `signed_by_id` it serves rehearsal only. `looks_back` is what its facts
    need of the past beside the previous response (see triage.earlier), so that nobody opens the document to know.
    `co_author_ids` are all who wrote a part of it beside `author_id`: none may sign. A withdrawn draft is never signed.
    """

    __tablename__ = "protocol_versions"
    __table_args__ = (
        UniqueConstraint("slug", "number"),
        one_of("status", ProtocolStatus),
        CheckConstraint("(status = 'signed') = (signed_at IS NOT NULL AND signed_by_id IS NOT NULL)", name="signed"),
        CheckConstraint("signed_by_id IS NULL OR signed_by_id IS DISTINCT FROM author_id", name="signed_by_another"),
        CheckConstraint("signed_by_id IS NULL OR signed_by_id <> ALL (co_author_ids)", name="signed_by_no_co_author"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by_id IS NULL)", name="withdrawn"),
        CheckConstraint("withdrawn_at IS NULL OR status = 'draft'", name="withdrawn_draft"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    slug: Mapped[str]
    number: Mapped[int]
    document: Mapped[dict[str, Any]]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    looks_back: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    status: Mapped[str]
    created_at: Mapped[datetime]
    author_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    based_on_id: Mapped[int | None] = mapped_column(ForeignKey("protocol_versions.id"))
    reason: Mapped[str | None]
    signed_at: Mapped[datetime | None]
    signed_by_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    co_author_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=text("'{}'"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    author: Mapped[Staff | None] = relationship(foreign_keys=[author_id])
    signed_by: Mapped[Staff | None] = relationship(foreign_keys=[signed_by_id])


class ProtocolInForce(Base):
    """Which version assesses a programme's answers from `from_at` on; the latest one that has begun counts."""

    __tablename__ = "protocols_in_force"
    __table_args__ = (UniqueConstraint("programme_id", "from_at"),)

    id: Mapped[Id]
    programme_id: Mapped[int] = mapped_column(ForeignKey(Programme.id))
    version_id: Mapped[int] = mapped_column(ForeignKey(ProtocolVersion.id))
    from_at: Mapped[datetime]
    version: Mapped[ProtocolVersion] = relationship(lazy="joined", innerjoin=True)


class PatientLimit(Base):
    """A physician's own limit for one enrolment; it overrides the protocol's limit of that name until `until_at`."""

    __tablename__ = "patient_limits"
    __table_args__ = (
        Index(None, "enrolment_id"),
        Index("ix_patient_limits_ending", "until_at", "enrolment_id", postgresql_where=text("withdrawn_at IS NULL")),
    )

    id: Mapped[Id]
    enrolment_id: Mapped[int] = mapped_column(ForeignKey(Enrolment.id))
    name: Mapped[str]
    value: Mapped[Decimal] = mapped_column(Numeric)
    reason: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class Assessment(Base):
    """What the rules said of one response. `facts` and `explanation` are what re-living it needs and must reproduce;
    `relived_same` says whether it did (see triage.reliving). `snoozed`: it raised no alert, because a physician had put
    off its rule for this patient (see triage.snoozes).
    """

    __tablename__ = "assessments"
    __table_args__ = (
        CheckConstraint("(relived_at IS NULL) = (relived_same IS NULL)", name="relived"),
        Index("ix_assessments_enrolment", "enrolment_id", "assessed_at"),
        Index(
            "ix_assessments_assessed_at",
            "assessed_at",
            postgresql_using="brin",
            postgresql_with={"autosummarize": "on"},  # or the newest rows are read whole for each slice of a replay
        ),
        Index("ix_assessments_unlived", "id", postgresql_where=text("relived_at IS NULL")),
        Index("ix_assessments_differing", "id", postgresql_where=text("NOT relived_same")),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    response_id: Mapped[int] = mapped_column(ForeignKey(Response.id), unique=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey(Enrolment.id))
    protocol_version_id: Mapped[int] = mapped_column(ForeignKey(ProtocolVersion.id))
    level: Mapped[str]
    call_15: Mapped[bool]
    facts: Mapped[dict[str, Any]]
    limits: Mapped[dict[str, Any]]
    explanation: Mapped[dict[str, Any]]
    assessed_at: Mapped[datetime]
    snoozed: Mapped[bool] = mapped_column(server_default=text("false"))
    relived_at: Mapped[datetime | None]
    relived_same: Mapped[bool | None]
