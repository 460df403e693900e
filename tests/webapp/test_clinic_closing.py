"""Calls and decisions written on a patient's page: what is taken, refused and kept."""

from __future__ import annotations

import re
import uuid

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from records.models import Role
from tests.webapp.files import file, reach, seen, taken
from tests.webapp.signing import post
from tests.webapp.ward import RED, Ward, enter, open_ward
from triage.models import Attempt, Disposition


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


def test_an_attempt_is_stored_and_shown_with_who_called(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)

    answer = reach(client, enrolment, call, "voicemail", "Rappeler <b>après</b> 14 h")

    assert answer.location == file(enrolment)
    assert ward.session.scalars(sa.select(Attempt)).one().outcome == "voicemail"
    html = client.get(file(enrolment)).text
    assert "Messagerie" in html
    assert "Rappeler &lt;b&gt;après&lt;/b&gt; 14 h" in html


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({}, "Indiquez ce qu’a donné l’appel"),
        ({"attempt-outcome": "eaten"}, "Choisissez parmi les choix"),
        ({"attempt-outcome": "reached", "attempt-note": "x" * 2001}, "2000"),
        ({"attempt-outcome": "reached", "attempt-note": "a\x00b"}, "caractères"),
    ],
)
def test_an_attempt_that_makes_no_sense_stores_nothing_and_keeps_what_was_typed(app, ward, data, says) -> None:
    client, enrolment, call = taken(app, ward)

    answer = post(client, file(enrolment), data, to=f"{call}/attempts")

    assert answer.status_code == 422
    assert says in answer.text
    assert data.get("attempt-note", "")[:1000].replace("\x00", "") in answer.text.replace("\x00", "").replace(
        "\ufffd", ""
    )
    assert ward.session.scalars(sa.select(Attempt)).all() == []


def test_a_disposition_closes_the_call_and_goes_back_to_the_queue(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)
    reach(client, enrolment, call)

    data = {"disposition-kind": "advice", "disposition-note": "Repos", "disposition-seen": seen(ward, enrolment)}
    answer = post(client, file(enrolment), data, to=f"{call}/dispositions")

    assert answer.location == "/fr/queue"
    assert not ward.is_open(enrolment)
    assert ward.session.scalars(sa.select(Disposition)).one().kind == "advice"


def test_what_came_in_after_the_page_was_opened_stays_open(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)
    reach(client, enrolment, call)
    old = seen(ward, enrolment)
    ward.answer(enrolment, {**RED, "chest-pain": [{"boolean": True}]})

    answer = post(
        client, file(enrolment), {"disposition-kind": "advice", "disposition-seen": old}, to=f"{call}/dispositions"
    )

    assert answer.location == file(enrolment)
    assert ward.is_open(enrolment)
    assert [alert.closed_at is None for alert in ward.alerts(enrolment)] == [False, True]


def test_closing_without_having_called_asks_for_the_call_and_keeps_the_note(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)

    data = {"disposition-kind": "advice", "disposition-note": "Bien", "disposition-seen": seen(ward, enrolment)}
    answer = post(client, file(enrolment), data, to=f"{call}/dispositions")

    assert answer.status_code == 422
    assert "Bien</textarea>" in answer.text
    assert f'href="{file(enrolment, "en")}"' in answer.text
    assert re.search('value="advice"[^>]* checked', answer.text)
    assert seen(ward, enrolment) in answer.text
    assert ward.is_open(enrolment)


@pytest.mark.parametrize(
    "data",
    [
        {"disposition-kind": ""},
        {"disposition-kind": "sorcery"},
        {"disposition-kind": "advice", "disposition-seen": "not-a-uuid,,<script>"},
        {"disposition-kind": "advice", "disposition-seen": str(uuid.uuid4())},
        {"disposition-kind": "extra-checkin", "disposition-hours": "a lot"},
        {"disposition-kind": "extra-checkin", "disposition-hours": "25"},
        {"disposition-kind": "advice", "disposition-note": "x" * 2001},
    ],
)
def test_a_disposition_that_makes_no_sense_changes_nothing(app: Flask, ward: Ward, data: dict[str, str]) -> None:
    client, enrolment, call = taken(app, ward)
    reach(client, enrolment, call)

    answer = post(
        client, file(enrolment), {"disposition-seen": seen(ward, enrolment)} | data, to=f"{call}/dispositions"
    )

    assert answer.status_code == 422
    assert "Il y a un problème" in answer.text
    assert "<script>" not in answer.text.replace('<script src="', "")
    assert ward.is_open(enrolment)
    assert ward.session.scalars(sa.select(Disposition)).all() == []


def test_only_a_physician_is_offered_to_send_the_ambulance(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward, Role.OPERATOR)

    assert 'value="ambulance"' not in client.get(file(enrolment)).text
    data = {"disposition-kind": "ambulance", "disposition-seen": seen(ward, enrolment)}
    assert post(client, file(enrolment), data, to=f"{call}/dispositions").status_code == 422
    assert ward.is_open(enrolment)


def test_a_page_left_open_cannot_close_a_call_that_somebody_took_over(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)
    reach(client, enrolment, call)
    listed = seen(ward, enrolment)
    page = client.get(file(enrolment)).text
    other = enter(app, ward, Role.SUPERVISOR, "Sacha Morel")
    post(other, "/fr/patients", {}, to=f"{call}/take-over")
    assert "Clore ce rappel" in page

    data = {"disposition-kind": "advice", "disposition-seen": listed}
    answer = post(client, file(enrolment), data, to=f"{call}/dispositions")

    assert answer.status_code == 409
    assert "Sacha Morel" in answer.text
    assert ward.is_open(enrolment)


def test_closing_a_call_twice_says_that_it_is_closed(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)
    reach(client, enrolment, call)
    data = {"disposition-kind": "advice", "disposition-seen": seen(ward, enrolment)}
    post(client, file(enrolment), data, to=f"{call}/dispositions")

    answer = post(client, file(enrolment), data, to=f"{call}/dispositions")

    assert answer.status_code == 422
    assert len(ward.session.scalars(sa.select(Disposition)).all()) == 1
