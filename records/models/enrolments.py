"""An enrolment is one episode of one patient in one programme, cared for by one team."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from records.crypto import Sealed
from records.db import Base, Id, PublicId, one_of
from records.models.patients import Patient
from records.models.programmes import Programme, Team
from records.models.staff import Staff


class EnrolmentState(StrEnum):
    """`enrolled`: taken in and not yet invited. `held`: waits for a physician's own limits before that."""

    ENROLLED = "enrolled"
    HELD = "held"
    REFUSED = "refused"
    INVITED = "invited"
    ACTIVE = "active"
    PAUSED = "paused"
    DISCHARGED = "discharged"


class Consent(StrEnum):
    """How the patient answered when asked; a refusal is recorded with nothing else."""

    ORAL = "oral"
    WRITTEN = "written"
    REFUSED = "refused"


class PauseReason(StrEnum):
    ASKED = "asked"
    ELSEWHERE = "elsewhere"
    IN_HOSPITAL = "in-hospital"
    TECHNICAL = "technical"
    OTHER = "other"


class AnswersBy(StrEnum):
    """How this patient is asked now: by a text with a link, by staff on the telephone, or on sheets of paper. Any door
    is open to everybody at any time; this says only who has to move.
    """

    PHONE = "phone"
    STAFF = "staff"
    PAPER = "paper"


class RiskTier(StrEnum):
    STANDARD = "standard"
    HIGH = "high"


class HoldReason(StrEnum):
    """Why a physician has to set own limits before this patient can be invited."""

    PREGNANCY = "pregnancy"
    RESPIRATORY_DISEASE = "respiratory-disease"
    HOME_OXYGEN = "home-oxygen"


CALLS_FOR_OWN_LIMITS = "conditions ?| ARRAY['pregnancy', 'respiratory-disease', 'home-oxygen']"
"""SQL, true where the conditions hold a HoldReason. As literals, so that an index may be made of it and be used."""


class EndReason(StrEnum):
    COMPLETED = "completed"
    ADMITTED = "admitted"
    DECEASED = "deceased"
    WITHDREW = "withdrew"
    TRANSFERRED = "transferred"


UNTOLD = "state = 'invited' AND invited_at IS DISTINCT FROM invitation_told_at"


class Enrolment(Base):
    """`onset_on` is day 0 of the illness or the operation, or unknown. `next_checkin_at` is when the worker must look
    at this enrolment again at the latest: a change of schedule, zone, tier or onset sets it to now. `address`,
    `emergency_contact` and `gp` are sealed JSON. `code` is the typed entrance code, sealed; `code_digest` finds it.
    `invitation_told_at` is set by notifications: the `invited_at` whose text was written down.
    """

    __tablename__ = "enrolments"
    __table_args__ = (
        one_of("state", EnrolmentState),
        one_of("risk_tier", RiskTier),
        one_of("consent", Consent),
        one_of("pause_reason", PauseReason),
        one_of("answers_by", AnswersBy),
        CheckConstraint("(state = 'paused') = (paused_at IS NOT NULL)", name="paused_is_dated"),
        CheckConstraint(
            "paused_at IS NULL OR (pause_owner_id IS NOT NULL AND pause_review_on IS NOT NULL)", name="pause_is_owned"
        ),
        CheckConstraint("(state = 'discharged') = (end_reason IS NOT NULL)", name="end_has_reason"),
        CheckConstraint("(state = 'held') = (hold_reason IS NOT NULL)", name="hold_has_reason"),
        CheckConstraint("state <> 'active' OR next_checkin_at IS NOT NULL", name="active_has_next"),
        Index(
            "uq_enrolments_one_open",
            "patient_id",
            "programme_id",
            unique=True,
            postgresql_where=text("state IN ('enrolled', 'held', 'invited', 'active', 'paused')"),
        ),
        Index("ix_enrolments_due", "next_checkin_at", postgresql_where=text("state = 'active'")),
        Index("ix_enrolments_invited", "invited_at", postgresql_where=text("state = 'invited'")),
        Index("ix_enrolments_untold", "invited_at", postgresql_where=text(UNTOLD)),
        Index("ix_enrolments_team", "team_id", "state"),
        Index("ix_enrolments_newest", "team_id", text("enrolled_at DESC"), text("id DESC")),
        Index("ix_enrolments_waiting", "updated_at", postgresql_where=text("state IN ('enrolled', 'held')")),
        Index("ix_enrolments_reviews", "pause_review_on", postgresql_where=text("state = 'paused'")),
        Index("ix_enrolments_ending", "zone", "ends_on", postgresql_where=text("state = 'active'")),
        Index("ix_enrolments_asked_otherwise", "team_id", postgresql_where=text("answers_by <> 'phone'")),
        Index("ix_enrolments_own_limits", "id", postgresql_where=text(f"state = 'active' AND {CALLS_FOR_OWN_LIMITS}")),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    patient_id: Mapped[int] = mapped_column(ForeignKey(Patient.id), index=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey(Programme.id))
    team_id: Mapped[int] = mapped_column(ForeignKey(Team.id))
    state: Mapped[str]
    zone: Mapped[str]
    address: Mapped[Sealed | None]
    emergency_contact: Mapped[Sealed | None]
    gp: Mapped[Sealed | None]
    conditions: Mapped[list[Any]]
    risk_tier: Mapped[str]
    onset_on: Mapped[date | None]
    lives_alone: Mapped[bool]
    has_oximeter: Mapped[bool]
    answers_by: Mapped[str] = mapped_column(server_default=text("'phone'"))
    consent: Mapped[str]
    consent_at: Mapped[datetime | None]
    code: Mapped[Sealed | None]
    code_digest: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    hold_reason: Mapped[str | None]
    enrolled_at: Mapped[datetime]
    enrolled_by_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    invited_at: Mapped[datetime | None]
    invitation_told_at: Mapped[datetime | None]
    activated_at: Mapped[datetime | None]
    ends_on: Mapped[date | None]
    next_checkin_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    pause_owner_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    pause_review_on: Mapped[date | None]
    pause_reason: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]
    updated_at: Mapped[datetime]
    patient: Mapped[Patient] = relationship(lazy="joined", innerjoin=True)
    programme: Mapped[Programme] = relationship(lazy="joined", innerjoin=True)
    team: Mapped[Team] = relationship(lazy="joined", innerjoin=True)
