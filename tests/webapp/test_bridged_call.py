"""A call that the centre makes to both: asked for, reported in any order, connected to nobody by mistake."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications import on_the_line, voice
from notifications.providers import Outcome, OutcomeKind
from notifications.providers.voice import Leg
from records import clock, patients
from records.models import AuditEntry, Enrolment, Role
from tests.webapp.telephony import OWN, asked, bridge, calling, last, page, settled
from tests.webapp.test_hooks import door, post  # noqa: F401 - fixtures
from tests.webapp.ward import Ward, open_ward
from triage import callbacks
from triage.models import BridgedCall, CallbackEvent


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


@pytest.fixture
def patient(ward: Ward) -> Enrolment:
    return ward.red()


@pytest.fixture
def caller(app: Flask, ward: Ward, patient: Enrolment) -> FlaskClient:
    return calling(app, ward, patient)


def test_in_a_demonstration_both_ends_are_played_and_the_states_are_real(
    ward: Ward, patient: Enrolment, caller: FlaskClient
) -> None:
    shown = bridge(caller, ward, patient, called="patient")
    assert "Demonstration: no telephone rings" in shown
    assert last(ward.session).state == "asked"
    assert "Pick up your telephone" in bridge(caller, ward, patient, "/play", what="pick-up")
    assert "You are connected" in bridge(caller, ward, patient, "/play", what="answer")
    assert "The call is over" in bridge(caller, ward, patient, "/play", what="hang-up")
    call = last(ward.session)
    assert (call.state, call.failure, call.called) == ("ended", None, "patient")
    assert call.connected_at is not None
    assert [event.kind for event in ward.session.scalars(select(CallbackEvent))].count("bridged") == 1


@pytest.mark.parametrize(("what", "outcome"), [("busy", "busy"), ("no-answer", "no-answer")])
def test_how_it_ended_is_what_the_form_begins_with(
    ward: Ward, patient: Enrolment, caller: FlaskClient, what: str, outcome: str
) -> None:
    bridge(caller, ward, patient, called="patient")
    bridge(caller, ward, patient, "/play", what="pick-up")
    assert f'data-outcome="{outcome}"' in bridge(caller, ward, patient, "/play", what=what)
    state = caller.get(f"/en/callbacks/{ward.callback(patient).public_id}/bridge").text
    assert f'data-outcome="{outcome}"' in state
    assert "<html" not in state


def test_a_second_call_waits_for_the_first(ward: Ward, patient: Enrolment, caller: FlaskClient) -> None:
    bridge(caller, ward, patient, called="patient")
    assert "A call is under way" in bridge(caller, ward, patient, called="patient")
    assert len(ward.session.scalars(select(BridgedCall)).all()) == 1


def test_a_caller_without_a_number_is_told_where_to_add_it(ward: Ward, patient: Enrolment, caller: FlaskClient) -> None:
    ward.person(Role.OPERATOR).phone = None
    ward.session.commit()
    assert "add your telephone number to your account" in page(caller, patient)
    assert "The centre has no telephone number of yours" in bridge(caller, ward, patient, called="patient")


@pytest.mark.parametrize("calls_by", ["hospital", "own"])
def test_where_the_centre_makes_no_calls_there_is_no_button(
    ward: Ward, patient: Enrolment, caller: FlaskClient, calls_by: str
) -> None:
    ward.programme.calls_by = calls_by
    ward.session.commit()
    assert "Call through the centre" not in page(caller, patient)
    assert "does not make calls" in bridge(caller, ward, patient, called="patient")
    assert caller.get(f"/en/callbacks/{ward.callback(patient).public_id}/bridge").status_code == 404


def test_no_number_is_written_where_many_can_read(ward: Ward, patient: Enrolment, caller: FlaskClient) -> None:
    bridge(caller, ward, patient, called="patient")
    written = b"".join(entry.canonical for entry in ward.session.scalars(select(AuditEntry)))
    told = str([event.details for event in ward.session.scalars(select(CallbackEvent))])
    number = patients.reveal(patient.patient).phone or "-"
    assert b"callback.bridged" in written
    for digits in (OWN, number):
        assert digits.encode() not in written
        assert digits not in told


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome(OutcomeKind.ACCEPTED, provider_id="CA1"), ("asked", None)),
        (Outcome(OutcomeKind.REFUSED, reason="twilio-21210"), ("failed", "twilio-21210")),
        (Outcome(OutcomeKind.RETRY, reason="twilio-20429"), ("failed", "twilio-20429")),
        (Outcome(OutcomeKind.UNKNOWN, reason="ReadTimeout"), ("asked", "unknown")),
    ],
)
def test_each_outcome_of_asking_is_written(
    ward: Ward, patient: Enrolment, caller: FlaskClient, outcome: Outcome, expected: tuple[str, str | None]
) -> None:
    call = settled(ward, asked(ward, patient), outcome)
    assert (call.state, call.failure) == expected
    assert on_the_line.is_under_way(call, clock.now()) is (expected[0] == "asked")


def test_a_report_that_was_faster_than_the_answer_is_not_undone(
    ward: Ward, patient: Enrolment, caller: FlaskClient
) -> None:
    call = asked(ward, patient)
    voice.hear(ward.session, public_id=call.public_id, leg=Leg.CALLER, status="ringing", now=clock.now())
    assert settled(ward, call, Outcome(OutcomeKind.UNKNOWN)).state == "ringing"


REPORTS = {
    "talked": ([("caller", "in-progress"), ("called", "in-progress"), ("called", "completed")], ("ended", None, True)),
    "backwards": ([("called", "completed"), ("called", "in-progress"), ("caller", "ringing")], ("ended", None, True)),
    "busy": ([("caller", "in-progress"), ("called", "busy"), ("caller", "completed")], ("ended", "busy", False)),
    "busy, told late": ([("caller", "completed"), ("called", "busy")], ("ended", "busy", False)),
    "caller away": ([("caller", "ringing"), ("caller", "no-answer")], ("failed", "caller-away", False)),
    "twice": ([("called", "no-answer"), ("called", "no-answer")], ("ended", "no-answer", False)),
    "unheard of": ([("called", "queued"), ("caller", "dreaming")], ("asked", None, False)),
}


@pytest.mark.parametrize("name", REPORTS)
def test_reports_count_once_in_any_order(
    ward: Ward,
    patient: Enrolment,
    caller: FlaskClient,
    post,  # type: ignore[no-untyped-def]  # noqa: F811
    name: str,
) -> None:
    reports, expected = REPORTS[name]
    call = asked(ward, patient)
    for leg, status in reports:
        path = f"/hooks/twilio/voice/{call.public_id}/{leg}"
        assert post(path, {"CallSid": f"CA-{leg}", "CallStatus": status}).status_code == 204
    call = last(ward.session)
    assert (call.state, call.failure, call.connected_at is not None) == expected


def test_the_door_of_calls_is_as_shut_as_the_others(
    ward: Ward,
    patient: Enrolment,
    caller: FlaskClient,
    post,  # type: ignore[no-untyped-def]  # noqa: F811
) -> None:
    call = asked(ward, patient)
    path = f"/hooks/twilio/voice/{call.public_id}/called"
    form = {"CallSid": "CA1", "CallStatus": "busy"}
    assert post(path, form, secret="d" * 32).status_code == 403
    assert post(path, form, address="http://suivi.example").status_code == 403
    assert post(path, {**form, "CallSid": "CA\0"}).status_code == 400
    assert post(path.replace(str(call.public_id), str(patient.public_id)), form).status_code == 404
    assert post(path.replace("/called", "/nobody"), form).status_code in (403, 404)
    assert last(ward.session).state == "asked"


def test_a_voicemail_that_picks_up_is_never_connected_to_the_patient(
    ward: Ward,
    patient: Enrolment,
    caller: FlaskClient,
    post,  # type: ignore[no-untyped-def]  # noqa: F811
) -> None:
    call = asked(ward, patient)
    path = f"/hooks/twilio/voice/{call.public_id}/connect"
    assert post(path, {"CallSid": "CA1", "Digits": "5"}, secret="d" * 32).status_code == 403
    connected = post(path, {"CallSid": "CA1", "Digits": "5"})
    assert "<Dial" in connected.text
    assert post(path, {"CallSid": "CA1", "Digits": "5"}).text == connected.text
    silent = post(path, {"CallSid": "CA1", "Digits": ""})
    assert ("<Dial" in silent.text, "<Hangup" in silent.text) == (False, True)
    assert (last(ward.session).state, last(ward.session).failure) == ("failed", "caller-away")
    assert "pressed no key" in page(caller, patient)
    assert "<Hangup" in post(path, {"CallSid": "CA1", "Digits": "5"}).text, "it is over"
    assert "<Hangup" in post(path.replace(str(call.public_id), str(patient.public_id)), {"Digits": "5"}).text


def test_whoever_lost_the_call_back_while_their_telephone_rang_is_not_connected(
    ward: Ward,
    patient: Enrolment,
    caller: FlaskClient,
    post,  # type: ignore[no-untyped-def]  # noqa: F811
) -> None:
    call = asked(ward, patient)
    other = ward.person(Role.PHYSICIAN)
    callbacks.take_over(ward.session, callback=ward.callback(patient).public_id, staff=other, now=clock.now())
    ward.session.commit()

    assert "<Dial" not in post(f"/hooks/twilio/voice/{call.public_id}/connect", {"Digits": "1"}).text
    assert (last(ward.session).state, last(ward.session).failure) == ("failed", "taken")


def test_a_report_that_is_lost_holds_nobody_up(ward: Ward, patient: Enrolment, caller: FlaskClient) -> None:
    call = asked(ward, patient)
    assert on_the_line.is_under_way(call, call.asked_at + timedelta(seconds=59))
    assert not on_the_line.is_under_way(call, call.asked_at + timedelta(seconds=61))
    call.asked_at -= timedelta(minutes=2)
    ward.session.commit()
    assert "It is not known" in page(caller, patient)
    assert asked(ward, patient) is not None
