"""That the questions were opened and where they were left: the place alone, from our own page, never an answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from questionnaires.models import Checkin, CheckinState
from records import clock, doors
from records.db import db
from records.models import Enrolment
from tests.statements import counted
from tests.webapp.patient_room import GREEN, as_json, enter, make_checkin, make_followed
from webapp.patient import reception

OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def followed(session: Session) -> Enrolment:
    return make_followed(session)


@pytest.fixture
def checkin(session: Session, followed: Enrolment) -> Checkin:
    return make_checkin(session, followed, opened=clock.now() - timedelta(hours=1))


def stands(session: Session, checkin: Checkin) -> tuple[bool, int | None]:
    session.expire_all()
    found = session.get_one(Checkin, checkin.id)
    return found.opened_at is not None, found.left_at_question


def told(followed: Enrolment, checkin: Checkin, question: Any = 4) -> dict[str, Any]:
    return {"owner": reception.owner_of(followed), "checkin": str(checkin.public_id), "question": question}


def test_opening_the_questions_is_written_down_once_and_costs_nothing_after(
    app: Flask, client: FlaskClient, session: Session, followed: Enrolment, checkin: Checkin
) -> None:
    enter(client, session, followed)
    with app.app_context():
        engine = db.engine
    with counted(engine) as first:
        client.get("/fr/checkin")
    with counted(engine) as again:
        client.get("/fr/checkin")

    assert stands(session, checkin) == (True, None)
    assert sum("UPDATE checkins" in one for one in first) == 1
    assert not any("UPDATE" in one for one in again)


def test_a_preview_of_the_text_opens_nothing(
    client: FlaskClient, session: Session, followed: Enrolment, checkin: Checkin
) -> None:
    link = doors.make_link("checkin", checkin.public_id)

    assert client.get(f"/q/{link}").status_code == 200

    assert stands(session, checkin) == (False, None)


def test_the_phone_tells_the_place_as_it_leaves_and_the_answers_make_it_forgotten(
    client: FlaskClient, session: Session, followed: Enrolment, checkin: Checkin
) -> None:
    enter(client, session, followed)

    assert client.post("/api/left", json=told(followed, checkin), headers=OURS).status_code == 204
    assert stands(session, checkin) == (True, 4)
    client.post("/api/left", json=told(followed, checkin, 2), headers=OURS)
    assert stands(session, checkin) == (True, 2), "the last place counts"

    sent = {"owner": reception.owner_of(followed), "version": "1.0.0", "language": "fr", "answers": as_json(GREEN)}
    headers = OURS | {"Idempotency-Key": "4f6a3a52-8e0c-4a7a-9f77-3c5c2f4f1c11"}
    answered = client.post("/api/answers", json=sent | {"checkin": str(checkin.public_id)}, headers=headers)
    assert answered.status_code == 201
    client.post("/api/left", json=told(followed, checkin, 5), headers=OURS)

    assert stands(session, checkin) == (True, None)
    assert checkin.state == CheckinState.ANSWERED


@pytest.mark.parametrize("question", [0, -1, 501, 10**12, "4", 4.0, True, None, [4], {"a": 1}])
def test_what_is_no_place_is_not_taken(
    client: FlaskClient, session: Session, followed: Enrolment, checkin: Checkin, question: Any
) -> None:
    enter(client, session, followed)

    assert client.post("/api/left", json=told(followed, checkin, question), headers=OURS).status_code == 204

    assert stands(session, checkin)[1] is None


def test_no_other_page_and_nobody_else_tells_a_place(
    client: FlaskClient, session: Session, followed: Enrolment, checkin: Checkin
) -> None:
    assert client.post("/api/left", json=told(followed, checkin), headers=OURS).status_code == 401
    other = make_followed(session)
    enter(client, session, other)
    foreign = told(other, checkin)

    answers = [
        client.post("/api/left", json=told(followed, checkin), headers=OURS),
        client.post("/api/left", json=foreign, headers=OURS),
        client.post("/api/left", json=foreign, headers={"Sec-Fetch-Site": "cross-site"}),
        client.post("/api/left", json=foreign),
        client.post("/api/left", data=b"{" * 400, headers=OURS | {"Content-Type": "application/json"}),
        client.post("/api/left", json=foreign | {"more": "x" * 600}, headers=OURS),
    ]

    assert [answer.status_code for answer in answers] == [204, 204, 403, 403, 400, 413]
    assert stands(session, checkin) == (False, None)
    assert session.scalars(sa.select(Checkin.left_at_question)).all() == [None]
