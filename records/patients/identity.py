"""A patient's identity, sealed in the database and opened only here."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from records import crypto
from records.crypto import Sealed
from records.models import Patient

COLUMNS = ("family_name", "given_name", "birth_date", "phone", "email")


@dataclass(frozen=True, repr=False)
class Identity:
    """Who a patient is, in clear; never logged, never stored. `phone` is E.164."""

    family_name: str
    given_name: str
    birth_date: date
    phone: str | None = None
    email: str | None = None

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    def values(self) -> dict[str, str | None]:
        return {
            "family_name": self.family_name,
            "given_name": self.given_name,
            "birth_date": self.birth_date.isoformat(),
            "phone": self.phone,
            "email": self.email,
        }


def data_key(patient: Patient) -> bytes:
    """The patient's data key, unwrapped once per object and forgotten with it."""
    key: bytes | None = patient.__dict__.get("_data_key")
    if key is None:
        key = crypto.unwrap_data_key(patient.key.wrapped, patient.public_id)
        patient.__dict__["_data_key"] = key
    return key


def seal_identity(identity: Identity, key: bytes, public_id: uuid.UUID) -> dict[str, Sealed | None]:
    """The identity columns of a patient's row."""
    return {
        column: crypto.seal(value, key, table="patients", column=column, public_id=public_id) if value else None
        for column, value in identity.values().items()
    }


def reveal(patient: Patient) -> Identity:
    sealed = {column: getattr(patient, column) for column in COLUMNS}
    return _open(sealed, data_key(patient), patient.public_id)


def reveal_row(*, public_id: uuid.UUID, wrapped: bytes, sealed: Mapping[str, bytes | None]) -> Identity:
    """The identity of a row read without the ORM: `wrapped` is the patient's key, `sealed` the identity columns."""
    key = crypto.unwrap_data_key(Sealed(bytes(wrapped)), public_id)
    return _open(sealed, key, public_id)


def _open(sealed: Mapping[str, bytes | None], key: bytes, public_id: uuid.UUID) -> Identity:
    clear = {
        column: crypto.unseal(Sealed(bytes(value)), key, table="patients", column=column, public_id=public_id)
        for column, value in sealed.items()
        if value is not None
    }
    return Identity(
        clear["family_name"],
        clear["given_name"],
        date.fromisoformat(clear["birth_date"]),
        clear.get("phone"),
        clear.get("email"),
    )


def seal_for(patient: Patient, text: str, *, table: str, column: str, public_id: uuid.UUID) -> Sealed:
    """Seal `text` with this patient's key for the place (table, column, public id of the row) where it will stand."""
    return crypto.seal(text, data_key(patient), table=table, column=column, public_id=public_id)


def reveal_text(patient: Patient, sealed: Sealed, *, table: str, column: str, public_id: uuid.UUID) -> str:
    """What `seal_for` sealed. Raises crypto.SealBroken when it comes from another place."""
    return crypto.unseal(sealed, data_key(patient), table=table, column=column, public_id=public_id)
