"""Making and changing patients, their key and their index rows."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from records import crypto
from records.fields import Fields
from records.models import Patient, PatientIndex, PatientKey
from records.patients import index
from records.patients.checking import Typing, check_identity, check_language
from records.patients.identity import COLUMNS, Identity, data_key, reveal, seal_identity


def create(
    session: Session, *, identity: Identity, language: str, now: datetime, region: str = "FR", rehearsal: bool = False
) -> Patient:
    """A new patient with a data key of their own. Raises FieldErrors."""
    identity, language = _checked(identity, language, Typing(now.date(), region, rehearsal))
    return keep(session, identity=identity, language=language, now=now, rehearsal=rehearsal)


def keep(session: Session, *, identity: Identity, language: str, now: datetime, rehearsal: bool) -> Patient:
    """Store an identity that was checked already."""
    public_id = uuid.uuid4()
    key, wrapped = crypto.new_data_key(public_id)
    patient = Patient(
        public_id=public_id,
        language=language,
        rehearsal=rehearsal,
        created_at=now,
        updated_at=now,
        key=PatientKey(wrapped=wrapped, created_at=now),
        **seal_identity(identity, key, public_id),
    )
    session.add(patient)
    session.flush()
    _write_index(session, patient, identity)
    return patient


def amend(
    session: Session, *, patient: Patient, identity: Identity, language: str, now: datetime, region: str = "FR"
) -> list[str]:
    """Change who a patient is; returns the names of the fields that changed. Raises FieldErrors."""
    typing = Typing(now.date(), region, patient.rehearsal)
    identity, language = _checked(identity, language, typing)
    return rewrite(session, patient=patient, identity=identity, language=language, now=now)


def rewrite(session: Session, *, patient: Patient, identity: Identity, language: str, now: datetime) -> list[str]:
    """Store changes that were checked already; only what changed is sealed anew."""
    before, after = reveal(patient).values(), identity.values()
    changed = [column for column in COLUMNS if before[column] != after[column]]
    sealed = seal_identity(identity, data_key(patient), patient.public_id)
    for column in changed:
        setattr(patient, column, sealed[column])
    if changed:
        _write_index(session, patient, identity)
    if patient.language != language:
        patient.language = language
        changed.append("language")
    if changed:
        patient.updated_at = now
    session.flush()
    return changed


def _checked(identity: Identity, language: str, typing: Typing) -> tuple[Identity, str]:
    fields = Fields()
    identity = check_identity(fields, identity, typing)
    language = check_language(fields, language)
    fields.raise_any()
    return identity, language


def _write_index(session: Session, patient: Patient, identity: Identity) -> None:
    session.execute(delete(PatientIndex).where(PatientIndex.patient_id == patient.id))
    rows = [
        {"patient_id": patient.id, "kind": kind, "version": crypto.INDEX_VERSION, "digest": digest}
        for kind, digest in sorted(index.digests(identity))
    ]
    session.execute(insert(PatientIndex), rows)
