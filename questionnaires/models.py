"""Questionnaire versions, check-ins and responses."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from records.db import Base, Id, PublicId, one_of
from records.models import Enrolment, Patient, Programme, Staff


class VersionStatus(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class QuestionnaireVersion(Base):
    """One immutable FHIR R4 Questionnaire. `digest` is the SHA-256 of its canonical JSON."""

    __tablename__ = "questionnaire_versions"
    __table_args__ = (
        UniqueConstraint("url", "version"),
        one_of("status", VersionStatus),
        CheckConstraint(
            "published_by_id IS NULL OR published_by_id IS DISTINCT FROM created_by_id", name="published_by_another"
        ),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    url: Mapped[str]
    version: Mapped[str]
    status: Mapped[str]
    document: Mapped[dict[str, Any]]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    published_at: Mapped[datetime | None]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))


class QuestionnaireInForce(Base):
    """Which version a programme asks from `from_at` on; the latest one that has begun counts."""

    __tablename__ = "questionnaires_in_force"
    __table_args__ = (UniqueConstraint("programme_id", "from_at"),)

    id: Mapped[Id]
    programme_id: Mapped[int] = mapped_column(ForeignKey(Programme.id))
    version_id: Mapped[int] = mapped_column(ForeignKey(QuestionnaireVersion.id))
    from_at: Mapped[datetime]
    version: Mapped[QuestionnaireVersion] = relationship(lazy="joined", innerjoin=True)


class CheckinState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    MISSED = "missed"
    CANCELLED = "cancelled"


class Checkin(Base):
    """One asking. Unique per enrolment, local day and slot; the times are attributes, so a schedule or a zone that
    changes in mid-morning doubles nothing. `opens_at` is when it is due, `closes_at` when silence becomes a fact.
    `silence_raised_at` is set by triage once the missed check-in stands in the queue. `texts_owed` is set by
    notifications: how many of its three texts have come due. `remind_at`: when the patient asked to be reminded.
    `opened_at`: when the patient first opened its questions; `left_at_question`: how far they were when they last left
    without sending, counted from 1 (a place, never an answer).
    """

    __tablename__ = "checkins"
    __table_args__ = (
        UniqueConstraint("enrolment_id", "local_on", "slot"),
        one_of("state", CheckinState),
        CheckConstraint("opens_at < closes_at", name="opens_before_closes"),
        Index("ix_checkins_closing", "closes_at", postgresql_where=text("state = 'open'")),
        Index(
            "ix_checkins_untold",
            "texts_owed",
            "opens_at",
            postgresql_where=text("closed_at IS NULL AND texts_owed < 3"),
        ),
        Index(
            "ix_checkins_silent",
            "closed_at",
            postgresql_where=text("state = 'missed' AND silence_raised_at IS NULL"),
        ),
        Index("ix_checkins_enrolment", "enrolment_id", "opens_at"),
        Index("ix_checkins_opens_at", "opens_at", postgresql_using="brin"),
    )

    id: Mapped[Id]
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, server_default=text("gen_random_uuid()"))
    enrolment_id: Mapped[int] = mapped_column(ForeignKey(Enrolment.id))
    local_on: Mapped[date]
    slot: Mapped[str]
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(server_default=text("'open'"))
    closed_at: Mapped[datetime | None]
    silence_raised_at: Mapped[datetime | None]
    texts_owed: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    remind_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    left_at_question: Mapped[int | None] = mapped_column(SmallInteger)
    enrolment: Mapped[Enrolment] = relationship(lazy="raise")


class Door(StrEnum):
    """By which door answers came in: the patient's own page, staff on the telephone with them, a sheet of paper entered
    later. No answers come by text message or voice yet.
    """

    PHONE = "phone"
    STAFF = "staff"
    PAPER = "paper"
    TEXT = "text"
    VOICE = "voice"


class Informant(StrEnum):
    """Who said it: the patient, or a carer for them."""

    PATIENT = "patient"
    CARER = "carer"


class Response(Base):
    """What was answered, by linkId. `key` is the client's UUID, unique per patient; the same key with other content is
    stored as an amendment under a derived key. History is ordered by `due_at`: the check-in's opening, or
    `received_at` for a report without one. `completed_at` is the phone's claim. `how_to` lists the linkIds whose
    instructions were opened; None where the door cannot tell.
    """

    __tablename__ = "responses"
    __table_args__ = (
        UniqueConstraint("patient_id", "key"),
        one_of("door", Door),
        one_of("informant", Informant),
        Index("ix_responses_history", "enrolment_id", text("due_at DESC"), text("id DESC")),
        Index("ix_responses_checkin", "checkin_id"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    patient_id: Mapped[int] = mapped_column(ForeignKey(Patient.id))
    enrolment_id: Mapped[int] = mapped_column(ForeignKey(Enrolment.id))
    checkin_id: Mapped[int | None] = mapped_column(ForeignKey(Checkin.id))
    version_id: Mapped[int] = mapped_column(ForeignKey(QuestionnaireVersion.id))
    key: Mapped[uuid.UUID]
    content_digest: Mapped[bytes] = mapped_column(LargeBinary)
    answers: Mapped[dict[str, Any]]
    dropped: Mapped[dict[str, Any] | None]
    door: Mapped[str]
    informant: Mapped[str] = mapped_column(server_default=text("'patient'"))
    language: Mapped[str]
    late: Mapped[bool] = mapped_column(server_default=text("false"))
    due_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    amends_id: Mapped[int | None] = mapped_column(ForeignKey("responses.id"))
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    how_to: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    version: Mapped[QuestionnaireVersion] = relationship(lazy="raise")
