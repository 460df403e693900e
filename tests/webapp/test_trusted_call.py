"""The trusted call on the pages: its window and its code, and the patient who telephones the centre."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications import announcing
from notifications.models import Message
from records import clock, patients
from records.models import Enrolment, Role
from tests.webapp.telephony import calling, page, send
from tests.webapp.test_hooks import door, post  # noqa: F401 - fixtures
from tests.webapp.ward import Ward, enter, open_ward
from triage import announcing as calls
from triage.models import Attempt, CallAnnouncement


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


@pytest.fixture
def patient(ward: Ward) -> Enrolment:
    return ward.red()


@pytest.fixture
def caller(app: Flask, ward: Ward, patient: Enrolment) -> FlaskClient:
    return calling(app, ward, patient)


def searched(client: FlaskClient, text: str) -> str:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/en/patients").text)
    assert token is not None
    answer = client.post("/en/patients", data={"csrf_token": token[1], "text": text})
    assert re.search(r"\d{4,}|Morel", answer.location.replace("%", "")) is None or text not in answer.location
    return client.get(answer.location).text


def test_the_caller_sees_the_window_and_the_code_to_say_first(
    ward: Ward, patient: Enrolment, caller: FlaskClient
) -> None:
    assert "Say this code first" not in page(caller, patient)
    assert announcing.announce(ward.session, now=clock.now(), limit=10) == 1
    ward.session.commit()
    told = ward.session.scalars(select(CallAnnouncement)).one()
    shown = page(caller, patient)
    assert "on its way" in shown
    assert calls.code_of(told.public_id) in shown
    message = ward.session.scalars(select(Message)).one()
    message.status = "delivered"
    ward.session.commit()
    assert "was told to expect the call" in page(caller, patient)
    message.status, message.reason = "dropped", "landline"
    told.reply = "worse"
    ward.session.commit()
    shown = page(caller, patient)
    assert "was not told of this call: the number is a landline" in shown
    assert "The patient replied: worse." in shown


def test_a_patient_who_calls_is_found_by_number_and_taken_from_whoever_has_them(
    app: Flask, ward: Ward, patient: Enrolment, caller: FlaskClient
) -> None:
    number = patients.reveal(patient.patient).phone or ""
    other = enter(app, ward, Role.OPERATOR, "Noor")
    found = searched(other, number)
    public_id = ward.callback(patient).public_id
    assert "Is calling us" in found
    assert "has this call" in found
    key = re.search(r'name="key" value="([^"]+)"', found)
    assert key is not None
    for _ in range(2):
        said = send(other, patient, f"/en/callbacks/{public_id}/calling-back", verified="yes", key=key[1])
        assert "written down: the patient called the centre" in said
    (attempt,) = ward.session.scalars(select(Attempt)).all()
    assert (attempt.outcome, attempt.verified, attempt.staff_id) == (
        "reached",
        True,
        ward.person("operator", "Noor").id,
    )
    assert ward.callback(patient).claimed_by_id == attempt.staff_id


def test_without_asking_who_it_is_the_call_is_taken_and_not_written(
    ward: Ward, patient: Enrolment, caller: FlaskClient
) -> None:
    public_id = ward.callback(patient).public_id
    assert "Ask for the name" in send(caller, patient, f"/en/callbacks/{public_id}/calling-back")
    assert ward.session.scalars(select(Attempt)).all() == []


def test_who_owes_no_call_is_only_found(ward: Ward, caller: FlaskClient) -> None:
    well = ward.patient()
    assert "Is calling us" not in searched(caller, patients.reveal(well.patient).phone or "")
