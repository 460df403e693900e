"""Protocol versions, assessments, alerts, and the call-backs that collect them."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Numeric,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from questionnaires.models import Checkin, Response
from records.crypto import Sealed
from records.db import Base, Id, PublicId, one_of
from records.models import Enrolment, Programme, Staff, Team


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


class CallbackState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class Callback(Base):
    """One patient to call, collecting every alert until a person has dealt with all of them; at most one open per
    enrolment. `rank` orders the queue (see triage.levels), then `due_at`. `version` grows with every change that a
    viewer would see. A claim counts until `claim_ends_at`.
    """

    __tablename__ = "callbacks"
    __table_args__ = (
        one_of("state", CallbackState),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_is_dated"),
        CheckConstraint("(claimed_by_id IS NULL) = (claim_ends_at IS NULL)", name="claim_ends"),
        Index("uq_callbacks_one_open", "enrolment_id", unique=True, postgresql_where=text("state = 'open'")),
        Index("ix_callbacks_opened_at", "opened_at", postgresql_using="brin"),
        Index("ix_callbacks_queue", "team_id", text("rank DESC"), "due_at", postgresql_where=text("state = 'open'")),
    )

    id: Mapped[Id]
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, server_default=text("gen_random_uuid()"))
    enrolment_id: Mapped[int] = mapped_column(ForeignKey(Enrolment.id))
    team_id: Mapped[int] = mapped_column(ForeignKey(Team.id))
    state: Mapped[str] = mapped_column(server_default=text("'open'"))
    rank: Mapped[int] = mapped_column(SmallInteger)
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    for_physician: Mapped[bool] = mapped_column(server_default=text("false"))
    next_try_at: Mapped[datetime | None]
    claimed_by_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    claimed_at: Mapped[datetime | None]
    claim_ends_at: Mapped[datetime | None]
    first_called_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    enrolment: Mapped[Enrolment] = relationship(lazy="raise")
    claimed_by: Mapped[Staff | None] = relationship(foreign_keys=[claimed_by_id], lazy="raise")


class AlertKind(StrEnum):
    ANSWERS = "answers"
    SILENCE = "silence"
    NEVER_INVITED = "never-invited"
    NEVER_ACTIVATED = "never-activated"
    REVIEW_DUE = "review-due"
    LIMITS_DUE = "limits-due"
    OPTED_OUT = "opted-out"
    WROTE = "wrote"
    OUTCOME_DUE = "outcome-due"
    FOLLOW_UP_ENDS = "follow-up-ends"
    UNREACHED = "unreached"
    ASKED = "asked"


class Alert(Base):
    """One reason to call. `key` is deterministic (`silence:<check-in>`, `answers:<response>`), so that raising it twice
    is a no-op. `reasons` is a list of what the wording needs: rule ids and codes, never identity.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        one_of("kind", AlertKind),
        Index("ix_alerts_callback", "callback_id"),
        Index("ix_alerts_standing", "enrolment_id", "kind", postgresql_where=text("closed_at IS NULL")),
        Index("ix_alerts_limits_due", "enrolment_id", "raised_at", postgresql_where=text("kind = 'limits-due'")),
    )

    id: Mapped[Id]
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, server_default=text("gen_random_uuid()"))
    key: Mapped[str] = mapped_column(unique=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey(Enrolment.id), index=True)
    callback_id: Mapped[int] = mapped_column(ForeignKey(Callback.id))
    kind: Mapped[str]
    rank: Mapped[int] = mapped_column(SmallInteger)
    assessment_id: Mapped[int | None] = mapped_column(ForeignKey(Assessment.id))
    checkin_id: Mapped[int | None] = mapped_column(ForeignKey(Checkin.id))
    reasons: Mapped[list[Any]]
    raised_at: Mapped[datetime]
    due_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    disposition_id: Mapped[int | None] = mapped_column(ForeignKey("dispositions.id"))
    assessment: Mapped[Assessment | None] = relationship(lazy="raise")


class AttemptOutcome(StrEnum):
    REACHED = "reached"
    NO_ANSWER = "no-answer"
    BUSY = "busy"
    VOICEMAIL = "voicemail"
    WRONG_NUMBER = "wrong-number"


class Attempt(Base):
    """One telephone call that was tried. `note` is sealed with the patient's key. `form_key` is of the form that it was
    written on, which is taken once however often it is sent.
    """

    __tablename__ = "attempts"
    __table_args__ = (one_of("outcome", AttemptOutcome), UniqueConstraint("callback_id", "form_key"))

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    callback_id: Mapped[int] = mapped_column(ForeignKey(Callback.id))
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    outcome: Mapped[str]
    note: Mapped[Sealed | None]
    form_key: Mapped[uuid.UUID | None]
    at: Mapped[datetime]
    staff: Mapped[Staff] = relationship(lazy="joined", innerjoin=True)


class DispositionKind(StrEnum):
    ADVICE = "advice"
    EXTRA_CHECKIN = "extra-checkin"
    GP = "gp"
    TO_PHYSICIAN = "to-physician"
    HOSPITAL_ADVISED = "hospital-advised"
    AMBULANCE = "ambulance"
    ADMITTED = "admitted"
    DECEASED = "deceased"
    ENTRY_ERROR = "entry-error"
    UNREACHABLE = "unreachable"
    TECHNICAL = "technical"


class Disposition(Base):
    """What came of a call-back, by whom. It closes only the alerts that its author saw. `form_key` as of an attempt.
    `useful` is what the caller says of the alert, if anything; `held_seconds` how long they had the call-back.
    """

    __tablename__ = "dispositions"
    __table_args__ = (one_of("kind", DispositionKind), UniqueConstraint("callback_id", "form_key"))

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    callback_id: Mapped[int] = mapped_column(ForeignKey(Callback.id))
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    kind: Mapped[str]
    note: Mapped[Sealed | None]
    details: Mapped[dict[str, Any]]
    form_key: Mapped[uuid.UUID | None]
    useful: Mapped[bool | None]
    held_seconds: Mapped[int | None]
    at: Mapped[datetime]
    staff: Mapped[Staff] = relationship(lazy="joined", innerjoin=True)
