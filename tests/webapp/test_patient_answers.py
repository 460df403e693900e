from __future__ import annotations

import json
import re
import uuid
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from questionnaires import library
from questionnaires.models import Checkin, QuestionnaireVersion, Response
from records import clock, doors
from records.models import Enrolment
from records.patients import reveal
from tests.webapp.patient_room import (
    DANGER,
    GREEN,
    ORANGE,
    RED,
    as_form,
    as_json,
    bring_into_force,
    enter,
    hidden,
    make_checkin,
    make_followed,
)
from triage.models import Alert, Assessment
from webapp.patient import reception

OURS = {"Sec-Fetch-Site": "same-origin"}
NAMES = ("csrf_token", "key", "owner", "checkin", "questionnaire", "version", "language", "answer-has-oximeter")


def open_page(client: FlaskClient, address: str = "/fr/checkin") -> dict[str, str]:
    """The hidden fields of the questionnaire's page."""
    html = client.get(address).text
    return {name: hidden(html, name) for name in NAMES}


def count(session: Session, of: type = Response) -> int | None:
    return session.scalar(select(func.count()).select_from(of))


def send_json(
    client: FlaskClient, enrolment: Enrolment, answers: object, *, key: object = None, headers=None, **body: object
):
    body = {"owner": reception.owner_of(enrolment), "version": "1.0.0", "language": "fr", "answers": answers} | body
    headers = (OURS if headers is None else headers) | {"Idempotency-Key": str(key or uuid.uuid4())}
    return client.post("/api/answers", json=body, headers=headers)


def stored(session: Session) -> Response:
    return session.scalars(select(Response)).one()


def test_a_form_sent_twice_is_one_report_with_one_result(client: FlaskClient, session: Session) -> None:
    enter(client, session, make_followed(session))
    fields = open_page(client)

    first, second = (client.post("/fr/checkin/answers", data=as_form(GREEN, **fields)) for _ in range(2))

    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert count(session) == count(session, Assessment) == 1


def test_a_form_opened_anew_is_a_new_report(client: FlaskClient, session: Session) -> None:
    enter(client, session, make_followed(session))

    for _ in range(2):
        client.post("/fr/checkin/answers", data=as_form(GREEN, **open_page(client)))

    assert count(session) == 2


def test_the_same_key_with_other_answers_is_kept_beside_the_first(client: FlaskClient, session: Session) -> None:
    enter(client, session, make_followed(session))
    fields = open_page(client)

    for answers in (GREEN, RED, RED, GREEN):
        assert client.post("/fr/checkin/answers", data=as_form(answers, **fields)).status_code == 303

    levels = session.scalars(select(Assessment.level).order_by(Assessment.id)).all()
    assert levels == ["green", "red"]


@pytest.mark.parametrize("key", ["", "nonsense", "x" * 5000, "\x00", "00000000-0000-0000-0000-00000000000g"])
def test_a_spoilt_key_loses_nothing_and_doubles_nothing(client: FlaskClient, session: Session, key: str) -> None:
    enter(client, session, make_followed(session))
    fields = open_page(client) | {"key": key}

    for _ in range(2):
        assert client.post("/fr/checkin/answers", data=as_form(ORANGE, **fields)).status_code == 303

    assert count(session) == 1


def test_answers_close_the_open_check_in(client: FlaskClient, session: Session) -> None:
    enrolment = make_followed(session)
    checkin = make_checkin(session, enrolment, opened=clock.now() - timedelta(hours=1))
    enter(client, session, enrolment)

    client.post("/fr/checkin/answers", data=as_form(GREEN, **open_page(client)))

    assert session.get_one(Checkin, checkin.id, populate_existing=True).state == "answered"
    assert stored(session).checkin_id == checkin.id


def test_a_page_of_this_morning_answers_this_mornings_check_in_even_late(client: FlaskClient, session: Session) -> None:
    enrolment = make_followed(session)
    opened = clock.now() - timedelta(hours=6)
    checkin = make_checkin(session, enrolment, opened=opened, state="missed", closed_at=opened + timedelta(hours=4))
    enter(client, session, enrolment)

    client.post("/fr/checkin/answers", data=as_form(GREEN, **open_page(client)))

    assert (stored(session).checkin_id, stored(session).late) == (checkin.id, True)
    assert session.get_one(Checkin, checkin.id, populate_existing=True).state == "missed"


def test_a_strangers_check_in_is_left_alone(client: FlaskClient, session: Session) -> None:
    enrolment, stranger = make_followed(session), make_followed(session)
    theirs = make_checkin(session, stranger, opened=clock.now() - timedelta(hours=1))
    enter(client, session, enrolment)

    client.post("/fr/checkin/answers", data=as_form(GREEN, **open_page(client) | {"checkin": str(theirs.public_id)}))

    assert stored(session).checkin_id is None
    assert session.get_one(Checkin, theirs.id, populate_existing=True).state == "open"


@pytest.mark.parametrize("state", ["paused", "discharged"])
def test_who_is_not_followed_any_more_is_told_so_and_still_heard(
    client: FlaskClient, session: Session, state: str
) -> None:
    enter(client, session, make_followed(session, state))

    page = client.get("/fr/checkin").text
    answer = client.post("/fr/checkin/answers", data=as_form(RED, **open_page(client)))

    assert ("Votre suivi est terminé" in page) == (state == "discharged")
    assert ("Votre suivi est en pause" in page) == (state == "paused")
    assert answer.status_code == 303
    assert session.scalars(select(Assessment.level)).all() == ["red"]
    assert count(session, Alert) == 1


def test_what_is_missing_or_unclear_is_asked_again_and_all_input_stays(client: FlaskClient, session: Session) -> None:
    enter(client, session, make_followed(session))
    answers = GREEN | {"heart-rate": "7O", "temperature": "38 6"}
    del answers["chills"]

    page = client.post("/fr/checkin/answers", data=as_form(answers, **open_page(client)))

    assert page.status_code == 422
    assert page.text.count('<li><a href="#answer-') == 3
    assert 'value="7O"' in page.text
    assert 'value="38 6"' in page.text
    assert re.search(r'name="answer-malaise" value="none" checked', page.text)
    assert count(session) == 0


def test_the_page_that_asks_again_keeps_its_key(client: FlaskClient, session: Session) -> None:
    enter(client, session, make_followed(session))
    fields = open_page(client)

    page = client.post("/fr/checkin/answers", data=as_form({}, **fields))

    assert hidden(page.text, "key") == fields["key"]


def test_an_unlikely_value_is_asked_once_and_taken_when_confirmed(client: FlaskClient, session: Session) -> None:
    enter(client, session, make_followed(session))
    fields = as_form(GREEN | {"temperature": "41,5"}, **open_page(client))

    asked = client.post("/fr/checkin/answers", data=fields)
    taken = client.post("/fr/checkin/answers", data=fields | {"confirmed-temperature": "41,5"})

    assert asked.status_code == 422
    assert "41,5" in asked.text
    assert hidden(asked.text, "asked-temperature") == "41,5"
    assert taken.status_code == 303
    assert stored(session).answers["temperature"] == [{"decimal": "41.5", "confirmed": True}]


def test_an_unlikely_value_sent_again_without_a_word_is_taken_unconfirmed(
    client: FlaskClient, session: Session
) -> None:
    enter(client, session, make_followed(session))
    fields = as_form(GREEN | {"temperature": "41,5"}, **open_page(client))

    taken = client.post("/fr/checkin/answers", data=fields | {"asked-temperature": "41,5"})

    assert taken.status_code == 303
    assert stored(session).answers["temperature"] == [{"decimal": "41.5"}]


def test_another_unlikely_value_is_asked_about_anew(client: FlaskClient, session: Session) -> None:
    enter(client, session, make_followed(session))
    fields = as_form(GREEN | {"temperature": "42,5"}, **open_page(client))

    asked = client.post(
        "/fr/checkin/answers", data=fields | {"asked-temperature": "41,5", "confirmed-temperature": "41,5"}
    )

    assert asked.status_code == 422


def test_a_sign_of_danger_says_call_15_even_while_something_is_asked_again(
    client: FlaskClient, session: Session
) -> None:
    enter(client, session, make_followed(session))
    fields = open_page(client)
    calm = client.post("/fr/checkin/answers", data=as_form(GREEN | {"heart-rate": "?"}, **fields))
    danger = client.post("/fr/checkin/answers", data=as_form(DANGER | {"heart-rate": "?"}, **fields))

    assert "Une de vos réponses est un signe de danger" not in calm.text
    assert "Une de vos réponses est un signe de danger" in danger.text


def test_could_not_measure_is_an_answer_and_not_green(client: FlaskClient, session: Session) -> None:
    enter(client, session, make_followed(session))
    answers = {name: value for name, value in GREEN.items() if name != "temperature"}

    client.post("/fr/checkin/answers", data=as_form(answers, **open_page(client), **{"absent-temperature": "y"}))

    assert stored(session).answers["temperature"] == [{"absent": "could-not-measure"}]
    assert session.scalars(select(Assessment.level)).one() == "orange"


def test_the_oximeter_is_asked_of_those_who_have_one(client: FlaskClient, session: Session) -> None:
    with_one, without = make_followed(session, has_oximeter=True), make_followed(session, has_oximeter=False)

    enter(client, session, with_one)
    assert 'name="answer-spo2"' in client.get("/fr/checkin").text
    enter(client, session, without)
    assert 'name="answer-spo2"' not in client.get("/fr/checkin").text


def test_hostile_fields_are_kept_aside_and_never_run(client: FlaskClient, session: Session) -> None:
    enter(client, session, make_followed(session))
    hostile = {
        "answer-<script>": "1",
        "answer-": "x",
        "answer-no\x00such": "\x00",
        "absent-chills": "y",
        "x" * 999: "y",
    }

    taken = client.post("/fr/checkin/answers", data=as_form(GREEN, **open_page(client), **hostile))

    assert taken.status_code == 303
    assert set(stored(session).answers) == {*GREEN, "has-oximeter"}


def test_an_answer_that_is_markup_is_shown_as_text(client: FlaskClient, session: Session) -> None:
    enter(client, session, make_followed(session))

    page = client.post(
        "/fr/checkin/answers", data=as_form(GREEN | {"temperature": '"><script>alert(1)</script>'}, **open_page(client))
    )

    assert page.status_code == 422
    assert "<script>alert" not in page.text


def test_too_much_is_refused_before_it_is_read(client: FlaskClient, session: Session) -> None:
    enrolment = make_followed(session)
    enter(client, session, enrolment)
    fields = open_page(client)

    assert client.post("/fr/checkin/answers", data=fields | {"answer-temperature": "9" * 300_000}).status_code == 413
    assert send_json(client, enrolment, {"temperature": {"raw": ["9" * 100_000]}}).status_code in (400, 413)
    assert count(session) == 0


@pytest.mark.parametrize("token", [None, "", "forged"])
def test_a_form_from_another_site_changes_nothing(client: FlaskClient, session: Session, token: str | None) -> None:
    enter(client, session, make_followed(session))
    fields = open_page(client) | {"csrf_token": token}

    assert client.post("/fr/checkin/answers", data=as_form(RED, **fields)).status_code == 400
    assert count(session) == 0


def test_answers_of_an_ended_session_are_carried_through_the_door(client: FlaskClient, session: Session) -> None:
    enrolment = make_followed(session)
    enter(client, session, enrolment)
    fields = open_page(client)
    client.delete_cookie("vigidom_patient")

    door = client.post("/fr/checkin/answers", data=as_form(ORANGE, **fields))
    carried = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', door.text))
    born = reveal(enrolment.patient).birth_date
    proof = {"code": doors.code_of(enrolment), "day": str(born.day), "month": str(born.month)}
    proof["csrf_token"] = hidden(door.text, "csrf_token")
    wrong = client.post("/fr/enter", data=carried | proof | {"day": str(born.day % 28 + 1)})
    answer = client.post("/fr/enter", data=carried | proof)

    assert door.status_code == 401
    assert hidden(wrong.text, "answer-temperature") == ORANGE["temperature"]
    assert answer.status_code == 303
    assert session.scalars(select(Assessment.level)).one() == "orange"
    assert client.get(answer.location).status_code == 200


def test_what_is_unclear_in_carried_answers_is_asked_again_behind_the_door(
    client: FlaskClient, session: Session
) -> None:
    enrolment = make_followed(session)
    enter(client, session, enrolment)
    fields = open_page(client)
    client.delete_cookie("vigidom_patient")
    door = client.post("/fr/checkin/answers", data=as_form(GREEN | {"temperature": "43,5"}, **fields))
    carried = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', door.text))
    born = reveal(enrolment.patient).birth_date
    proof = {"code": doors.code_of(enrolment), "day": str(born.day), "month": str(born.month)}

    answer = client.post("/fr/enter", data=carried | proof | {"csrf_token": hidden(door.text, "csrf_token")})

    assert answer.status_code == 422
    assert hidden(answer.text, "key") == fields["key"]
    assert client.get("/fr/checkin").status_code == 200, "the session that began stays"


def test_a_page_of_one_patient_is_never_sent_as_anothers(client: FlaskClient, session: Session) -> None:
    one, other = make_followed(session), make_followed(session)
    enter(client, session, one)
    fields = open_page(client)
    enter(client, session, other)

    form = client.post("/fr/checkin/answers", data=as_form(RED, **fields))
    script = send_json(client, one, as_json(RED))

    assert form.location == "/fr/checkin"
    assert "autre personne" in client.get(form.location).text
    assert script.status_code == 401
    assert count(session) == 0


def test_json_is_created_once_and_repeated_with_the_first_result(client: FlaskClient, session: Session) -> None:
    enrolment, key = make_followed(session), uuid.uuid4()
    enter(client, session, enrolment)

    first, second = (send_json(client, enrolment, as_json(DANGER), key=key) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json == second.json
    assert first.json["level"] == "red"
    assert first.json["call_15"] is True
    assert client.get(first.json["url"]).status_code == 200
    assert count(session) == 1


def test_json_keeps_what_the_phone_says_of_version_language_and_time(client: FlaskClient, session: Session) -> None:
    enrolment = make_followed(session)
    enter(client, session, enrolment)

    send_json(client, enrolment, as_json(GREEN), language="en", completed_at="2026-03-09T21:30:00+01:00")

    kept = stored(session)
    assert kept.language == "en"
    assert kept.completed_at is not None
    assert kept.completed_at.isoformat() == "2026-03-09T20:30:00+00:00"


@pytest.mark.parametrize("by_script", [True, False])
def test_answers_keep_the_version_that_their_page_was_made_from(
    client: FlaskClient, session: Session, by_script: bool
) -> None:
    enrolment = make_followed(session)
    enter(client, session, enrolment)
    fields = open_page(client)
    bring_into_force(session, "1.1.0")

    if by_script:
        send_json(client, enrolment, as_json(GREEN), version=fields["version"])
    else:
        client.post("/fr/checkin/answers", data=as_form(GREEN, **fields))

    assert session.get_one(QuestionnaireVersion, stored(session).version_id).version == fields["version"] == "1.0.0"


@pytest.mark.parametrize("by_script", [True, False])
def test_answers_keep_their_version_when_the_programme_asks_a_form_by_others_meanwhile(
    client: FlaskClient, session: Session, by_script: bool
) -> None:
    enrolment = make_followed(session)
    enter(client, session, enrolment)
    fields = open_page(client)
    bring_into_force(session, fields["version"], url="https://example.org/our-own")

    if by_script:
        url = library.document()["url"]
        send_json(client, enrolment, as_json(GREEN), version=fields["version"], questionnaire=url)
    else:
        client.post("/fr/checkin/answers", data=as_form(GREEN, **fields))

    assert session.get_one(QuestionnaireVersion, stored(session).version_id).url == library.document()["url"]


@pytest.mark.parametrize(
    "told",
    [
        {"version": None},
        {"questionnaire": "https://example.org/never-asked"},
        {"questionnaire": ["x"]},
        {"version": ["1.0.0"]},
        {"version": "99"},
        {"language": "tlh"},
        {"language": 7},
        {"language": None},
        {"checkin": "nonsense"},
        {"checkin": {"a": 1}},
        {"checkin": "6b1f7a52-93f4-4c07-9a5e-2d1c8e0f4b3a"},
        {"completed_at": "yesterday"},
        {"completed_at": "2026-03-09T21:30:00"},
        {"completed_at": 1e400},
        {"completed_at": "9" * 100},
        {"surprise": [[[]]]},
    ],
    ids=str,
)
def test_json_is_taken_whatever_is_told_beside_the_answers(
    client: FlaskClient, session: Session, told: dict[str, object]
) -> None:
    enrolment = make_followed(session)
    enter(client, session, enrolment)

    assert send_json(client, enrolment, as_json(GREEN), **told).status_code == 201


@pytest.mark.parametrize(
    "answers",
    [
        None,
        [],
        "x",
        7,
        {},
        {"temperature": None},
        {"temperature": {"raw": {"a": 1}}},
        {"temperature": {"raw": ["38 6"]}},
        {"temperature": [[["38.6"]]]},
        {"chest-pain": {"raw": ["perhaps"]}},
        {"\x00": "\ud800"},
        {"no-such-question": {"raw": ["1"]}},
    ],
    ids=str,
)
def test_json_with_unreadable_answers_is_taken_and_is_never_green(
    client: FlaskClient, session: Session, answers: object
) -> None:
    enrolment = make_followed(session)
    enter(client, session, enrolment)

    answer = send_json(client, enrolment, answers)

    assert answer.status_code == 201
    assert answer.json["level"] == "orange"


@pytest.mark.parametrize("body", ["", "[]", "null", "7", '"x"', "{", "[" * 10_000, '{"a":' * 5_000, "\xff"])
def test_json_that_is_no_object_is_refused_with_a_sentence(client: FlaskClient, session: Session, body: str) -> None:
    enter(client, session, make_followed(session))
    headers = OURS | {"Idempotency-Key": str(uuid.uuid4())}

    answer = client.post("/api/answers", data=body, content_type="application/json", headers=headers)

    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"
    assert "JSON" in json.loads(answer.text)["title"]


def test_json_must_say_that_it_is_json(client: FlaskClient, session: Session) -> None:
    enter(client, session, make_followed(session))
    headers = OURS | {"Idempotency-Key": str(uuid.uuid4())}

    assert client.post("/api/answers", data="{}", content_type="text/plain", headers=headers).status_code == 400


@pytest.mark.parametrize("key", ["", "1", "nonsense", "x" * 5000])
def test_json_without_a_proper_key_is_refused(client: FlaskClient, session: Session, key: str) -> None:
    enrolment = make_followed(session)
    enter(client, session, enrolment)
    body = {"owner": reception.owner_of(enrolment), "answers": as_json(GREEN)}

    assert client.post("/api/answers", json=body, headers=OURS | {"Idempotency-Key": key}).status_code == 400
    assert client.post("/api/answers", json=body, headers=OURS).status_code == 400
    assert count(session) == 0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.elsewhere.example"},
        {"Origin": "http://["},
    ],
    ids=str,
)
def test_json_from_another_site_changes_nothing(client: FlaskClient, session: Session, headers: dict[str, str]) -> None:
    enrolment = make_followed(session)
    enter(client, session, enrolment)

    assert send_json(client, enrolment, as_json(RED), headers=headers).status_code == 403
    assert count(session) == 0


def test_json_from_an_older_browser_is_known_by_its_origin(client: FlaskClient, session: Session) -> None:
    enrolment = make_followed(session)
    enter(client, session, enrolment)

    assert send_json(client, enrolment, as_json(GREEN), headers={"Origin": "http://localhost"}).status_code == 201


def test_json_of_an_ended_session_is_asked_to_enter_again(client: FlaskClient, session: Session) -> None:
    enrolment = make_followed(session)
    enter(client, session, enrolment)

    with time_machine.travel(clock.now() + timedelta(hours=3)):
        answer = send_json(client, enrolment, as_json(GREEN))

    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert count(session) == 0


def test_the_door_of_the_script_has_no_other_methods(app: Flask, client: FlaskClient, session: Session) -> None:
    enter(client, session, make_followed(session))

    assert {client.get("/api/answers").status_code, client.put("/api/answers").status_code} == {405}
    preflight = client.options("/api/answers", headers={"Origin": "https://elsewhere.example"})
    assert "Access-Control-Allow-Origin" not in preflight.headers
