"""The page of a call: what it shows, what is written on it, and that nothing typed is ever lost."""

from __future__ import annotations

import re
from datetime import time, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from records import clock
from records.models import CallsBy, Role
from records.patients import reveal
from tests.webapp.files import attempts, call_of, file, taken
from tests.webapp.signing import post
from tests.webapp.ward import ORANGE, Ward, enter, open_ward
from triage.models import CallDraft, Disposition

RELATIVE = {"emergency_name": "Claire Petit", "emergency_phone": "06 12 34 56 78"}
REACHED = {"attempt-outcome": "reached", "attempt-verified": "y"}
TYPED = "Tousse beaucoup, « 38 »"
BAD = [
    ("no hour", {**REACHED, "attempt-at": "soon"}, "Saisissez une heure"),
    ("NUL", {**REACHED, "attempt-note": "a\x00b"}, "caractères"),
    ("control character", {**REACHED, "attempt-note": "a\x1bb"}, "caractères"),
    ("a megabyte", {**REACHED, "attempt-note": "é" * 500_000}, "2000"),
    ("next try in the past", {"attempt-outcome": "busy", "attempt-try_at": "0:00"}, "Cette heure est passée"),
    ("somebody unknown", {"attempt-outcome": "busy", "attempt-called": "neighbour"}, "parmi les choix"),
]


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


def in_an_hour(ward: Ward) -> str:
    return f"{clock.local(clock.now() + timedelta(hours=1), ward.programme.zone):%H:%M}"


def test_the_page_has_at_hand_what_a_call_needs(app: Flask, ward: Ward) -> None:
    ward.programme.interpreter_phone = "+33122334455"
    ward.session.commit()
    client, enrolment, _ = taken(app, ward, language="ar", **RELATIVE)

    html = client.get(file(enrolment)).text

    assert f'href="tel:{reveal(enrolment.patient).phone}"' in html
    assert 'href="tel:+33612345678"' in html
    assert 'href="tel:+33122334455"' in html
    assert re.search(r'id="address"[^>]*>.*12 rue des Lilas', html)
    assert "verra votre propre numéro" in html, "nobody has set up the hospital's telephone"
    assert "Raccrochez" in html or "raccroche" in html


@pytest.mark.parametrize(
    ("calls_by", "says"),
    [(CallsBy.HOSPITAL, "01 23 45 67 89"), (CallsBy.BRIDGE, "01 23 45 67 89"), (CallsBy.OWN, "votre propre numéro")],
)
def test_the_page_says_which_number_the_patient_sees(app: Flask, ward: Ward, calls_by: str, says: str) -> None:
    ward.programme.calls_by, ward.programme.shown_number = calls_by, "+33123456789"
    ward.session.commit()
    client, enrolment, _ = taken(app, ward)

    shown = re.search(r'class="vd-call-shows">(.*?)</p>', client.get(file(enrolment)).text, re.DOTALL)

    assert shown is not None
    assert says in shown[1]


def test_a_call_in_vain_plans_the_next_one_and_its_hour_can_be_changed(app: Flask, ward: Ward) -> None:
    enrolment = ward.patient(**RELATIVE)
    ward.answer(enrolment, ORANGE)  # what is red is not left until tomorrow
    client, call = enter(app, ward), call_of(ward, enrolment)
    post(client, "/fr/queue", {}, to=f"{call}/claim")
    post(client, file(enrolment), {"attempt-outcome": "no-answer"}, to=f"{call}/attempts")
    planned = ward.callback(enrolment).next_try_at

    tomorrow = {"try-try_day": "tomorrow", "try-try_at": "8 h 05"}
    answer = post(client, file(enrolment), tomorrow, to=f"{call}/next-try")

    assert planned is not None
    assert answer.location == file(enrolment)
    changed = clock.local(ward.callback(enrolment).next_try_at, ward.programme.zone)
    assert (changed.hour, changed.minute) == (8, 5)
    assert changed.date() == clock.local_day(clock.now(), ward.programme.zone) + timedelta(days=1)
    assert re.search(r"Rappeler le \d+ \S+ 08:05", client.get("/fr/queue").text), "eight o'clock of which day"
    assert re.search(r"Prochain essai le \d+ \S+ 08:05", client.get(f"{call}/clock").text)


def test_the_contact_is_called_after_three_calls_in_vain_and_the_page_says_so(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward, **RELATIVE)
    for _ in range(3):
        post(client, file(enrolment), {"attempt-outcome": "busy"}, to=f"{call}/attempts")
    assert "appelez maintenant la personne à prévenir" in client.get(file(enrolment)).text

    told = {"attempt-outcome": "no-answer", "attempt-called": "contact"}
    post(client, file(enrolment), told, to=f"{call}/attempts")

    html = client.get(file(enrolment)).text
    assert "un médecin décide" in html
    assert ward.callback(enrolment).next_step == "physician"


def test_a_call_back_handed_up_after_a_talk_is_not_said_to_have_reached_nobody(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward, Role.OPERATOR)
    post(client, file(enrolment), {"attempt-outcome": "reached", "attempt-verified": "y"}, to=f"{call}/attempts")
    post(client, file(enrolment), {}, to=f"{call}/hand-up")
    doctor = enter(app, ward, Role.PHYSICIAN, "Noor")
    post(doctor, file(enrolment), {}, to=f"{call}/claim")
    html = doctor.get(file(enrolment)).text
    assert "confié à un médecin" in html
    assert "Personne n’a été joint" not in html


def test_nobody_is_reached_before_name_and_birth_were_asked_and_the_note_is_kept(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)

    answer = post(client, file(enrolment), {"attempt-outcome": "reached", "attempt-note": TYPED}, to=f"{call}/attempts")

    assert answer.status_code == 422
    assert "Demandez d’abord le nom et la date de naissance" in answer.text
    assert TYPED in answer.text
    assert attempts(ward) == []


def test_somebody_else_on_the_line_is_written_down_as_such(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)

    post(client, file(enrolment), {"attempt-outcome": "not-verified"}, to=f"{call}/attempts")

    (written,) = attempts(ward)
    assert (written.outcome, written.verified) == ("reached", False)
    assert ward.callback(enrolment).next_try_at is not None


def test_nothing_is_decided_before_somebody_was_verified(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)
    post(client, file(enrolment), {"attempt-outcome": "not-verified"}, to=f"{call}/attempts")
    seen = ",".join(str(alert.public_id) for alert in ward.alerts(enrolment))

    decided = {"disposition-kind": "advice", "disposition-note": TYPED, "disposition-seen": seen}
    answer = post(client, file(enrolment), decided, to=f"{call}/dispositions")

    assert answer.status_code == 422
    assert TYPED in answer.text
    assert ward.session.scalars(sa.select(Disposition)).all() == []


def test_a_call_made_earlier_is_written_at_its_hour(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)
    earlier = clock.local(clock.now() - timedelta(minutes=3), ward.programme.zone)

    post(client, file(enrolment), REACHED | {"attempt-at": f"{earlier:%H:%M}"}, to=f"{call}/attempts")

    assert f"{clock.local(attempts(ward)[0].at, ward.programme.zone):%H:%M}" == f"{earlier:%H:%M}"


def test_what_cannot_be_taken_is_answered_with_a_sentence_and_kept(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)
    for name, data, says in BAD:
        answer = post(client, file(enrolment), {"attempt-note": TYPED} | data, to=f"{call}/attempts")

        assert answer.status_code == 422, name
        assert says in answer.text, name
        assert data.get("attempt-note", TYPED)[-1000:].strip("a\x00\x1bb") in answer.text, name
        assert attempts(ward) == [], name


def test_a_call_in_the_future_is_refused_and_kept(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)

    told = REACHED | {"attempt-at": in_an_hour(ward), "attempt-note": TYPED}
    answer = post(client, file(enrolment), told, to=f"{call}/attempts")

    assert answer.status_code in (422, 302), "an hour before midnight it is the hour of the day before"
    if answer.status_code == 422:
        assert "dans le futur" in answer.text
        assert TYPED in answer.text


def test_at_night_no_next_try_is_planned(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)
    ward.programme.opens, ward.programme.closes = time(8), time(20)
    ward.session.commit()

    told = {"attempt-outcome": "busy", "attempt-try_day": "tomorrow", "attempt-try_at": "3", "attempt-note": TYPED}
    answer = post(client, file(enrolment), told, to=f"{call}/attempts")

    assert answer.status_code == 422
    assert "08:00" in answer.text
    assert TYPED in answer.text


@pytest.mark.parametrize("act", ["attempts", "next-try", "draft", "draft/discard"])
def test_the_call_of_another_team_is_nobodys(app: Flask, ward: Ward, act: str) -> None:
    enrolment = ward.red(team=ward.another_team())
    client = enter(app, ward)

    answer = post(client, "/fr/queue", REACHED | {"attempt-note": TYPED}, to=f"{call_of(ward, enrolment)}/{act}")

    assert answer.status_code == 404
    assert ward.session.scalars(sa.select(CallDraft)).all() == []


def test_an_orange_call_has_its_own_script(app: Flask, ward: Ward) -> None:
    enrolment = ward.patient(**RELATIVE)
    ward.answer(enrolment, ORANGE)
    client = enter(app, ward)
    post(client, "/fr/queue", {}, to=f"{call_of(ward, enrolment)}/claim")

    html = client.get(file(enrolment)).text

    assert "par rapport à hier" in html
    assert "sans reprendre son souffle" not in html
