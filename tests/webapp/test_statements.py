"""How many statements reach the database on each hot path, counted, so that a further one is a decision."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from records import clock
from records.db import db
from tests.webapp.patient_room import GREEN, RED, as_json, enter, make_checkin, make_followed
from webapp.patient import reception


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The statements that the application sends inside the block."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_a_submission_is_one_read_and_one_write(app: Flask, client: FlaskClient, session: Session) -> None:
    enrolment = make_followed(session)
    checkin = make_checkin(session, enrolment, opened=clock.now() - timedelta(hours=1))
    enter(client, session, enrolment)
    body = {"owner": reception.owner_of(enrolment), "version": "1.0.0", "language": "fr"}

    def send(answers: dict[str, str]) -> int:
        headers = {"Sec-Fetch-Site": "same-origin", "Idempotency-Key": str(uuid.uuid4())}
        sent = body | {"checkin": str(checkin.public_id), "answers": as_json(answers)}
        return client.post("/api/answers", json=sent, headers=headers).status_code

    assert send(GREEN) == 201  # this process reads questionnaire and protocol, once
    with counted(app) as green:
        assert send(GREEN) == 201
    with counted(app) as red:
        assert send(RED) == 201

    assert (len(green), len(red)) == (2, 2)
