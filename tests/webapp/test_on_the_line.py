"""Two who could speak with one patient know of each other, and whoever has the call-back ends the other line."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications import on_the_line
from notifications.providers import Outcome, OutcomeKind
from records import clock
from records.models import AuditEntry, Enrolment, Role
from tests.webapp.telephony import asked, bridge, calling, last, page, send, settled, speaking, take_over
from tests.webapp.test_hooks import door, post  # noqa: F401 - fixtures
from tests.webapp.ward import RED, Ward, enter, open_ward
from triage.models import BridgedCall


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


@pytest.fixture
def patient(ward: Ward) -> Enrolment:
    return ward.red()


@pytest.fixture
def caller(app: Flask, ward: Ward, patient: Enrolment) -> FlaskClient:
    return calling(app, ward, patient)


def test_whoever_takes_over_a_live_call_is_told_who_speaks_with_the_patient_and_cannot_call_beside_them(
    app: Flask, ward: Ward, patient: Enrolment, caller: FlaskClient
) -> None:
    speaking(ward, patient)
    first = ward.person(Role.OPERATOR).name
    other = enter(app, ward, Role.PHYSICIAN)
    assert f"{first} is speaking with this patient" in page(other, patient)
    taken = send(other, patient, f"/en/callbacks/{ward.callback(patient).public_id}/take-over")
    assert f"{first} is speaking with this patient" in taken
    take_over(ward, patient)
    assert f"{first} is in a call with this patient" in bridge(other, ward, patient, called="patient")
    assert len(ward.session.scalars(select(BridgedCall)).all()) == 1
    assert "Your own call with this patient is still going on" in page(caller, patient)


def test_the_page_that_says_who_has_a_call_says_who_is_on_the_line(
    app: Flask, ward: Ward, patient: Enrolment, caller: FlaskClient
) -> None:
    speaking(ward, patient)
    other = enter(app, ward, Role.PHYSICIAN)
    path = f"/en/callbacks/{ward.callback(patient).public_id}/claim"
    token = re.search(r'name="csrf_token" (?:type="hidden" )?value="([^"]+)"', other.get("/en/patients").text)
    assert token is not None
    answer = other.post(path, data={"csrf_token": token[1]})
    assert answer.status_code == 409
    assert "is speaking with this patient" in answer.text
    assert "End that call" not in answer.text


def test_the_new_owner_ends_the_first_callers_line_and_then_calls(
    app: Flask, ward: Ward, patient: Enrolment, caller: FlaskClient
) -> None:
    call = speaking(ward, patient)
    other = enter(app, ward, Role.PHYSICIAN)
    about = {"call": str(call.public_id)}
    assert "Only whoever has the call-back" in bridge(other, ward, patient, "/end", **about)
    assert last(ward.session).ended_at is None
    take_over(ward, patient)
    said = bridge(other, ward, patient, "/end", **about)
    assert "was ended" in said
    assert "is speaking with this patient" not in said
    assert (last(ward.session).state, last(ward.session).failure) == ("ended", None)
    assert "That call was over already" in bridge(other, ward, patient, "/end", **about)
    bridge(other, ward, patient, called="patient")
    assert len(ward.session.scalars(select(BridgedCall)).all()) == 2
    written = b"".join(entry.canonical for entry in ward.session.scalars(select(AuditEntry)))
    assert b"callback.bridged-ended" in written


def test_a_line_of_a_closed_call_back_is_told_at_the_next_one_of_the_patient(
    app: Flask, ward: Ward, patient: Enrolment, caller: FlaskClient
) -> None:
    speaking(ward, patient)
    standing = ward.callback(patient)
    standing.state, standing.closed_at = "closed", clock.now()
    ward.session.commit()
    ward.answer(patient, RED)
    other = enter(app, ward, Role.PHYSICIAN)
    assert "is speaking with this patient" in page(other, patient)
    take_over(ward, patient)
    assert "is in a call with this patient" in bridge(other, ward, patient, called="patient")


def test_a_caller_whose_report_never_comes_ends_the_call_and_calls_again(
    ward: Ward, patient: Enrolment, caller: FlaskClient
) -> None:
    call = speaking(ward, patient)
    assert "A call is under way" in bridge(caller, ward, patient, called="patient")
    assert "End the call" in page(caller, patient)
    assert "was ended" in bridge(caller, ward, patient, "/end", call=str(call.public_id))
    bridge(caller, ward, patient, called="patient")
    assert len(ward.session.scalars(select(BridgedCall)).all()) == 2
    call = last(ward.session)
    call.state, call.asked_at = "connected", clock.now() - on_the_line.LONGEST
    ward.session.commit()
    assert "End the call" not in page(caller, patient), "at the longest so long is anybody kept waiting"


def test_a_call_that_nobody_picked_up_yet_is_ended_by_the_word_alone(
    ward: Ward,
    patient: Enrolment,
    caller: FlaskClient,
    post,  # type: ignore[no-untyped-def]  # noqa: F811
) -> None:
    """The provider never said under which id it took the call over."""
    call = settled(ward, asked(ward, patient), Outcome(OutcomeKind.UNKNOWN))
    assert "was ended" in bridge(caller, ward, patient, "/end", call=str(call.public_id))
    assert "<Hangup" in post(f"/hooks/twilio/voice/{call.public_id}/connect", {"Digits": "1"}).text
    second = asked(ward, patient)
    assert "<Dial" in post(f"/hooks/twilio/voice/{second.public_id}/connect", {"Digits": "1"}).text
    said = bridge(caller, ward, patient, "/end", call=str(second.public_id))
    assert "ask them to hang up" in said, "the patient may be ringing, and nothing can be asked of the provider"
    assert last(ward.session).ended_at is None


def test_a_call_about_another_patient_is_not_ended_from_here(
    app: Flask, ward: Ward, patient: Enrolment, caller: FlaskClient
) -> None:
    call = speaking(ward, patient)
    elsewhere = ward.red()
    other = enter(app, ward, Role.PHYSICIAN)
    take_over(ward, elsewhere)
    assert "not among those" in bridge(other, ward, elsewhere, "/end", call=str(call.public_id))
    assert last(ward.session).ended_at is None
