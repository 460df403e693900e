"""What happened to a patient, as the file lists it: calls and decisions, messages, limits of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import g, url_for
from sqlalchemy import select

from notifications.models import Message
from records.db import db
from records.models import Enrolment, Staff
from triage import followup, letters, moving
from triage.callbacks import CallbackDetail, Note
from triage.documents import Document
from triage.models import Called, DispositionKind, Letter, MovedAnswer
from webapp import formatting
from webapp.clinic import wording
from webapp.extensions import language, translator
from webapp.permissions import allows

MESSAGES = 30


@dataclass(frozen=True)
class Act:
    """`link` is an address with its words."""

    at: datetime
    by: str
    what: object
    note: str | None
    link: tuple[str, str] | None = None


@dataclass(frozen=True)
class Sent:
    at: datetime
    purpose: object
    status: object


@dataclass(frozen=True)
class OwnLimit:
    label: str
    value: str
    reason: str
    author: str


def acts(found: Sequence[CallbackDetail], enrolment: Enrolment) -> list[Act]:
    """Every call, decision, moved answer and letter, newest first."""
    done = [_attempt(note) for detail in found for note in detail.attempts]
    done += [_decision(note, enrolment) for detail in found for note in detail.dispositions]
    done += [_moved(moved, enrolment) for moved in moving.of_enrolment(db.session, enrolment=enrolment)]
    done += [_letter(letter) for letter, _ in letters.of_enrolment(db.session, enrolment=enrolment)]
    return sorted(done, key=lambda act: act.at, reverse=True)


def _attempt(note: Note) -> Act:
    t, what = translator(), str(wording.OUTCOMES.get(note.code, note.code))
    if note.details.get("verified") is False:
        what = t.gettext("Somebody answered who could not be verified")
    if note.details.get("called") == Called.CONTACT:
        what = t.gettext("Emergency contact: %(outcome)s", outcome=what)
    return Act(note.at, note.by, what, note.note)


def _decision(note: Note, enrolment: Enrolment) -> Act:
    t, what = translator(), str(wording.DISPOSITIONS.get(note.code, note.code))
    if "called_at" in note.details:
        hour = formatting.hour(datetime.fromisoformat(note.details["called_at"]), enrolment.programme.zone)
        what = t.gettext("%(decision)s, called at %(hour)s", decision=what, hour=hour)
    if "hours" in note.details:
        hours = t.ngettext("in %(num)s hour", "in %(num)s hours", note.details["hours"])
        what = t.gettext("%(decision)s, %(when)s", decision=what, when=hours)
    link = None
    if allows(g.staff.role, "callback.work") and note.code != DispositionKind.WRONG_PATIENT:
        address = url_for("clinic.letter", public_id=enrolment.public_id, disposition=note.public_id)
        link = address, t.gettext("Letter to the practitioner")
    return Act(note.at, note.by, what, note.note, link)


def _moved(moved: MovedAnswer, enrolment: Enrolment) -> Act:
    t, by = translator(), db.session.get_one(Staff, moved.staff_id).name
    left = moved.from_enrolment_id == enrolment.id
    here = enrolment if left else db.session.get_one(Enrolment, moved.from_enrolment_id)
    words = t.gettext("Answers moved to another file") if left else t.gettext("Answers moved here from another file")
    return Act(moved.at, by, words, moving.reason_of(moved, here))


def _letter(letter: Letter) -> Act:
    t, by = translator(), db.session.get_one(Staff, letter.staff_id).name
    link = url_for("clinic.letter_pdf", letter=letter.public_id), t.gettext("Open the PDF")
    return Act(letter.at, by, t.gettext("Letter to the practitioner written"), None, link)


def messages(enrolment: Enrolment) -> list[Sent]:
    query = select(Message).where(Message.enrolment_id == enrolment.id).order_by(Message.created_at.desc(), Message.id)
    return [
        Sent(
            message.status_at,
            wording.PURPOSES.get(message.purpose, message.purpose),
            wording.STATUSES.get(message.status, message.status),
        )
        for message in db.session.scalars(query.limit(MESSAGES))
    ]


def own_limits(enrolment: Enrolment, document: Document | None, now: datetime) -> list[OwnLimit]:
    named = {limit.name: limit for limit in document.limits} if document else {}
    shown = []
    for row in followup.own_limit_rows(db.session, enrolment=enrolment, now=now):
        author = db.session.get_one(Staff, row.author_id).name
        limit = named.get(row.name)
        label = limit.labels.get(language(), row.name) if limit else row.name
        shown.append(OwnLimit(label, formatting.number(row.value), row.reason, author))
    return shown
