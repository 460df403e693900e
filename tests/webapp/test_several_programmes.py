"""A centre with more than one programme: choosing at enrolment, naming in the queue and the file, protocols apart."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from questionnaires import versions
from records import clock
from records.models import EnrolmentState, Programme, Role
from tests.webapp.signing import post
from tests.webapp.test_clinic_enrolling import enrolled, filled
from tests.webapp.ward import Ward, enter, open_ward
from triage import protocols
from triage.documents import from_library
from webapp import firstrun
from webapp.patient.signs import signs

NEW = "/en/patients/new"


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


@pytest.fixture
def others(ward: Ward) -> dict[str, Programme]:
    slugs = ("heart-failure", "after-surgery")
    made = {slug: firstrun.load_programme(ward.session, clock.now(), slug) for slug in slugs}
    ward.session.commit()
    return made


@pytest.fixture
def client(app: Flask, ward: Ward) -> FlaskClient:
    return enter(app, ward, Role.ENROLLER)


def asked(html: str) -> set[str]:
    return {name for name in ("onset_on", "onset_unknown", "has_oximeter") if f'name="{name}"' in html}


def test_with_one_programme_nobody_has_to_choose(client: FlaskClient, ward: Ward) -> None:
    assert asked(client.get(NEW).text) == {"onset_on", "onset_unknown", "has_oximeter"}


def test_with_several_the_programme_comes_first_and_the_form_asks_only_what_it_needs(client, ward, others) -> None:
    choice = client.get(NEW).text
    assert 'name="family_name"' not in choice
    for slug, name in (("covid-19", "COVID-19 home"), ("heart-failure", "Heart failure"), ("after-surgery", "after")):
        assert f'href="{NEW}?programme={slug}"' in choice
        assert name in choice

    surgery = client.get(f"{NEW}?programme=after-surgery").text
    assert asked(client.get(f"{NEW}?programme=covid-19").text) == {"onset_on", "onset_unknown", "has_oximeter"}
    assert asked(client.get(f"{NEW}?programme=heart-failure").text) == set()
    assert asked(surgery) == {"onset_on"}
    assert "Day of the operation" in surgery
    assert "High: not begun after 4 hours" in surgery
    assert "twice" not in surgery
    assert client.get(f"{NEW}?programme=asthma").status_code == 404


def test_a_patient_is_enrolled_into_the_programme_that_was_chosen(client, ward, others) -> None:
    post(client, f"{NEW}?programme=heart-failure", filled(ward, onset_on=None, has_oximeter=None))
    operated = filled(ward, has_oximeter=None, phone="06 12 34 56 70", family_name="Rossi", given_name="Noé")
    operated["birth_date"] = "1/2/1971"
    post(client, f"{NEW}?programme=after-surgery", operated)

    assert [(one.programme.slug, one.has_oximeter) for one in enrolled(ward)] == [
        ("heart-failure", False),
        ("after-surgery", False),
    ]
    assert enrolled(ward)[1].onset_on == (clock.now() - timedelta(days=1)).date()


@pytest.mark.parametrize(
    ("day", "told"),
    [("", "Type the day of the operation"), ("1/1/2099", "the operation was done"), ("1/1/2020", "60 days ago")],
)
def test_the_day_of_the_operation_is_needed_and_cannot_be_any_day(client, ward, others, day: str, told: str) -> None:
    answer = post(client, f"{NEW}?programme=after-surgery", filled(ward, onset_on=day, has_oximeter=None))

    assert answer.status_code == 422
    assert told in answer.text
    assert enrolled(ward) == []


def follow(ward: Ward, programme: Programme, **given: Any) -> Any:
    made = ward.patient(EnrolmentState.ACTIVE, programme=programme, **given)
    ward.session.commit()
    return made


def test_details_are_corrected_without_what_the_programme_does_not_ask(client, ward, others) -> None:
    made = follow(ward, others["heart-failure"])
    address = f"/en/patients/{made.public_id}/details"
    page = client.get(address).text
    assert asked(page) == set()
    version = page.split('name="version"')[1].split('value="')[1].split('"')[0]

    kept = {"phone": "06 39 98 12 34", "onset_on": None, "has_oximeter": None, "team": None, "consent": None}
    answer = post(client, address, filled(ward, version=version, risk_tier="high", **kept))

    assert answer.status_code == 302, answer.text
    ward.session.refresh(made)
    assert (made.risk_tier, made.onset_on, made.has_oximeter) == ("high", None, False)


def test_the_file_and_the_queue_name_the_programme_and_count_from_its_own_day(app, ward, others) -> None:
    made = follow(ward, others["heart-failure"], days_ago=6)
    ward.version_id = versions.in_force(ward.session, programme_id=made.programme_id, now=clock.now())[0].id
    answers = {"weight": [{"quantity": "82.4", "unit": "kg"}], "swelling": [{"boolean": True}]}
    ward.answer(made, answers)
    client = enter(app, ward, Role.PHYSICIAN)

    file = client.get(f"/en/patients/{made.public_id}").text
    assert "day 6 of the follow-up" in file
    assert "Heart failure home monitoring" in file
    assert "Oximeter" not in file
    queue = client.get("/en/queue").text
    assert "Heart failure home monitoring" in queue
    assert 'title="day of follow-up">day 6<' in queue
    assert 'data-label="Weight"><bdi class="vd-nowrap" dir="ltr">82.4&nbsp;kg' in queue


def test_each_programme_has_its_own_protocol_to_read_to_edit_and_to_sign(app, ward, others) -> None:
    client = enter(app, ward, Role.PHYSICIAN)
    assert "COVID-19: starting protocol" in client.get("/en/admin/protocol").text
    page = client.get("/en/admin/protocol?programme=heart-failure").text
    assert "Heart failure: starting protocol" in page
    assert 'href="/en/admin/protocol?programme=after-surgery"' in page
    heart = others["heart-failure"]
    version = protocols.bound(ward.session, programme_id=heart.id, now=clock.now())
    assert version
    review = client.get(f"/en/admin/protocol/{version.public_id}").text
    assert (
        "Weight less Lowest weight since 3 days ago (lowest earlier value; window: 3 days) above 2.0\u202fkg" in review
    )

    answer = post(client, f"/en/admin/protocol/{version.public_id}/sign", {"read": "y", "against": ""})

    assert answer.location == "/en/admin/protocol?programme=heart-failure"
    ward.session.expire_all()
    signed = {
        one: protocols.is_signed(ward.session, programme_id=one.id, now=clock.now()) for one in (ward.programme, heart)
    }
    assert signed == {ward.programme: False, heart: True}


def test_a_rise_over_days_is_among_the_signs_to_watch_for_with_the_patients_own_limit() -> None:
    told = signs(from_library("heart-failure"), {"weight_gain_3d": "1.5"}, "fr")

    assert "Prise de poids en 3 jours, plus de\u202f: 1,5\u202fkg" in told.orange
    assert "Prise de poids en 7 jours, au moins\u202f: 2,3\u202fkg" in told.orange
    assert "Vertiges ou malaise\u202f: perte de connaissance" in told.call_15
