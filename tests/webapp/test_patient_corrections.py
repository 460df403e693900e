"""Beside the first answers, never in their place: corrections, and what was measured again."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from questionnaires.models import Checkin, Response
from records import clock
from records.models import Enrolment
from tests.webapp.patient_room import GREEN, RED, as_form, as_json, enter, hidden, make_checkin, make_followed
from triage.models import Alert, Assessment, Callback
from webapp.patient import reception

OPEN = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
EXTREME = GREEN | {"temperature": "43,5"}
NAMES = ("csrf_token", "key", "owner", "checkin", "version", "language")


@pytest.fixture
def followed(client: FlaskClient, session: Session):
    with time_machine.travel(OPEN, tick=False) as moving:
        enrolment = make_followed(session, now=OPEN - timedelta(days=1))
        enter(client, session, enrolment)
        yield enrolment, moving


def send(client: FlaskClient, answers: dict[str, str], address: str = "/en/checkin", **beside: str) -> str:
    """The address of the result. A value that is asked about is sent again as it was."""
    page = client.get(address).text
    fields = as_form(answers, **{name: hidden(page, name) for name in NAMES}, **beside)
    answer = client.post("/en/checkin/answers", data=fields)
    if answer.status_code == 422:
        asked = {f"asked-{link_id}": value for link_id, value in answers.items()}
        confirmed = {f"confirmed-{link_id}": value for link_id, value in answers.items()}
        answer = client.post("/en/checkin/answers", data=fields | asked | confirmed)
    assert answer.status_code == 303
    return str(answer.location)


def correct(client: FlaskClient, result: str, answers: dict[str, str]) -> str:
    return send(client, answers, f"/en/checkin?correct={result.rsplit('/', 1)[1]}")


def measure(client: FlaskClient, result: str, **values: str):
    token = hidden(client.get(result).text, "csrf_token")
    return client.post(result, data={"csrf_token": token} | {f"answer-{name}": text for name, text in values.items()})


def stored(session: Session) -> list[Response]:
    session.expire_all()
    return list(session.scalars(select(Response).order_by(Response.id)))


def levels(session: Session) -> list[str]:
    return list(session.scalars(select(Assessment.level).order_by(Assessment.id)))


def test_a_correction_stands_beside_the_first_answers_of_the_same_check_in(
    client: FlaskClient, session: Session, followed
) -> None:
    checkin = make_checkin(session, followed[0], opened=OPEN - timedelta(hours=1))

    again = correct(client, send(client, GREEN), GREEN | {"temperature": "37,9"})

    first, second = stored(session)
    assert (first.amends_id, second.amends_id) == (None, first.id)
    assert [each.answers["temperature"][0]["decimal"] for each in (first, second)] == ["37.2", "37.9"]
    assert first.checkin_id == second.checkin_id == checkin.id
    assert client.get(again).status_code == 200


def test_a_correction_of_a_correction_and_the_same_one_twice_hang_on_the_first(
    client: FlaskClient, session: Session, followed
) -> None:
    result = send(client, GREEN)

    second = correct(client, result, GREEN | {"temperature": "37,9"})
    correct(client, second, GREEN | {"temperature": "38,0"})
    assert correct(client, result, GREEN | {"temperature": "37,9"}) == second

    first, *others = stored(session)
    assert [other.amends_id for other in others] == [first.id, first.id]


def test_a_correction_withdraws_no_red(client: FlaskClient, session: Session, followed) -> None:
    correct(client, send(client, RED), GREEN)

    assert levels(session) == ["red", "green"]
    assert session.scalars(select(Alert.id)).all()
    assert session.scalar(select(func.count()).select_from(Callback).where(Callback.closed_at.is_(None))) == 1


def test_a_correction_that_was_begun_in_time_and_came_late_is_still_one(
    client: FlaskClient, session: Session, followed
) -> None:
    enrolment, moving = followed
    checkin = make_checkin(session, enrolment, opened=OPEN - timedelta(hours=1))
    send(client, GREEN)
    body = {"owner": reception.owner_of(enrolment), "version": "1.0.0", "language": "en", "answers": as_json(RED)}
    key = str(stored(session)[0].key)

    moving.shift(timedelta(hours=1, minutes=50))  # it waited on the phone
    headers = {"Sec-Fetch-Site": "same-origin", "Idempotency-Key": key}
    answer = client.post("/api/answers", json=body | {"checkin": str(checkin.public_id)}, headers=headers)

    first, second = stored(session)
    assert (answer.status_code, second.amends_id, second.checkin_id) == (201, first.id, checkin.id)
    assert levels(session) == ["green", "red"]
    assert session.get_one(Checkin, checkin.id).state == "answered"


def test_the_page_of_a_correction_has_the_key_of_the_first_answers(
    client: FlaskClient, session: Session, followed
) -> None:
    result = send(client, GREEN)
    page = client.get(f"/en/checkin?correct={result.rsplit('/', 1)[1]}").text

    key = str(stored(session)[0].key)
    assert hidden(page, "key") == key
    assert f'"key": "{key}"' in page
    assert '"key": null' in client.get("/en/checkin").text


def test_an_extreme_value_is_asked_for_again_once_while_its_alert_stands(
    client: FlaskClient, session: Session, followed
) -> None:
    result = send(client, EXTREME)
    page = client.get(result).text
    assert levels(session) == ["red"]
    assert page.index("<h1") < page.index("Please measure once more")
    assert page.count('name="answer-') == 1

    answer = measure(client, result, temperature="38,5")

    first, second = stored(session)
    assert (answer.status_code, second.amends_id, second.key == first.key) == (303, first.id, False)
    assert second.answers == first.answers | {"temperature": [{"decimal": "38.5"}]}
    assert first.answers["temperature"] == [{"decimal": "43.5", "confirmed": True}]
    assert "Please measure once more" not in client.get(answer.location).text
    assert "Please measure once more" not in client.get(result).text
    assert session.scalar(select(func.count()).select_from(Callback).where(Callback.closed_at.is_(None))) == 1


def test_a_carer_who_measures_again_stays_the_one_who_answers(client: FlaskClient, session: Session, followed) -> None:
    result = send(client, EXTREME, informant="carer")

    measure(client, result, temperature="38,5")

    assert [row.informant for row in stored(session)] == ["carer", "carer"]


def test_no_reply_changes_nothing(client: FlaskClient, session: Session, followed) -> None:
    result = send(client, EXTREME)

    client.get(result)

    assert len(stored(session)) == 1
    assert session.scalar(select(func.count()).select_from(Callback)) == 1


def test_the_same_extreme_value_again_is_kept_too_and_not_asked_a_third_time(
    client: FlaskClient, session: Session, followed
) -> None:
    answer = measure(client, send(client, EXTREME), temperature="43,5")

    assert levels(session) == ["red", "red"]
    assert "Please measure once more" not in client.get(answer.location).text


@pytest.mark.parametrize("text", ["", "abc", "4 3", "9" * 60])
def test_what_cannot_be_read_is_asked_again_in_place(
    client: FlaskClient, session: Session, followed, text: str
) -> None:
    answer = measure(client, send(client, EXTREME), temperature=text)

    assert answer.status_code == 422
    assert "Please measure once more" in answer.text
    assert text in answer.text
    assert len(stored(session)) == 1


def test_only_what_was_extreme_can_be_measured_again(client: FlaskClient, session: Session, followed) -> None:
    result = send(client, EXTREME)

    assert measure(client, result, **{"fainted": "true", "heart-rate": "70"}).status_code == 422
    measure(client, result, temperature="37,0", fainted="true")

    first, second = stored(session)
    assert second.answers == first.answers | {"temperature": [{"decimal": "37.0"}]}


def test_ordinary_and_even_red_measures_are_not_asked_for_again(
    client: FlaskClient, session: Session, followed
) -> None:
    for answers in (GREEN, GREEN | {"temperature": "40,2"}):
        assert "Please measure once more" not in client.get(send(client, answers)).text


def test_nobody_measures_again_for_another(client: FlaskClient, session: Session, followed) -> None:
    result = send(client, EXTREME)
    stranger: Enrolment = make_followed(session, now=clock.now())
    enter(client, session, stranger)
    token = hidden(client.get("/en/checkin").text, "csrf_token")

    for address in (result, f"/en/checkin/result/{uuid.uuid4()}"):
        answer = client.post(address, data={"csrf_token": token, "answer-temperature": "37,0"})
        assert answer.status_code == 404
    assert client.post(result, data={"answer-temperature": "37,0"}).status_code == 400
    assert len(stored(session)) == 1


def test_what_was_measured_again_was_measured_with_its_instructions_on_the_page(
    client: FlaskClient, session: Session, followed
) -> None:
    measure(client, send(client, EXTREME), temperature="38,5")

    kept = session.scalars(select(Response.how_to).order_by(Response.id)).all()

    assert kept == [None, ["temperature"]]
