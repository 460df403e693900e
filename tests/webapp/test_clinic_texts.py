"""What a patient writes back is read by whoever calls, on the page of the call."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from notifications import inbound
from records import clock, patients
from records.models import Enrolment
from tests.webapp.ward import Ward, enter, open_ward


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


def write(ward: Ward, enrolment: Enrolment, body: str) -> None:
    phone = patients.reveal(enrolment.patient).phone
    assert phone is not None
    said = {"provider_id": f"SM{hash(body)}", "from_phone": phone, "to_phone": "+33644600000", "body": body}
    inbound.receive(ward.session, **said, now=clock.now())
    ward.session.commit()


def test_the_caller_reads_what_the_patient_wrote(app: Flask, ward: Ward) -> None:
    enrolment = ward.patient()
    write(ward, enrolment, "J'étouffe <b>vite</b>")

    page = enter(app, ward).get(f"/en/patients/{enrolment.public_id}").text

    assert "Wrote a message" in page
    assert "“J&#39;étouffe &lt;b&gt;vite&lt;/b&gt;”" in page


def test_a_word_that_is_obeyed_is_no_message_to_read(app: Flask, ward: Ward) -> None:
    enrolment = ward.patient()
    write(ward, enrolment, "STOP")

    page = enter(app, ward).get(f"/en/patients/{enrolment.public_id}").text

    assert "Wants no more messages" in page
    assert "“STOP”" not in page
