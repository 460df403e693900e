"""The second factor before a patient's own history; docs/decisions/0010 says which combinations are two factors.

A code of six digits goes to the number that the centre has. It is derived from a seed, the id of the text that carries
it, so that the text can be written again when it is sent; what is stored is a keyed digest. It is used once.
"""

from __future__ import annotations

import hmac
import re
import uuid
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from records import audit, codes, crypto
from records.enrolment import lock, subject_of
from records.models import Enrolment, EnteredBy, PatientCode, PatientSession
from records.refusals import Refused, Sentence
from records.throttles import Door, TooManyTries, count_try, forgive

CODE_LASTS = timedelta(minutes=10)
OPEN_FOR = timedelta(minutes=15)
AGAIN_AFTER = timedelta(minutes=1)
SIX_DIGITS = re.compile(r"[0-9]{6}", re.ASCII)
LONGEST_TYPED = 40


class CodeJustSent(Refused):
    """The last code is too fresh for another."""

    def __init__(self) -> None:
        super().__init__(Sentence("A code left less than a minute ago. Wait for it, then ask again."))


class TooManyCodes(Refused):
    """The cap of codes for one follow-up is reached."""

    def __init__(self) -> None:
        super().__init__(
            Sentence("Too many codes were asked for since yesterday. Call the centre, or wait until tomorrow.")
        )


def code_for(seed: uuid.UUID) -> str:
    """The six digits of the text `seed`: always the same, and unknown to whoever lacks the master key."""
    return f"{int.from_bytes(crypto.token_mac('history-code', seed.bytes)) % 10**6:06}"


def issue(session: Session, *, enrolment: Enrolment, seed: uuid.UUID, now: datetime) -> PatientCode:
    """A code that opens this follow-up's history for ten minutes. Codes sent before stay good until one is used: a
    text that was late must not be worthless. Raises CodeJustSent, TooManyCodes; the caller commits also then.
    """
    lock(session, enrolment)  # two requests at once send one code
    last = select(PatientCode.id).where(
        PatientCode.enrolment_id == enrolment.id, PatientCode.created_at > now - AGAIN_AFTER
    )
    if session.scalar(last.limit(1)) is not None:
        raise CodeJustSent
    try:
        count_try(session, door=Door.HISTORY_CODE, subject=str(enrolment.public_id), now=now)
    except TooManyTries as refusal:
        raise TooManyCodes from refusal
    made = PatientCode(
        enrolment_id=enrolment.id,
        code_digest=_digest(enrolment, code_for(seed)),
        created_at=now,
        ends_at=now + CODE_LASTS,
    )
    session.add(made)
    session.flush()
    return made


def open_history(
    session: Session, *, patient_session: PatientSession, typed: str, now: datetime, from_address: str | None = None
) -> bool:
    """Open the history to this session for fifteen minutes; False for anything but a code that counts here.

    Tries are counted per follow-up, whichever session makes them. Raises TooManyTries; the caller commits also then.
    """
    enrolment = patient_session.enrolment
    subject = str(enrolment.public_id)
    count_try(session, door=Door.HISTORY, subject=subject, now=now)
    by = _proved_by(session, patient_session, typed, now)
    if by is None or not _open(session, patient_session, now):
        return False
    forgive(session, door=Door.HISTORY, subject=subject)
    audit.append(
        session,
        actor=audit.Actor.patient(enrolment.patient, from_address),
        action="patient.history-opened",
        subject=subject_of(enrolment),
        now=now,
        details={"by": by},
    )
    return True


def _proved_by(session: Session, patient_session: PatientSession, typed: str, now: datetime) -> str | None:
    """Which second factor `typed` is: "text", "paper" or none."""
    enrolment = patient_session.enrolment
    if len(typed) > LONGEST_TYPED:
        return None
    digits = codes.FILLING.sub("", typed)
    if SIX_DIGITS.fullmatch(digits):
        return "text" if _spend(session, enrolment, digits, now) else None
    code = codes.normalised(typed)
    if code is None or enrolment.code_digest is None or not paper_counts(patient_session):
        return None
    return "paper" if hmac.compare_digest(codes.digest(code), enrolment.code_digest) else None


def _spend(session: Session, enrolment: Enrolment, digits: str, now: datetime) -> bool:
    """Use the code up, and with it those sent beside it. Of two that try it at once, one gets it."""
    lock(session, enrolment)
    standing = (PatientCode.enrolment_id == enrolment.id, PatientCode.used_at.is_(None), PatientCode.ends_at > now)
    mine = select(PatientCode.id).where(*standing, PatientCode.code_digest == _digest(enrolment, digits))
    if session.scalar(mine.limit(1)) is None:
        return False
    session.execute(update(PatientCode).where(*standing).values(used_at=now))
    return True


def paper_counts(patient_session: PatientSession) -> bool:
    """Whether the entrance code is a second factor here: not where it, or the text that also carries it, let in."""
    return patient_session.entered_by == EnteredBy.CHECKIN


def _open(session: Session, patient_session: PatientSession, now: datetime) -> bool:
    """False when the session ended in the meantime."""
    running = (
        PatientSession.id == patient_session.id,
        PatientSession.revoked_at.is_(None),
        PatientSession.ends_at > now,
    )
    opened = update(PatientSession).where(*running).values(history_until=now + OPEN_FOR).returning(PatientSession.id)
    return session.scalar(opened) is not None


def is_open(patient_session: PatientSession, now: datetime) -> bool:
    until = patient_session.history_until
    return until is not None and now < until <= now + OPEN_FOR


def close_history(session: Session, *, patient_session: PatientSession) -> None:
    patient_session.history_until = None
    session.flush()


def _digest(enrolment: Enrolment, digits: str) -> bytes:
    """Bound to the follow-up: a code of somebody else on the same telephone opens nothing here."""
    return crypto.blind_index("history-code", f"{enrolment.public_id}:{digits}")
