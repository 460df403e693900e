"""My page: what everybody with a session may see and ask for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from notifications.models import Message
from records import clock, contacts, patients
from records.db import db
from records.models import AnswersBy, Enrolment, Role
from tests import factories
from tests.statements import counted
from tests.webapp.patient_room import enter, hidden, make_checkin, make_followed
from tests.webapp.test_statements import tables
from triage import followup
from triage.models import Alert, AlertKind

OPEN = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)  # 10:00 in Paris
CLOSED = datetime(2026, 3, 10, 22, 30, tzinfo=UTC)  # 23:30 in Paris
HOUR = timedelta(hours=1)


@pytest.fixture
def day() -> Iterator[time_machine.Coordinates]:
    """Ten in the morning in Paris."""
    with time_machine.travel(OPEN, tick=False) as moved:
        yield moved


def visit(client: FlaskClient, session: Session, state: str = "active", **overrides: Any) -> Enrolment:
    enrolment = make_followed(session, state, now=clock.now() - 2 * HOUR, **overrides)
    enter(client, session, enrolment)
    return enrolment


def do(client: FlaskClient, act: str, page: str = "me", **fields: str) -> str:
    """The page after an act, as a browser comes to it."""
    token = hidden(client.get(f"/en/{page}").text, "csrf_token")
    answer = client.post(f"/en/me/{act}", data=fields | {"csrf_token": token}, follow_redirects=True)
    assert answer.status_code == 200
    return unescape(answer.text)


def asked_for(session: Session) -> list[Alert]:
    session.rollback()
    return list(session.scalars(sa.select(Alert).where(Alert.kind == AlertKind.ASKED)))


@pytest.mark.parametrize(("language", "says"), [("fr", "Ma page"), ("en", "My page"), ("ar", "صفحتي")])
def test_the_page_speaks_to_a_patient_and_is_kept_by_no_browser(
    client: FlaskClient, session: Session, language: str, says: str
) -> None:
    visit(client, session)
    answer = client.get(f"/{language}/me")

    assert says in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_without_a_session_it_leads_to_the_door(client: FlaskClient, session: Session) -> None:
    make_followed(session)

    for page in ("me", "me/history", "me/open", "me/call", "me/stop"):
        assert client.get(f"/fr/{page}").location == "/fr/enter"


def test_whoever_has_not_agreed_yet_is_asked_that_first(client: FlaskClient, session: Session) -> None:
    visit(client, session, "invited")

    for page in ("me", "me/open", "me/call", "me/stop"):
        assert client.get(f"/en/{page}").location == "/en/consent"


def test_the_result_and_the_questions_lead_to_it(client: FlaskClient, session: Session) -> None:
    visit(client, session)

    assert 'href="/fr/me"' in client.get("/fr/checkin").text


def test_the_next_questions_are_told_in_the_patients_own_time(
    client: FlaskClient, session: Session, day: object
) -> None:
    enrolment = visit(client, session, zone="Indian/Reunion")
    enrolment.next_checkin_at = OPEN + 19 * HOUR
    session.commit()

    assert "11 Mar 08:00 (time of Réunion)" in client.get("/en/me").text


def test_beyond_the_last_day_no_questions_are_promised(client: FlaskClient, session: Session, day: object) -> None:
    enrolment = visit(client, session)
    enrolment.ends_on, enrolment.next_checkin_at = OPEN.date(), OPEN + 48 * HOUR
    session.commit()

    assert "No further questions are planned." in client.get("/en/me").text


@pytest.mark.parametrize(
    ("state", "says"), [("paused", "Your follow-up is paused"), ("discharged", "Your follow-up has ended")]
)
def test_a_pause_and_an_end_are_said(client: FlaskClient, session: Session, state: str, says: str) -> None:
    visit(client, session, state)
    page = client.get("/en/me").text

    assert says in page
    assert "The next ones come" not in page


def test_when_to_worry_has_the_figures_of_the_rules_and_of_the_patients_own_limits(
    client: FlaskClient, session: Session
) -> None:
    enrolment = visit(client, session)
    before = unescape(client.get("/en/me").text)
    followup.set_own_limits(
        session,
        enrolment=enrolment,
        limits={"spo2_red": Decimal(88), "spo2_orange": Decimal(90)},
        physician=factories.make_staff(session, Role.PHYSICIAN),
        reason="lung disease",
        now=clock.now(),
    )
    session.commit()
    after = unescape(client.get("/en/me").text)

    assert "SpO2 (oxygen): 92\u202f% or less" in before
    assert "SpO2 (oxygen): 88\u202f% or less" in after
    assert "SpO2 (oxygen): 90\u202f% or less" in after
    assert "92\u202f%" not in after


def test_a_reminder_is_put_off_by_an_hour_and_the_page_says_so(
    client: FlaskClient, session: Session, day: object
) -> None:
    make_checkin(session, visit(client, session), opened=OPEN - HOUR)
    page = do(client, "remind")

    assert "We remind you at 11:00." in page
    assert "Without an answer at 13:00 the centre calls you all the same." in page
    (message,) = session.scalars(sa.select(Message)).all()
    assert message.next_try_at == OPEN + HOUR


def test_with_less_than_an_hour_left_no_reminder_is_offered(client: FlaskClient, session: Session, day: object) -> None:
    make_checkin(session, visit(client, session), opened=OPEN - 3 * HOUR)

    assert "Remind me" not in client.get("/en/me").text
    assert "There is no hour left" in do(client, "remind")
    assert session.scalars(sa.select(Message)).all() == []


def test_asking_to_be_called_says_when_and_what_not_to_wait_for(
    client: FlaskClient, session: Session, day: object
) -> None:
    visit(client, session)
    assert "within 2 hours" in client.get("/en/me/call").text

    page = do(client, "call", "me/call", why="worse")

    assert "Somebody calls you before 12:00 (time of Paris)." in page
    assert "do not wait for the call: call 15" in page
    assert 'href="/en/me/call"' not in page
    assert len(asked_for(session)) == 1


def test_at_night_it_says_that_nobody_reads_before_the_centre_opens(client: FlaskClient, session: Session) -> None:
    with time_machine.travel(CLOSED, tick=False):
        visit(client, session)
        asking, page = client.get("/en/me/call").text, do(client, "call", "me/call")

    for said in (asking, page):
        assert "Nobody reads this before it opens, at 08:00 (time of Paris)" in said
        assert "Call 15 at once" in said


def test_asked_twice_it_stands_once(client: FlaskClient, session: Session) -> None:
    visit(client, session)
    do(client, "call")
    do(client, "call")

    assert len(asked_for(session)) == 1


def test_stopping_is_asked_first_then_done_then_undone(client: FlaskClient, session: Session) -> None:
    enrolment = visit(client, session)
    phone = patients.reveal(enrolment.patient).phone
    assert "Yes, stop the texts" in client.get("/en/me/stop").text
    assert not contacts.opted_out(session, phone=phone)

    page = do(client, "stop", "me/stop")
    assert "You get no texts from us" in page
    assert contacts.opted_out(session, phone=phone)

    do(client, "start")
    session.rollback()
    assert not contacts.opted_out(session, phone=phone)


def test_whoever_would_rather_be_called_is_asked_by_telephone_and_back(client: FlaskClient, session: Session) -> None:
    enrolment = visit(client, session)

    assert "asks the questions on the telephone" in do(client, "door", door="call")
    session.refresh(enrolment)
    assert enrolment.answers_by == AnswersBy.STAFF
    do(client, "door", door="text")
    session.refresh(enrolment)
    assert enrolment.answers_by == AnswersBy.PHONE


def test_no_telephone_call_is_promised_after_the_follow_up_ended(client: FlaskClient, session: Session) -> None:
    enrolment = visit(client, session)
    do(client, "stop", "me/stop")
    assert "The centre follows you by telephone." in client.get("/en/me").text
    ended = session.get_one(Enrolment, enrolment.id)
    ended.state, ended.end_reason, ended.ended_at = "discharged", "completed", clock.now()
    session.commit()

    said = client.get("/en/me").text + client.get("/en/me/stop").text

    assert "You get no texts from us" in said
    assert "follows you by telephone" not in said


@pytest.mark.parametrize(("act", "page"), [("stop", "me/stop"), ("door", "me"), ("call", "me/call")])
def test_a_page_of_one_patient_never_acts_for_another_who_came_in_since(
    client: FlaskClient, session: Session, act: str, page: str
) -> None:
    visit(client, session)
    stale = client.get(f"/en/{page}").text
    other = visit(client, session)
    sent = {"door": "call"} | {name: hidden(stale, name) for name in ("csrf_token", "owner")}

    answer = client.post(f"/en/me/{act}", data=sent, follow_redirects=True)

    assert "That page was another person’s" in answer.text
    session.refresh(other)
    assert other.answers_by == AnswersBy.PHONE
    assert not contacts.opted_out(session, phone=patients.reveal(other.patient).phone)
    assert not asked_for(session)


def test_while_texts_are_stopped_nobody_is_taken_off_the_telephone(client: FlaskClient, session: Session) -> None:
    visit(client, session)
    assert "Ask me by text again" in do(client, "door", door="call")

    assert "Ask me by text again" not in do(client, "stop", "me/stop")


@pytest.mark.parametrize("door", ["", "paper", "x"])
def test_another_door_than_the_two_changes_nothing(client: FlaskClient, session: Session, door: str) -> None:
    enrolment = visit(client, session)
    do(client, "door", door=door)
    session.refresh(enrolment)

    assert enrolment.answers_by == AnswersBy.PHONE


def test_no_act_is_done_for_a_page_that_is_not_ours(client: FlaskClient, session: Session) -> None:
    visit(client, session)

    for act in ("remind", "call", "stop", "start", "door", "code", "open", "close"):
        assert client.post(f"/en/me/{act}").status_code == 400
    assert asked_for(session) == []


def test_the_page_reads_six_things(app: Flask, client: FlaskClient, session: Session) -> None:
    make_checkin(session, visit(client, session), opened=clock.now() - HOUR)
    client.get("/fr/me")  # this process reads the protocol, once
    with app.app_context():
        engine = db.engine

    with counted(engine) as sent:
        client.get("/fr/me")

    assert tables(sent) == [
        "patient_sessions",
        "checkins",
        "protocol_versions",
        "patient_limits",
        "alerts",
        "opt_outs",
        "snoozes",
    ]
