"""Follow-ups whose check-ins end as a test says: what adherence is counted from."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import insert
from sqlalchemy.orm import Session

from questionnaires import adherence, versions
from questionnaires.models import Checkin, Response
from records import contacts
from records.models import Enrolment, Programme
from tests.questionnaires.enrolments import active, programme, utc

BEGUN = utc(3, 2, 7)  # a Monday
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)


@dataclass(frozen=True)
class Asked:
    """One asking: on which day from the first on, how it ended, after how many minutes and by which door."""

    day: int
    slot: str = "morning"
    state: str = "missed"
    minutes: int | None = None
    door: str = "phone"
    informant: str = "patient"
    filled_after: int | None = None
    reminders: tuple[int, ...] = ()

    @property
    def kept(self) -> str:
        on_paper = self.door == "paper" and self.minutes is not None and self.filled_after is not None
        if self.state == "answered" or (on_paper and self.filled_after <= 240):
            return "in_time"
        return "missed" if self.minutes is None else "late"


class Centre:
    def __init__(self, session: Session) -> None:
        self.session = session
        reminded = {"first_reminder_minutes": 60, "second_reminder_minutes": 180, "silent_after_minutes": 240}
        self.programme: Programme = programme(session, **reminded)
        self.version = versions.load_library(session, programme=self.programme, now=utc(1, 1)).id
        session.commit()

    def follow(self, *asked: Asked, language: str = "fr", **columns: Any) -> Enrolment:
        columns.setdefault("activated_at", BEGUN)
        made = active(self.session, programme=self.programme, **columns)
        made.patient.language, made.patient.rehearsal = language, False
        self.session.flush()
        self.happen([(made, one) for one in asked])
        return made

    def happen(self, told: Iterable[tuple[Enrolment, Asked]]) -> None:
        for enrolment, one in told:
            opens_at = BEGUN + timedelta(days=one.day - 1)
            received_at = None if one.minutes is None else opens_at + timedelta(minutes=one.minutes)
            closed_at = received_at if one.state == "answered" else opens_at + timedelta(hours=4)
            checkin = Checkin(
                enrolment_id=enrolment.id,
                local_on=opens_at.date(),
                slot=one.slot,
                opens_at=opens_at,
                closes_at=opens_at + timedelta(hours=4),
                state=one.state,
                closed_at=None if one.state == "open" else closed_at,
            )
            self.session.add(checkin)
            self.session.flush()
            if received_at is not None:
                self.respond(enrolment, checkin, received_at, one)
            for number, minutes in enumerate(one.reminders):
                purpose = ("first-reminder", "second-reminder")[number]
                self.remind(checkin, purpose, opens_at + timedelta(minutes=minutes))

    def respond(self, enrolment: Enrolment, checkin: Checkin | None, at: datetime, one: Asked, **columns: Any) -> int:
        filled = None if one.filled_after is None or checkin is None else one.filled_after
        values: dict[str, Any] = {
            "public_id": uuid.uuid4(),
            "patient_id": enrolment.patient_id,
            "enrolment_id": enrolment.id,
            "checkin_id": checkin.id if checkin else None,
            "version_id": self.version,
            "key": uuid.uuid4(),
            "content_digest": b"",
            "answers": {},
            "door": one.door,
            "informant": one.informant,
            "language": "fr",
            "late": one.state == "missed",
            "due_at": at,
            "received_at": at,
            "completed_at": None if filled is None else checkin.opens_at + timedelta(minutes=filled),
        }
        return self.session.scalars(insert(Response).values(values | columns).returning(Response.id)).one()

    def remind(self, checkin: Checkin, purpose: str, at: datetime, outcome: str = "delivered") -> None:
        about = {"enrolment_id": checkin.enrolment_id, "source": uuid.uuid4(), "about": checkin.public_id}
        contacts.note(self.session, **about, channel="sms", purpose=purpose, outcome=outcome, at=at)

    def measure(self, **given: Any) -> adherence.Adherence:
        return adherence.measure(
            self.session, **{"programme": self.programme, "first_on": FIRST, "last_on": LAST, "now": utc(12, 1)} | given
        )


def answered(day: int, minutes: int = 30, **given: Any) -> Asked:
    return Asked(day, state="answered", minutes=minutes, **given)


def row(found: adherence.Adherence, breakdown: str, key: str = "") -> dict[str, Any]:
    (told,) = found.table[(found.table["breakdown"] == breakdown) & (found.table["key"] == key)].to_dict("records")
    return {name: None if value is pd.NA else value for name, value in told.items()}
