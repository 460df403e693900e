"""How a patient's phone is recognised, and how often anybody may try."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from records.db import Base, Id, one_of
from records.models.enrolments import Enrolment
from records.models.patients import Patient


class Device(Base):
    """A browser on which this patient has proved the day and month of birth; known by a long-lived cookie."""

    __tablename__ = "devices"
    __table_args__ = (Index(None, "token_digest", "patient_id", unique=True), Index(None, "seen_at"))

    id: Mapped[Id]
    patient_id: Mapped[int] = mapped_column(ForeignKey(Patient.id), index=True)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class EnteredBy(StrEnum):
    """What opened a session, beside the day of birth: the link of a check-in's text, the invitation's, or the typed
    code, which the invitation's text carries too.
    """

    CHECKIN = "checkin"
    INVITATION = "invitation"
    CODE = "code"


class PatientSession(Base):
    """A patient's short session in one browser: today's questionnaire of one enrolment and nothing else, until a second
    factor has opened their own history too, to `history_until`.
    """

    __tablename__ = "patient_sessions"
    __table_args__ = (one_of("entered_by", EnteredBy), Index(None, "ends_at"))

    id: Mapped[Id]
    enrolment_id: Mapped[int] = mapped_column(ForeignKey(Enrolment.id), index=True)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    history_until: Mapped[datetime | None]
    entered_by: Mapped[str] = mapped_column(server_default=text("'code'"))
    enrolment: Mapped[Enrolment] = relationship(lazy="joined", innerjoin=True)


class PatientCode(Base):
    """A code texted to the number that the centre has: the second factor before a patient's own history. Used once."""

    __tablename__ = "patient_codes"
    __table_args__ = (Index(None, "ends_at"),)

    id: Mapped[Id]
    enrolment_id: Mapped[int] = mapped_column(ForeignKey(Enrolment.id), index=True)
    code_digest: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Throttle(Base):
    """Failures counted per door and per digest of who tried, in a window that starts with the first failure."""

    __tablename__ = "throttles"

    door: Mapped[str] = mapped_column(primary_key=True)
    subject_digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    failures: Mapped[int]
    window_started_at: Mapped[datetime]
