"""How many statements reach the database on each hot path, counted, so that a further one is a decision."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from records import clock
from records.db import db
from tests.statements import counted
from tests.webapp.patient_room import GREEN, RED, as_json, enter, make_checkin, make_followed
from webapp.patient import reception


@pytest.fixture
def application(app: Flask) -> sa.Engine:
    """The engine that the application's own requests use."""
    with app.app_context():
        return db.engine


def test_a_submission_is_one_read_and_one_write(application: sa.Engine, client: FlaskClient, session: Session) -> None:
    enrolment = make_followed(session)
    checkin = make_checkin(session, enrolment, opened=clock.now() - timedelta(hours=1))
    enter(client, session, enrolment)
    body = {"owner": reception.owner_of(enrolment), "version": "1.0.0", "language": "fr"}

    def send(answers: dict[str, str]) -> int:
        headers = {"Sec-Fetch-Site": "same-origin", "Idempotency-Key": str(uuid.uuid4())}
        sent = body | {"checkin": str(checkin.public_id), "answers": as_json(answers)}
        return client.post("/api/answers", json=sent, headers=headers).status_code

    assert send(GREEN) == 201  # this process reads questionnaire and protocol, once
    with counted(application) as green:
        assert send(GREEN) == 201
    with counted(application) as red:
        assert send(RED) == 201

    assert (len(green), len(red)) == (2, 2)
