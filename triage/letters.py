"""Letters to a general practitioner: what each said is kept, sealed with the patient's key, and never changes.

A letter is of one decision. Who it is about, why in words with the values, what was decided and by whom, and how to
reach the centre stand in it as they were when it was written; its paper is made from that each time it is asked for.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from records import access, audit, patients
from records import enrolment as enrolments
from records.audit import Actor
from records.models import Enrolment, Staff
from triage import reasons
from triage.callbacks.attempts import check_note
from triage.models import Alert, Callback, Disposition, Letter
from triage.refusals import NotFound

LANGUAGES = ("fr", "en")


@dataclass(frozen=True, slots=True)
class Content:
    """What the letter says, in `language`. Days and instants are ISO text; `decided` is the code of the decision;
    `values` are pairs of a measure and its value with the unit.
    """

    language: str
    programme: str
    team: str
    phone: str
    zone: str
    patient: str
    birth_date: str
    gp: str
    reasons: tuple[str, ...]
    values: tuple[tuple[str, str], ...]
    decided: str
    decided_at: str
    called_at: str
    words: str
    by: str
    written_at: str


def language_of(enrolment: Enrolment) -> str:
    """The centre's: the first of its programme's languages in which letters are written."""
    return next((code for code in enrolment.programme.languages if code in LANGUAGES), LANGUAGES[0])


def of_decision(session: Session, *, disposition: uuid.UUID, enrolment: Enrolment) -> Disposition:
    """The decision that a letter is about. Raises NotFound for another patient's."""
    found = session.scalar(
        select(Disposition)
        .join(Callback, Callback.id == Disposition.callback_id)
        .where(Disposition.public_id == disposition, Callback.enrolment_id == enrolment.id)
    )
    if found is None:
        raise NotFound
    return found


def draft(
    session: Session,
    *,
    disposition: Disposition,
    enrolment: Enrolment,
    values: Sequence[tuple[str, str]],
    words: str,
    language: str,
    now: datetime,
) -> Content:
    """What a letter of this decision would say now."""
    who, own = patients.reveal(enrolment.patient), enrolments.particulars(enrolment)
    names = enrolment.programme.name
    return Content(
        language=language,
        programme=names.get(language) or next(iter(names.values())),
        team=enrolment.team.name,
        phone=enrolment.programme.phone,
        zone=enrolment.programme.zone,
        patient=f"{who.family_name.upper()} {who.given_name}",
        birth_date=who.birth_date.isoformat(),
        gp=own.gp_name,
        reasons=_reasons(session, disposition, language),
        values=tuple((name, value) for name, value in values),
        decided=disposition.kind,
        decided_at=disposition.at.isoformat(),
        called_at=disposition.details.get("called_at", ""),
        words=words.strip(),
        by=disposition.staff.name,
        written_at=now.isoformat(),
    )


def _reasons(session: Session, disposition: Disposition, language: str) -> tuple[str, ...]:
    """Of the alerts that the decision closed, the worst first."""
    closed = session.scalars(
        select(Alert).where(Alert.disposition_id == disposition.id).order_by(Alert.rank.desc(), Alert.id)
    )
    told = (reasons.words({"reasons": alert.reasons}, language) for alert in closed)
    return tuple(dict.fromkeys(sentence for sentences in told for sentence in sentences))


def write(
    session: Session,
    *,
    disposition: Disposition,
    enrolment: Enrolment,
    content: Content,
    staff: Staff,
    now: datetime,
    from_address: str | None = None,
) -> Letter:
    """Keep a letter as it is given out. The same again, but for its hour, gives the one that was written first.

    Raises NoteTooLong.
    """
    check_note(content.words)
    for known in of_dispositions(session, [disposition.id]):
        if _same(read(known, enrolment), content):
            return known
    public_id = uuid.uuid4()
    text = orjson.dumps(asdict(content)).decode()
    sealed = patients.seal_for(enrolment.patient, text, table="letters", column="content", public_id=public_id)
    letter = Letter(public_id=public_id, disposition_id=disposition.id, staff_id=staff.id, content=sealed, at=now)
    session.add(letter)
    session.flush()
    audit.append(
        session,
        actor=Actor.staff(staff, from_address),
        action="letter.written",
        subject=("enrolment", enrolment.public_id),
        now=now,
        details={"letter": str(public_id), "disposition": str(disposition.public_id)},
    )
    return letter


def _same(one: Content, other: Content) -> bool:
    return {**asdict(one), "written_at": ""} == {**asdict(other), "written_at": ""}


def of_dispositions(session: Session, ids: Sequence[int]) -> list[Letter]:
    """The newest first."""
    return list(session.scalars(select(Letter).where(Letter.disposition_id.in_(ids)).order_by(Letter.id.desc())))


def of_enrolment(session: Session, *, enrolment: Enrolment) -> list[tuple[Letter, Disposition]]:
    found = (
        select(Letter, Disposition)
        .join(Disposition, Disposition.id == Letter.disposition_id)
        .join(Callback, Callback.id == Disposition.callback_id)
        .where(Callback.enrolment_id == enrolment.id)
        .options(joinedload(Disposition.staff))
    )
    return [(letter, disposition) for letter, disposition in session.execute(found.order_by(Letter.id.desc()))]


def find(session: Session, *, letter: uuid.UUID, staff: Staff) -> tuple[Letter, Enrolment]:
    """A letter about a patient of one's teams. Raises NotFound."""
    found = session.execute(
        select(Letter, Enrolment)
        .join(Disposition, Disposition.id == Letter.disposition_id)
        .join(Callback, Callback.id == Disposition.callback_id)
        .join(Enrolment, Enrolment.id == Callback.enrolment_id)
        .where(Letter.public_id == letter, access.scope(staff))
    ).one_or_none()
    if found is None:
        raise NotFound
    return found[0], found[1]


def read(letter: Letter, enrolment: Enrolment) -> Content:
    text = patients.reveal_text(
        enrolment.patient, letter.content, table="letters", column="content", public_id=letter.public_id
    )
    kept: dict[str, Any] = orjson.loads(text)
    kept["reasons"] = tuple(kept["reasons"])
    kept["values"] = tuple((name, value) for name, value in kept["values"])
    return Content(**kept)
