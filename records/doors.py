"""How a patient comes in: a link, a typed code, a known device, a short session.

Links are derived, never stored: a byte for the kind, the public id, and 15 bytes that prove we made them. 32 bytes in
all, because their last character is then always a letter or a digit: telephones cut a final "-" or "_" off a link.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import uuid
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from records import audit, codes, crypto
from records.models import Device, Enrolment, EnteredBy, Patient, PatientSession
from records.patients import reveal, reveal_text
from records.refusals import Refused, Sentence
from records.throttles import Door, count_try, forgive, take_back

KINDS = {"invite": b"i", "checkin": b"c"}
PROOF_BYTES = 15
SESSION_LASTS = timedelta(hours=2)
DEVICE_FORGOTTEN = timedelta(days=180)


class LinkBroken(Refused):
    """The link was shortened, mistyped or forged."""

    def __init__(self) -> None:
        super().__init__(
            Sentence("This link is not complete. Open the message again and press the whole link, or type your code.")
        )


def make_link(kind: str, public_id: uuid.UUID) -> str:
    """The token of a link (43 url-safe characters): always the same for the same place."""
    payload = KINDS[kind] + public_id.bytes
    return base64.urlsafe_b64encode(payload + _proof(payload)).decode().rstrip("=")


def read_link(token: str) -> tuple[str, uuid.UUID]:
    """What a link opens. Raises LinkBroken for anything that `make_link` did not make, to the last character."""
    try:
        raw = base64.b64decode(token.encode("ascii") + b"=", altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise LinkBroken from error
    payload, proof = raw[:17], raw[17:]
    if not hmac.compare_digest(proof, _proof(payload)):
        raise LinkBroken
    kind = next(name for name, letter in KINDS.items() if letter == payload[:1])
    public_id = uuid.UUID(bytes=payload[1:])
    if not hmac.compare_digest(token, make_link(kind, public_id)):  # the last character has two bits to spare
        raise LinkBroken
    return kind, public_id


def entered_by(token: str) -> EnteredBy:
    """What a session counts as that this link opens. Raises LinkBroken."""
    return EnteredBy.CHECKIN if read_link(token)[0] == "checkin" else EnteredBy.INVITATION


def _proof(payload: bytes) -> bytes:
    return crypto.token_mac("link", payload)[:PROOF_BYTES]


def code_of(enrolment: Enrolment) -> str | None:
    """The typed code of an invited patient, as it is printed; None before the invitation."""
    if enrolment.code is None:
        return None
    place = {"table": "enrolments", "column": "code"}
    return codes.shown(reveal_text(enrolment.patient, enrolment.code, **place, public_id=enrolment.public_id))


def find_by_code(session: Session, *, code: str, from_address: str, now: datetime) -> Enrolment | None:
    """Whose code this is, in whatever state. Raises TooManyTries; the caller commits also when nothing is found."""
    count_try(session, door=Door.CODE, subject=from_address, now=now)
    typed = codes.normalised(code)
    if typed is None:
        return None
    enrolment = session.scalar(select(Enrolment).where(Enrolment.code_digest == codes.digest(typed)))
    if enrolment is not None:
        take_back(session, door=Door.CODE, subject=from_address)
    return enrolment


def check_birth_day(session: Session, *, enrolment: Enrolment, day: int, month: int, now: datetime) -> bool:
    """Whether this is the day and month of birth. Raises TooManyTries; the caller commits also when it is wrong."""
    subject = str(enrolment.public_id)
    count_try(session, door=Door.BIRTH_DAY, subject=subject, now=now)
    born = reveal(enrolment.patient).birth_date
    if (born.day, born.month) != (day, month):
        return False
    forgive(session, door=Door.BIRTH_DAY, subject=subject)
    return True


def recognise(session: Session, *, device_token: str | None, patient: Patient, now: datetime) -> bool:
    """Whether this browser has proved the day and month of birth of this very patient, not too long ago."""
    if not device_token:
        return False
    device = session.scalar(
        select(Device).where(
            Device.token_digest == crypto.digest_token(device_token),
            Device.patient_id == patient.id,
            Device.revoked_at.is_(None),
            Device.seen_at > now - DEVICE_FORGOTTEN,
        )
    )
    if device is None:
        return False
    if device.seen_at < now - timedelta(days=1):
        device.seen_at = now
    return True


def remember(
    session: Session, *, enrolment: Enrolment, device_token: str | None, from_address: str | None, now: datetime
) -> str:
    """Know this browser for this patient from now on; returns the secret of its cookie.

    A browser that several patients share keeps one secret, and each of them has proved the day of birth on it.
    """
    token = device_token if device_token and _is_known(session, device_token) else secrets.token_urlsafe(32)
    patient = enrolment.patient
    row = {"patient_id": patient.id, "token_digest": crypto.digest_token(token), "created_at": now, "seen_at": now}
    again = {"seen_at": now, "revoked_at": None}
    keys = [Device.token_digest, Device.patient_id]
    session.execute(insert(Device).values(row).on_conflict_do_update(index_elements=keys, set_=again))
    audit.append(
        session,
        actor=audit.Actor.patient(patient, from_address),
        action="patient.device-remembered",
        subject=("enrolment", enrolment.public_id),
        now=now,
    )
    return token


def forget(
    session: Session,
    *,
    device_token: str | None,
    patient: Patient | None,
    from_address: str | None,
    now: datetime,
) -> bool:
    """Know this browser no more for this patient, or for nobody at all without one; whether others are still known."""
    if not device_token:
        return False
    known = select(Device).where(Device.token_digest == crypto.digest_token(device_token), Device.revoked_at.is_(None))
    devices = list(session.scalars(known))
    for device in devices:
        if patient is None or device.patient_id == patient.id:
            device.revoked_at = now
    session.flush()
    if patient is not None:
        audit.append(
            session,
            actor=audit.Actor.patient(patient, from_address),
            action="patient.device-forgotten",
            subject=("patient", patient.public_id),
            now=now,
        )
    return any(device.revoked_at is None for device in devices)


def _is_known(session: Session, device_token: str) -> bool:
    """A secret chosen by somebody else than us is never taken over."""
    digest = crypto.digest_token(device_token)
    return session.scalar(select(Device.id).where(Device.token_digest == digest).limit(1)) is not None


def start_session(
    session: Session, *, enrolment: Enrolment, now: datetime, entered_by: EnteredBy = EnteredBy.CODE
) -> str:
    """Two hours in which this browser may answer for this enrolment; returns the secret."""
    token = secrets.token_urlsafe(32)
    started = PatientSession(
        enrolment_id=enrolment.id,
        token_digest=crypto.digest_token(token),
        created_at=now,
        ends_at=now + SESSION_LASTS,
        entered_by=entered_by,
    )
    session.add(started)
    session.flush()
    return token


def session_of(session: Session, *, token: str, now: datetime) -> PatientSession | None:
    """The running session that this secret opens."""
    return session.scalar(
        select(PatientSession).where(
            PatientSession.token_digest == crypto.digest_token(token),
            PatientSession.ends_at > now,
            PatientSession.revoked_at.is_(None),
        )
    )


RUNNING = """
    (SELECT s.enrolment_id FROM patient_sessions s
     WHERE s.token_digest = %(session)s AND s.ends_at > {now} AND s.revoked_at IS NULL)
"""
"""The same for a statement that goes to the driver as it is: the enrolment that the digest `session` opens, if any."""


def end_session(session: Session, *, patient_session: PatientSession, now: datetime) -> None:
    patient_session.revoked_at = now
    session.flush()
