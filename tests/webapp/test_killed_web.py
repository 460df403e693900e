"""A web process killed at any step of a submission: nothing acknowledged is lost, nothing counts twice."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench.house import as_json
from questionnaires.models import Checkin, Response
from records import audit_check, clock, doors
from records.models import AuditEntry, Enrolment
from tests.dying import Mortals, mortals
from tests.webapp.patient_room import make_checkin, make_followed
from triage.models import Alert, Assessment, Callback
from webapp.config import Settings
from webapp.patient import reception

pytestmark = pytest.mark.drill


@dataclass
class Phone:
    """A patient who answers, and sends the same again after no answer came."""

    mortals: Mortals
    session: Session
    enrolment: Enrolment
    checkin: Checkin
    token: str

    def send(self, key: uuid.UUID, *, at: int | None = None, level: str = "red") -> dict[str, Any] | None:
        body = {"answers": as_json(level), "owner": reception.owner_of(self.enrolment), "version": "1.0.0"}
        body |= {"language": "fr", "checkin": str(self.checkin.public_id)}
        headers = {"Idempotency-Key": str(key), "Sec-Fetch-Site": "same-origin"}
        return self.mortals.do("answer", at=at, body=body, headers=headers, token=self.token)

    def counts(self) -> list[int]:
        self.session.rollback()
        answered = AuditEntry.canonical.contains(b"answers.submitted")
        rows = [sa.select(sa.func.count()).select_from(model) for model in (Response, Assessment, Alert, Callback)]
        rows.append(sa.select(sa.func.count()).select_from(AuditEntry).where(answered))
        return [self.session.scalars(query).one() for query in rows]


@pytest.fixture
def phone(session: Session, settings: Settings) -> Iterator[Phone]:
    enrolment = make_followed(session, has_oximeter=True)
    checkin = make_checkin(session, enrolment, opened=clock.now())
    token = doors.start_session(session, enrolment=enrolment, now=clock.now())
    session.commit()
    with mortals(settings) as processes:
        yield Phone(processes, session, enrolment, checkin, token)


def test_wherever_a_web_process_dies_the_answer_sent_again_counts_once(phone: Phone) -> None:
    statuses = []
    for step in itertools.count(1):
        key = uuid.uuid4()
        before = phone.counts()
        first = phone.send(key, at=step)
        again = phone.send(key)
        assert again is not None
        statuses.append(again["status"])
        opened = 1 if step == 1 else 0  # one call-back collects every alert of a patient
        gained = [now - then for now, then in zip(phone.counts(), before, strict=True)]
        assert gained == [1, 1, 1, opened, 1], f"died at step {step}"
        assert again["json"]["level"] == "red"
        if first is not None:
            assert (first["status"], first["json"]) == (201, again["json"])
            break

    assert statuses == sorted(
        statuses, reverse=True
    )  # stored by the second sending until the commit, then by the first
    assert set(statuses) == {200, 201}
    assert step > 6
    assert list(audit_check.verify(phone.session).problems) == []


def test_a_process_that_dies_after_the_commit_leaves_the_check_in_answered(phone: Phone) -> None:
    key, last = uuid.uuid4(), 0
    while phone.send(uuid.uuid4(), at=last + 1, level="green") is None:
        last += 1

    assert phone.send(key, at=last) is None
    stored = phone.session.scalars(sa.select(Response.key)).all()
    assert key in stored
    phone.session.refresh(phone.checkin)
    assert phone.checkin.state == "answered"
