"""One's own history: behind a second factor, in plain words, and nobody else's."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from notifications.models import Message, Purpose
from questionnaires import versions
from questionnaires.answers import raw_from_json, validate
from records import clock, doors, patients, second_factor
from records.audit import Actor
from records.db import db
from records.models import Enrolment
from tests import factories
from tests.statements import counted
from tests.webapp.patient_room import DANGER, GREEN, as_json, enter, hidden, make_checkin, make_followed
from tests.webapp.test_patient_mine import do
from tests.webapp.test_statements import tables
from triage import intake
from triage.models import Attempt, AttemptOutcome, Callback, Disposition, DispositionKind

OPEN = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)  # 10:00 in Paris
MINUTE = timedelta(minutes=1)


def visit(client: FlaskClient, session: Session, state: str = "active", **overrides: Any) -> Enrolment:
    enrolment = make_followed(session, state, **overrides)
    enter(client, session, enrolment)
    return enrolment


def answer(session: Session, enrolment: Enrolment, answers: dict[str, str], **given: Any) -> None:
    """As the phone would send it, with a check-in and a moment where they matter."""
    version, questionnaire = versions.in_force(session, programme_id=enrolment.programme_id, now=clock.now())
    validated = validate(questionnaire, raw_from_json(as_json(answers)))
    submission = intake.Submission(
        enrolment_id=enrolment.id,
        key=uuid.uuid4(),
        version_id=version.id,
        answers=validated.answers,
        language="fr",
        **given,
    )
    intake.submit(session, submission=submission, actor=Actor.patient(enrolment.patient), now=clock.now())
    session.commit()


def ask_code(client: FlaskClient, session: Session) -> str:
    """The six digits of the text that the page asked for."""
    assert "The code is on its way" in do(client, "code", "me/open")
    session.rollback()
    code = sa.select(Message.public_id).where(Message.purpose == Purpose.CODE).order_by(Message.id.desc()).limit(1)
    return second_factor.code_for(session.scalars(code).one())


def unlock(client: FlaskClient, session: Session, language: str = "en") -> str:
    page = do(client, "open", "me/open", code=ask_code(client, session))
    assert "My history" in page
    return unescape(client.get(f"/{language}/me/history").text)


def post_code(client: FlaskClient, code: str) -> int:
    token = hidden(client.get("/en/me/open").text, "csrf_token")
    return client.post("/en/me/open", data={"csrf_token": token, "code": code}).status_code


def test_a_link_and_a_birthday_alone_read_nothing(client: FlaskClient, session: Session) -> None:
    enrolment = make_followed(session)
    answer(session, enrolment, GREEN)
    enter(client, session, enrolment)

    assert client.get("/en/me/history").location == "/en/me/open"
    page = client.get("/en/me/history", follow_redirects=True).text
    assert "37" not in page.partition("<main")[2].partition("</main>")[0]


def test_the_texted_code_opens_it_until_time_or_a_button_closes_it(client: FlaskClient, session: Session) -> None:
    with time_machine.travel(OPEN, tick=False) as moved:
        visit(client, session)
        assert "It stays open until 10:15" in unlock(client, session)
        assert client.get("/en/me/open").location == "/en/me/history"

        moved.shift(second_factor.OPEN_FOR)
        assert client.get("/en/me/history").location == "/en/me/open"

        unlock(client, session)
        assert "Your history is closed." in do(client, "close", "me/history")
        assert client.get("/en/me/history").location == "/en/me/open"


def test_another_browser_of_the_same_patient_needs_a_code_of_its_own(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    enrolment = visit(client, session)
    unlock(client, session)
    other = app.test_client()
    enter(other, session, enrolment)

    assert other.get("/en/me/history").location == "/en/me/open"


def test_every_code_that_does_not_count_gets_the_same_answer(client: FlaskClient, session: Session) -> None:
    enrolment = visit(client, session)
    used = ask_code(client, session)
    assert post_code(client, used) == 303
    do(client, "close", "me/history")
    paper = doors.code_of(enrolment) or ""

    said = set()
    for code in (used, "000000", paper, "nonsense"):
        token = hidden(client.get("/en/me/open").text, "csrf_token")
        page = client.post("/en/me/open", data={"csrf_token": token, "code": code})
        assert page.status_code == 422
        said.add(page.text.partition("error-message")[2].partition("</span></div>")[0].partition("csrf")[0][:400])
    assert len(said) == 1


def test_after_five_wrong_codes_the_door_stays_shut_for_an_hour(client: FlaskClient, session: Session) -> None:
    visit(client, session)

    assert [post_code(client, "000000") for _ in range(6)] == [422] * 5 + [429]


@pytest.mark.parametrize("typed", ["", "   "])
def test_without_a_code_it_is_asked_for_and_counts_as_no_try(client: FlaskClient, session: Session, typed: str) -> None:
    visit(client, session)

    assert [post_code(client, typed) for _ in range(7)] == [422] * 7


def test_arabic_digits_are_read_too(client: FlaskClient, session: Session) -> None:
    visit(client, session)
    code = ask_code(client, session)

    assert post_code(client, code.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))) == 303


def test_who_came_by_the_link_of_a_check_in_may_show_the_paper_instead(client: FlaskClient, session: Session) -> None:
    enrolment = make_followed(session)
    checkin = make_checkin(session, enrolment, opened=clock.now() - MINUTE)
    link = doors.make_link("checkin", checkin.public_id)
    born = enrolment_birthday(enrolment)
    token = hidden(client.get(f"/en/q/{link}").text, "csrf_token")
    assert client.post(f"/en/q/{link}", data={"csrf_token": token, **born}).status_code == 303

    assert "Type the entrance code" in client.get("/en/me/open").text
    assert post_code(client, doors.code_of(enrolment) or "") == 303
    assert client.get("/en/me/history").status_code == 200


def enrolment_birthday(enrolment: Enrolment) -> dict[str, str]:
    born = patients.reveal(enrolment.patient).birth_date
    return {"day": str(born.day), "month": str(born.month)}


def test_while_paused_no_text_is_promised(client: FlaskClient, session: Session) -> None:
    visit(client, session, "paused")
    page = client.get("/en/me/open").text

    assert "No texts are sent while your follow-up is paused" in page
    assert "Text me a code" not in page
    assert "No texts are sent" in do(client, "code", "me/stop")
    assert session.scalars(sa.select(Message)).all() == []


def test_answers_are_told_with_their_units_and_corrections_beside(client: FlaskClient, session: Session) -> None:
    with time_machine.travel(OPEN, tick=False) as moved:
        enrolment = visit(client, session)
        checkin = make_checkin(session, enrolment, opened=OPEN - MINUTE)
        answer(session, enrolment, GREEN | {"temperature": "38,7"}, checkin=checkin.public_id)
        moved.shift(5 * MINUTE)
        answer(session, enrolment, GREEN | {"temperature": "37,8"}, checkin=checkin.public_id)
        english = unlock(client, session)
        french = unescape(client.get("/fr/me/history").text)

    assert english.count("You answered on your own page.") == 1
    assert "38.7\u202f°C" in english
    assert "38,7\u202f°C" in french
    assert "72\u202f" in english
    corrected = english.partition("Corrected on 10 Mar 10:05")[2]
    assert "37.8\u202f°C" in corrected
    assert "38.7\u202f°C" in corrected
    assert corrected.partition("</ul>")[0].count("<li>") == 1, "only what differs"


def test_what_happened_is_told_in_plain_words_without_names_or_notes(client: FlaskClient, session: Session) -> None:
    enrolment = visit(client, session)
    answer(session, enrolment, DANGER)
    caller = factories.make_staff(session, name="Camille Nonamesplease")
    callback = session.scalars(sa.select(Callback)).one()
    now = clock.now()
    session.add_all(
        [
            Attempt(callback_id=callback.id, staff_id=caller.id, outcome=AttemptOutcome.NO_ANSWER, at=now),
            Disposition(
                callback_id=callback.id, staff_id=caller.id, kind=DispositionKind.AMBULANCE, details={}, at=now
            ),
            Disposition(callback_id=callback.id, staff_id=caller.id, kind=DispositionKind.DECEASED, details={}, at=now),
        ]
    )
    make_checkin(session, enrolment, opened=now - timedelta(days=1), state="missed", closed_at=now)
    session.commit()
    page = unlock(client, session)

    for said in (
        "A sign of danger: call 15",
        "We called you: no reply.",
        "An ambulance was sent.",
        "Your questions were not answered in time.",
    ):
        assert said in page
    assert "Nonamesplease" not in page
    assert "eceased" not in page


def test_who_filled_it_in_and_where_is_said(client: FlaskClient, session: Session) -> None:
    enrolment = visit(client, session)
    answer(session, enrolment, GREEN, door="staff", informant="carer")

    assert "Somebody answered for you on the telephone, with the centre." in unlock(client, session)


def test_another_patients_answers_are_not_there(client: FlaskClient, session: Session) -> None:
    visit(client, session)
    answer(session, make_followed(session), DANGER)

    assert "Nothing has happened yet." in unlock(client, session)


def test_the_history_reads_seven_things_however_long_it_is(app: Flask, client: FlaskClient, session: Session) -> None:
    enrolment = visit(client, session)
    for _ in range(3):
        answer(session, enrolment, DANGER)
    unlock(client, session)
    with app.app_context():
        engine = db.engine

    with counted(engine) as sent:
        client.get("/fr/me/history")

    assert tables(sent) == [
        "patient_sessions",
        "responses",
        "assessments",
        "checkins",
        "alerts",
        "attempts",
        "dispositions",
    ]
