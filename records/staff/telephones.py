"""The telephone at which a member of staff is paged and called: sealed, and shown only to who needs it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from records import audit, crypto, phones
from records.models import Staff
from records.refusals import FieldErrors, Sentence

NO_TEXTS = Sentence("A fixed line gets no texts, and you would be paged by text. Type a mobile number.")


def phone_of(staff: Staff) -> str | None:
    """The number in E.164. Raises crypto.SealBroken or crypto.KeyMissing for one that does not open."""
    if staff.phone is None:
        return None
    return crypto.unseal_by_master(staff.phone, table="staff", column="phone", public_id=staff.public_id)


def set_phone(
    session: Session, *, staff: Staff, typed: str, actor: audit.Actor, now: datetime, rehearsal: bool = False
) -> str | None:
    """Keep the number as typed, nationally or with a country code; none when nothing is typed. Returns it in E.164.

    Raises FieldErrors on `phone` and keeps what was there.
    """
    number = read(typed, rehearsal=rehearsal) if typed.strip() else None
    if number == _known(staff):
        return number
    place = {"table": "staff", "column": "phone", "public_id": staff.public_id}
    staff.phone = crypto.seal_by_master(number, **place) if number else None  # type: ignore[arg-type]
    session.flush()
    action = "staff.phone-set" if number else "staff.phone-removed"
    audit.append(session, actor=actor, action=action, subject=("staff", staff.public_id), now=now)
    return number


def _known(staff: Staff) -> str | None:
    """What does not open any more is typed anew."""
    try:
        return phone_of(staff)
    except (crypto.SealBroken, crypto.KeyMissing):
        return ""


def read(typed: str, *, rehearsal: bool = False) -> str:
    """A number that gets texts, in E.164. Raises FieldErrors on `phone`."""
    try:
        number = phones.parse(typed, rehearsal=rehearsal)
    except phones.BadPhone as error:
        raise FieldErrors({"phone": error.sentence}) from error
    if not phones.can_receive_texts(number):
        raise FieldErrors({"phone": NO_TEXTS})
    return number
