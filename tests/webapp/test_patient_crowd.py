"""Phones that send at the same moment, to a web process with fewer connections to its database than there are."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from bench.house import as_json
from questionnaires.models import Checkin, Response
from records import audit_check, clock, doors
from records.models import Enrolment
from tests.webapp.patient_room import make_checkin, make_followed
from triage.models import Alert, Assessment, Callback
from webapp.patient import reception


@dataclass
class Phones:
    """Several phones of one patient; each is a connection of its own."""

    address: str
    session: Session
    enrolment: Enrolment
    checkin: Checkin
    token: str

    def send_at_once(self, forms: list[tuple[uuid.UUID, str]]) -> list[tuple[int, dict[str, Any]]]:
        """Status and content of the answer to each form: its key, and what was typed."""
        together = threading.Barrier(len(forms))

        def send(form: tuple[uuid.UUID, str]) -> tuple[int, dict[str, Any]]:
            key, typed = form
            body = {"answers": as_json(typed), "owner": reception.owner_of(self.enrolment), "version": "1.0.0"}
            body |= {"language": "fr", "checkin": str(self.checkin.public_id)}
            headers = {"Idempotency-Key": str(key), "Sec-Fetch-Site": "same-origin"}
            with requests.Session() as http:
                http.trust_env = False
                http.cookies.set("vigidom_patient", self.token)
                together.wait(30)
                said = http.post(f"{self.address}/api/answers", json=body, headers=headers, timeout=30)
            return said.status_code, said.json()

        with ThreadPoolExecutor(len(forms)) as threads:
            return list(threads.map(send, forms))

    def counts(self) -> list[int]:
        self.session.rollback()
        models = (Response, Assessment, Alert, Callback)
        return [self.session.scalars(sa.select(sa.func.count()).select_from(model)).one() for model in models]


@pytest.fixture
def phones(app: Flask, session: Session) -> Iterator[Phones]:
    enrolment = make_followed(session, has_oximeter=True)
    checkin = make_checkin(session, enrolment, opened=clock.now())
    token = doors.start_session(session, enrolment=enrolment, now=clock.now())
    session.commit()
    _ = reception.owner_of(enrolment), checkin.public_id
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Phones(f"http://127.0.0.1:{server.server_port}", session, enrolment, checkin, token)
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_same_form_sent_ten_times_at_once_counts_once_and_gets_one_result(phones: Phones) -> None:
    answers = phones.send_at_once([(uuid.uuid4(), "red")] * 10)

    assert sorted(status for status, _ in answers) == [200] * 9 + [201]
    assert len({str(content) for _, content in answers}) == 1
    assert phones.counts() == [1, 1, 1, 1]
    assert list(audit_check.verify(phones.session).problems) == []


def test_two_forms_for_one_check_in_are_both_kept_and_both_alert_in_one_call_back(phones: Phones) -> None:
    answers = phones.send_at_once([(uuid.uuid4(), "red"), (uuid.uuid4(), "orange")])

    assert [status for status, _ in answers] == [201, 201]
    assert answers[0][1]["level"] == "red"
    assert phones.counts() == [2, 2, 2, 1]
    stored = phones.session.scalars(sa.select(Response.checkin_id)).all()
    assert list(stored) == [phones.checkin.id] * 2
    phones.session.refresh(phones.checkin)
    assert phones.checkin.state == "answered"


def test_a_crowd_of_different_reports_of_one_patient_is_kept_whole(phones: Phones) -> None:
    """One call-back, one chain: everybody waits for everybody, and nobody is turned away."""
    levels = ["red", "orange", "green", "orange"] * 4
    answers = phones.send_at_once([(uuid.uuid4(), level) for level in levels])

    assert {status for status, _ in answers} == {201}
    responses, assessments, _alerts, callbacks = phones.counts()
    assert (responses, assessments, callbacks) == (16, 16, 1)
    assert list(audit_check.verify(phones.session).problems) == []
