"""Patients. Identity is ciphertext; it is found through blind indexes, which are never unique (phones are shared)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column, relationship

from records.crypto import Sealed
from records.db import Base, Id, PublicId


class Patient(Base):
    """`rehearsal` marks a synthetic person, who can never be mixed with real ones."""

    __tablename__ = "patients"

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    family_name: Mapped[Sealed]
    given_name: Mapped[Sealed]
    birth_date: Mapped[Sealed]
    phone: Mapped[Sealed | None]
    email: Mapped[Sealed | None]
    language: Mapped[str]
    rehearsal: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    key: Mapped[PatientKey] = relationship(lazy="joined", innerjoin=True, uselist=False, back_populates="patient")


class PatientKey(Base):
    """The wrapped data key of one patient, apart, so that it can be erased and kept out of long-lived backups."""

    __tablename__ = "patient_keys"

    id: Mapped[Id]
    patient_id: Mapped[int] = mapped_column(ForeignKey(Patient.id), unique=True)
    wrapped: Mapped[Sealed]
    created_at: Mapped[datetime]
    patient: Mapped[Patient] = relationship(back_populates="key")


class PatientIndex(Base):
    """One searchable digest: `kind` is name, birth, phone or email; `version` is that of the normalisation and key."""

    __tablename__ = "patient_index"
    __table_args__ = (Index(None, "kind", "digest", "patient_id"),)

    id: Mapped[Id]
    patient_id: Mapped[int] = mapped_column(ForeignKey(Patient.id), index=True)
    kind: Mapped[str]
    version: Mapped[int] = mapped_column(SmallInteger)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
