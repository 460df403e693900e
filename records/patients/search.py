"""Finding patients through the blind indexes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from sqlalchemy import ColumnElement, Select, and_, select, tuple_
from sqlalchemy.orm import Session

from records import phones
from records.models import Enrolment, Patient, PatientIndex
from records.patients import index
from records.patients.identity import Identity
from records.refusals import Sentence

MOST = 50
MOST_WORDS = 8
DATE = re.compile(r"\b(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}))\b")
PHONE = re.compile(r"[+(]?[\d٠-٩۰-۹][\d٠-٩۰-۹ ().\-/]{4,30}")

NOBODY = ("birth", b"")

WHY = {
    "birth-and-name": Sentence("same date of birth and a name in common"),
    "phone-and-birth": Sentence("same telephone number and same date of birth"),
    "phone-and-name": Sentence("same telephone number and a name in common"),
}


@dataclass(frozen=True)
class Duplicate:
    """A patient who may be the same person; `why` is a key of WHY."""

    patient: Patient
    why: str

    @property
    def sentence(self) -> Sentence:
        return WHY[self.why]


def search(session: Session, *, text: str, scope: ColumnElement[bool]) -> list[Enrolment]:
    """Enrolments within `scope` that match everything typed: name words, a birth date, a phone number, an e-mail.

    The newest MOST come first. Nothing typed, or nothing that can be searched for, finds nothing.
    """
    wanted = _wanted(text[:200])
    if not wanted:
        return []
    query = select(Enrolment).where(scope)
    if len(wanted) == 1:  # may be a name that tens of thousands bear: the newest are read off the end of the index
        query = query.join(PatientIndex, PatientIndex.patient_id == Enrolment.patient_id).where(_is(wanted[0]))
        query = query.order_by(PatientIndex.patient_id.desc(), Enrolment.id.desc())
    else:
        query = query.order_by(Enrolment.enrolled_at.desc(), Enrolment.id.desc())
        for digest in wanted:
            query = query.where(Enrolment.patient_id.in_(_having([digest])))
    found = session.scalars(query.limit(MOST)).unique().all()
    return sorted(found, key=lambda enrolment: (enrolment.enrolled_at, enrolment.id), reverse=True)


def by_phone(session: Session, *, phone: str) -> list[Patient]:
    """Every patient reached at this E.164 number: telephones are shared."""
    having = _having([index.phone_digest(phone)])
    return list(session.scalars(select(Patient).where(Patient.id.in_(having)).order_by(Patient.id)))


def likely_duplicates(
    session: Session, *, identity: Identity, besides: Patient | None = None, region: str = "FR"
) -> list[Duplicate]:
    """Patients who may be the person of `identity`, the strongest likeness first; two index look-ups and one read.

    The identity may be as it was typed: a number is read as in `region`, and one that cannot be read likens nobody.
    """
    birth, phone = index.birth_digest(identity.birth_date), _number(identity.phone or "", region)
    names = index.telling(index.tokens(identity.family_name) | index.tokens(identity.given_name))
    anchors = [birth] + ([phone] if phone else [])
    wanted = anchors + [index.name_digest(token) for token in sorted(names)]
    rows = session.execute(
        select(PatientIndex.patient_id, PatientIndex.kind)
        .where(PatientIndex.patient_id.in_(_having(anchors)), _key().in_(wanted))
        .order_by(PatientIndex.patient_id)
    )
    why = {patient: _likeness({row.kind for row in found}) for patient, found in groupby(rows, lambda row: row[0])}
    likely = {patient: reason for patient, reason in why.items() if reason}
    patients = session.scalars(select(Patient).where(Patient.id.in_(list(likely)[:MOST])).order_by(Patient.id))
    found = [Duplicate(patient, likely[patient.id] or "") for patient in patients if patient is not besides]
    return sorted(found, key=lambda duplicate: list(WHY).index(duplicate.why))


def _likeness(kinds: set[str]) -> str | None:
    if {"birth", "name"} <= kinds:
        return "birth-and-name"
    if {"phone", "birth"} <= kinds:
        return "phone-and-birth"
    return "phone-and-name" if {"phone", "name"} <= kinds else None


def _key() -> ColumnElement[tuple[str, bytes]]:
    return tuple_(PatientIndex.kind, PatientIndex.digest)


def _is(digest: index.Digest) -> ColumnElement[bool]:
    return and_(PatientIndex.kind == digest[0], PatientIndex.digest == digest[1])


def _having(digests: list[index.Digest]) -> Select[int]:
    return select(PatientIndex.patient_id).where(_key().in_(digests))


def _wanted(text: str) -> list[index.Digest]:
    """Take a birth date, an e-mail and a number out of the text; what is left are words of a name."""
    wanted: list[index.Digest] = []
    for found in DATE.finditer(text):
        born = _date(found)
        wanted.append(index.birth_digest(born) if born else NOBODY)
    text = DATE.sub(" ", text)
    for word in [word for word in text.split() if "@" in word]:
        wanted.append(index.email_digest(word))
        text = text.replace(word, " ")
    typed = PHONE.search(text)
    number = _number(typed[0]) if typed else None
    if typed and number:
        wanted.append(number)
        text = text.replace(typed[0], " ")
    return wanted + [index.name_digest(word) for word in index.words(text)[:MOST_WORDS]]


def _number(typed: str, region: str = "FR") -> index.Digest | None:
    try:
        return index.phone_digest(phones.parse(typed.strip(), region=region, rehearsal=True))
    except phones.BadPhone:
        return None


def _date(found: re.Match[str]) -> date | None:
    """Day first, as in France, or ISO; an impossible date finds nobody rather than everybody."""
    year, month, day = (found[1], found[2], found[3]) if found[1] else (found[6], found[5], found[4])
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
