"""How many statements reach the database on each hot path, counted, so that a further one is a decision."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from questionnaires import jobs
from records import clock
from records.db import db
from tests.statements import counted
from tests.webapp.patient_room import GREEN, RED, as_json, enter, hidden, make_checkin, make_followed
from tests.webapp.ward import RED as RED_ANSWERS
from tests.webapp.ward import Ward, open_ward
from tests.webapp.ward import enter as enter_ward
from triage.models import Callback
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


@pytest.fixture
def ward(session: Session) -> Ward:
    """Three patients to call."""
    made = open_ward(session)
    for _ in range(3):
        made.answer(made.patient(), RED_ANSWERS)
    return made


def test_the_queues_page_reads_who_asks_the_queue_its_rows_views_to_ask_and_what_one_must_be_told(
    app: Flask, application: sa.Engine, ward: Ward
) -> None:
    browser = enter_ward(app, ward)
    browser.get("/fr/queue")  # this process reads the protocol, once

    with counted(application) as sent:
        assert browser.get("/fr/queue").text.count('class="vd-queue__name"') == 3

    look, rows = "callbacks", "jsonb_array_elements"
    assert tables(sent) == ["staff_sessions", look, rows, "saved_views", "checkins", "callbacks"]


def test_a_poll_that_finds_nothing_new_reads_who_asks_and_the_queue_once(
    app: Flask, application: sa.Engine, ward: Ward
) -> None:
    browser = enter_ward(app, ward)
    known = browser.get("/fr/queue/rows").headers["ETag"]

    with counted(application) as sent:
        assert browser.get("/fr/queue/rows", headers={"If-None-Match": known}).status_code == 304

    assert tables(sent)[1:] == ["callbacks"]


def test_a_claim_asks_the_clock_locks_the_call_back_and_writes_it_its_event_and_one_act(
    app: Flask, application: sa.Engine, ward: Ward
) -> None:
    browser = enter_ward(app, ward)
    token = hidden(browser.get("/fr/queue").text, "csrf_token")
    callback = ward.session.scalars(sa.select(Callback.public_id).limit(1)).one()

    with counted(application) as sent:
        browser.post(f"/fr/callbacks/{callback}/claim", data={"csrf_token": token})

    assert sum("clock_timestamp" in statement for statement in sent) == 1
    looks = ["callbacks"] * 3  # whose it is; its lock; what stands under the lock
    assert tables(sent)[:4] == ["staff_sessions", *looks]
    assert sorted(tables(sent)[4:]) == ["audit_heads", "callback_events", "callbacks"]


def test_a_beat_that_opens_check_ins_reads_zones_and_programmes_and_writes_once(
    session: Session, engine: sa.Engine
) -> None:
    make_followed(session)
    session.execute(sa.text("UPDATE enrolments SET next_checkin_at = now() - interval '1 hour'"))
    session.commit()

    with counted(engine) as sent:
        jobs.open_checkins(session, now=clock.now())

    assert tables(sent) == ["enrolments", "programmes", "enrolments"]


def tables(statements: list[str]) -> list[str]:
    """The first table that each statement names, if any."""
    named = [re.findall(r"\b(?:FROM|INTO|UPDATE) (?!unnest)([a-z]\w+)", statement) for statement in statements]
    return [found[0] for found in named if found]
