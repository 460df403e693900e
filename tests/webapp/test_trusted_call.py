"""A caller sees what the patient was told, calls through the centre without showing their number, and takes a patient
who calls in on the line.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications import announcing, on_the_line, voice
from notifications.models import Message
from notifications.providers import Outcome, OutcomeKind
from notifications.providers.voice import Leg
from records import clock, patients
from records.audit import SYSTEM
from records.models import AuditEntry, Enrolment, Role
from records.staff import telephones
from tests.webapp.test_hooks import door, post  # noqa: F401 - fixtures
from tests.webapp.ward import RED, Ward, enter, open_ward
from triage import announcing as calls
from triage import callbacks
from triage.models import Attempt, BridgedCall, CallAnnouncement, CallbackEvent

OWN = "+33612000001"


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


@pytest.fixture
def patient(ward: Ward) -> Enrolment:
    return ward.red()


@pytest.fixture
def caller(app: Flask, ward: Ward, patient: Enrolment) -> FlaskClient:
    """An operator of a centre that calls for them, with the patient's call-back in hand."""
    ward.programme.calls_by, ward.programme.shown_number = "bridge", "+33155667788"
    staff = ward.person(Role.OPERATOR)
    telephones.set_phone(ward.session, staff=staff, typed=OWN, actor=SYSTEM, now=clock.now())
    callbacks.claim(ward.session, callback=ward.callback(patient).public_id, staff=staff, now=clock.now())
    ward.session.commit()
    return enter(app, ward, Role.OPERATOR)


def page(client: FlaskClient, enrolment: Enrolment) -> str:
    answer = client.get(f"/en/patients/{enrolment.public_id}")
    assert answer.status_code == 200
    return answer.text


def send(client: FlaskClient, enrolment: Enrolment, path: str, **data: str) -> str:
    token = re.search(r'name="csrf_token" (?:type="hidden" )?value="([^"]+)"', client.get("/en/patients").text)
    assert token is not None
    answer = client.post(path, data={"csrf_token": token[1], **data}, follow_redirects=True)
    assert answer.status_code == 200
    return answer.text


def bridge(client: FlaskClient, ward: Ward, enrolment: Enrolment, tail: str = "", **data: str) -> str:
    path = f"/en/callbacks/{ward.callback(enrolment).public_id}/bridge{tail}"
    return send(client, enrolment, path, **data)


def last(session: Session) -> BridgedCall:
    session.rollback()
    return session.scalars(select(BridgedCall).order_by(BridgedCall.id.desc()).limit(1)).one()


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


def asked(ward: Ward, patient: Enrolment) -> BridgedCall:
    staff, public_id = ward.person(Role.OPERATOR), ward.callback(patient).public_id
    made = voice.ask(ward.session, callback=public_id, staff=staff, called="patient", now=clock.now())
    ward.session.commit()
    return made


def settled(ward: Ward, call: BridgedCall, outcome: Outcome) -> BridgedCall:
    voice.settle(ward.session, public_id=call.public_id, outcome=outcome, now=clock.now())
    ward.session.commit()
    return last(ward.session)


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


def speaking(ward: Ward, patient: Enrolment) -> BridgedCall:
    """A call in which the operator and the patient speak."""
    call = settled(ward, asked(ward, patient), Outcome(OutcomeKind.ACCEPTED, provider_id="CA1"))
    voice.hear(ward.session, public_id=call.public_id, leg=Leg.CALLED, status="in-progress", now=clock.now())
    ward.session.commit()
    return call


def take_over(ward: Ward, patient: Enrolment, role: str = Role.PHYSICIAN) -> None:
    staff = ward.person(role)
    telephones.set_phone(ward.session, staff=staff, typed="+33612000009", actor=SYSTEM, now=clock.now())
    callbacks.take_over(ward.session, callback=ward.callback(patient).public_id, staff=staff, now=clock.now())
    ward.session.commit()


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


def searched(client: FlaskClient, text: str) -> str:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/en/patients").text)
    assert token is not None
    answer = client.post("/en/patients", data={"csrf_token": token[1], "text": text})
    assert re.search(r"\d{4,}|Morel", answer.location.replace("%", "")) is None or text not in answer.location
    return client.get(answer.location).text


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
