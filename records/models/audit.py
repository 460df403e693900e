"""The audit trail (acts of people, chained by hash per subject) and the access log (who read which file)."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from records.db import Base, Id
from records.models.enrolments import Enrolment
from records.models.staff import Staff


class AuditHead(Base):
    """The last link of each chain. `subject_kind` is enrolment, staff, protocol or system."""

    __tablename__ = "audit_heads"

    subject_kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    length: Mapped[int]
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class AuditEntry(Base):
    """One act. `canonical` is the exact bytes that were hashed: ids and codes, never identity or health values.

    hash(n) = SHA-256(hash(n-1) ‖ n as 8 bytes ‖ canonical); hash(0) is 32 zero bytes. Rows cannot be
    changed or removed.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (UniqueConstraint("subject_kind", "subject_id", "number"), Index(None, "at"))

    id: Mapped[Id]
    subject_kind: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    number: Mapped[int]
    at: Mapped[datetime]
    canonical: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class AccessEntry(Base):
    """A member of staff opened the file of an enrolment."""

    __tablename__ = "access_entries"
    __table_args__ = (Index(None, "enrolment_id", "at"),)

    id: Mapped[Id]
    at: Mapped[datetime]
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    enrolment_id: Mapped[int] = mapped_column(ForeignKey(Enrolment.id))
    page: Mapped[str]
    from_address: Mapped[str | None]
