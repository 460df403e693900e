"""What happened to a patient, as the file lists it: calls and decisions, messages, limits of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from notifications.models import Message
from records.db import db
from records.models import Enrolment, Staff
from triage import followup
from triage.callbacks import CallbackDetail
from triage.documents import Document
from webapp.clinic import wording
from webapp.extensions import language

MESSAGES = 30


@dataclass(frozen=True)
class Act:
    at: datetime
    by: str
    what: object
    note: str | None


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


def acts(found: Sequence[CallbackDetail]) -> list[Act]:
    """Every attempt and disposition, newest first."""
    done = [
        Act(note.at, note.by, words.get(note.code, note.code), note.note)
        for detail in found
        for notes, words in ((detail.attempts, wording.OUTCOMES), (detail.dispositions, wording.DISPOSITIONS))
        for note in notes
    ]
    return sorted(done, key=lambda act: act.at, reverse=True)


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
        shown.append(OwnLimit(label, wording.number(row.value), row.reason, author))
    return shown
