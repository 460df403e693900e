"""A patient's file: who may open it, what it shows, that opening it is logged, how it is found."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from records.models import AccessEntry, Role
from records.patients import reveal
from tests.webapp.files import file, taken
from tests.webapp.signing import post
from tests.webapp.ward import ORANGE, RED, WELL, Ward, enter, open_ward


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


PATIENTS = "/fr/patients"


def test_the_file_says_who_to_check_why_to_call_and_whom_else(app: Flask, ward: Ward) -> None:
    enrolment = ward.patient(lives_alone=True, emergency_name="Claire Petit", emergency_phone="06 12 34 56 78")
    ward.answer(enrolment, WELL, ago=timedelta(hours=20))
    ward.answer(enrolment, RED)
    client = enter(app, ward)
    post(client, "/fr/queue", {}, to=f"/fr/callbacks/{ward.callback(enrolment).public_id}/claim")

    html = client.get(file(enrolment)).text

    identity = reveal(enrolment.patient)
    assert "Vérifiez d’abord qui répond" in html
    assert f'href="tel:{identity.phone}"' in html
    assert 'href="tel:+33612345678"' in html
    assert "SpO2 90" in html
    assert "12 rue des Lilas" in html
    assert html.count("<polyline") == 4
    assert "vd-chart__point--beyond" in html
    assert '<b class="vd-late">90</b>' in html


def test_opening_a_file_is_logged_with_who_and_whose(app: Flask, ward: Ward) -> None:
    enrolment = ward.red()

    enter(app, ward, Role.OPERATOR).get(file(enrolment))

    entry = ward.session.scalars(sa.select(AccessEntry)).one()
    assert (entry.staff_id, entry.enrolment_id, entry.page) == (ward.person(Role.OPERATOR).id, enrolment.id, "patient")


@pytest.mark.parametrize("whose", ["another team's", "nobody's"])
def test_a_file_of_another_team_and_a_file_of_nobody_look_the_same(app: Flask, ward: Ward, whose: str) -> None:
    public_id = ward.red(team=ward.another_team()).public_id if whose == "another team's" else uuid.uuid4()

    answer = enter(app, ward).get(f"/fr/patients/{public_id}")

    assert answer.status_code == 404
    assert "une autre équipe" in answer.text
    assert ward.session.scalars(sa.select(AccessEntry)).all() == []


def test_a_missed_check_in_is_a_gap_in_the_charts_and_a_line_in_the_table(app: Flask, ward: Ward) -> None:
    enrolment = ward.patient()
    for hours in (70, 60, 20, 10):
        ward.answer(enrolment, WELL, ago=timedelta(hours=hours))
    ward.missed(enrolment, ago=timedelta(hours=40))

    html = enter(app, ward).get(file(enrolment)).text

    assert html.count("<polyline") == 8
    assert html.count("vd-chart__gap") == 4
    assert "sans réponse" in html


def test_patients_are_found_by_name_phone_or_birth_date_within_ones_teams(app: Flask, ward: Ward) -> None:
    mine = ward.patient(family_name="Kervella", given_name="Noé")
    ward.patient(family_name="Kervella", given_name="Zoé", team=ward.another_team())
    client = enter(app, ward, Role.ENROLLER)
    identity = reveal(mine.patient)

    for text in ("kervella", "noe KERV", identity.phone, identity.birth_date.strftime("%d/%m/%Y"), ""):
        html = post(client, PATIENTS, {"text": text}, follow_redirects=True).text
        assert ("KERVELLA Noé" in html) is (text != "noe KERV"), text
        assert "Zoé" not in html
    assert "Personne ne correspond" in post(client, PATIENTS, {"text": "absent"}, follow_redirects=True).text
    assert "KERVELLA" not in post(client, PATIENTS, {"state": "paused"}, follow_redirects=True).text
    hostile = {"text": "<script>" * 99 + "é\0", "state": "x\x00"}
    assert post(client, PATIENTS, hostile, follow_redirects=True).status_code == 200


def test_a_search_leaves_no_name_in_an_address_and_opens_for_who_typed_it_only(app: Flask, ward: Ward) -> None:
    ward.patient(family_name="Kervella")
    client, colleague = enter(app, ward), enter(app, ward, Role.OPERATOR)

    address = post(client, PATIENTS, {"text": "kervella", "state": "active"}).location

    assert "kervella" not in address.lower()
    assert 'value="kervella"' in client.get(address).text, "Back and reload show the same"
    assert 'value="kervella"' not in colleague.get(address).text
    for broken in ("x", "%ff", "_" * 40, address.partition("search=")[2][:40]):
        assert 'id="text" name="text" type="search" value=""' in client.get(f"{PATIENTS}?search={broken}").text


def test_nothing_in_the_file_is_english_in_french(app: Flask, ward: Ward) -> None:
    client, enrolment, _ = taken(app, ward)

    html = client.get(file(enrolment)).text

    for english in ("Why to call", "Answers over time", "Reached", "Follow-up", "Note (optional)", "Not a valid"):
        assert english not in html


def test_each_line_of_the_answers_shows_its_level_green_too(app: Flask, ward: Ward) -> None:
    enrolment = ward.patient()
    ward.answer(enrolment, WELL, ago=timedelta(hours=12))
    ward.answer(enrolment, ORANGE)

    html = enter(app, ward).get(file(enrolment, "en")).text

    assert (
        '<span class="vd-badge vd-badge--green">No warning sign</span><span class="vd-queue__sub vd-nowrap"><a href='
        in html
    )
    assert (
        '<span class="vd-badge vd-badge--orange">To call back</span><span class="vd-queue__sub vd-nowrap"><a href='
        in html
    )
