"""Finding patients through the blind indexes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from sqlalchemy import ColumnElement, Select, and_, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from records import phones
from records.models import Enrolment, Patient, PatientIndex
from records.patients import index
from records.patients.identity import Identity
from records.refusals import Sentence

MOST = 50
MOST_WORDS = 8
COMMON = 1000
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
    # A name may be that of tens of thousands: the newest of those who bear the rarest word are read off the end of its
    # index, and each is looked up for the other words. OFFSET keeps the planner from reading all who bear those.
    rarest, *others = _rarest_first(session, wanted)
    query = select(Enrolment).join(PatientIndex, PatientIndex.patient_id == Enrolment.patient_id)
    query = query.where(scope, _is(PatientIndex, rarest))
    for digest in others:
        also = aliased(PatientIndex)
        query = query.where(
            select(1).where(also.patient_id == Enrolment.patient_id, _is(also, digest)).offset(0).exists()
        )
    query = query.order_by(PatientIndex.patient_id.desc(), Enrolment.id.desc()).limit(MOST)
    found = session.scalars(query).unique().all()
    return sorted(found, key=lambda enrolment: (enrolment.enrolled_at, enrolment.id), reverse=True)


def digests(text: str) -> tuple[index.Digest, ...]:
    """What `search` would look for, for a statement of one's own: all of them must fit; empty finds nobody."""
    return tuple(_wanted(text[:200]))


def _rarest_first(session: Session, wanted: list[index.Digest]) -> list[index.Digest]:
    """By how many patients each is of, counted to COMMON and no further."""
    if len(wanted) == 1:
        return wanted
    counts = [
        select(func.count()).select_from(select(1).where(_is(PatientIndex, digest)).limit(COMMON).subquery())
        for digest in wanted
    ]
    found = session.execute(select(*(count.scalar_subquery() for count in counts))).one()
    return [digest for _, digest in sorted(zip(found, wanted, strict=True), key=lambda pair: pair[0])]


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


def _is(row: type[PatientIndex], digest: index.Digest) -> ColumnElement[bool]:
    return and_(row.kind == digest[0], row.digest == digest[1])


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
