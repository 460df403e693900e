"""What the phone calls an emergency, without a network, is what the rules call one for this very patient."""

from __future__ import annotations

import re
from decimal import Decimal

import orjson
import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from questionnaires.library import questionnaire
from records import clock
from records.models import Enrolment, Role
from tests.factories import make_staff
from tests.webapp.patient_room import GREEN, as_form, enter, hidden, make_followed
from triage import followup
from triage.documents import from_library, with_limits
from webapp.patient import danger

OWN = {"spo2_red": Decimal(86), "spo2_orange": Decimal(88), "spo2_first": Decimal(88)}


def set_limits(session: Session, enrolment: Enrolment) -> None:
    physician = make_staff(session, Role.PHYSICIAN)
    how = {"reason": "usually 90 %", "physician": physician, "now": clock.now()}
    followup.set_own_limits(session, enrolment=enrolment, limits=OWN, **how)
    session.commit()


def emergencies(client: FlaskClient, link_id: str) -> list[dict[str, str]]:
    page = client.get("/en/checkin").text
    data = re.search(r'id="questionnaire"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert data is not None
    (found,) = [screen for screen in orjson.loads(data[1])["screens"] if screen["linkId"] == link_id]
    return found["emergency"]


@pytest.mark.parametrize(("has_own", "figure"), [(False, "92"), (True, "86")])
def test_the_phone_knows_the_patients_own_limit(
    client: FlaskClient, session: Session, has_own: bool, figure: str
) -> None:
    enrolment = make_followed(session, has_oximeter=True)
    if has_own:
        set_limits(session, enrolment)
    enter(client, session, enrolment)

    (check,) = emergencies(client, "spo2")

    assert (check["operator"], Decimal(check["value"])) == ("<=", Decimal(figure))
    assert emergencies(client, "temperature") == []


def test_a_limit_changed_in_the_protocol_changes_the_phones() -> None:
    changed = with_limits(from_library("covid-19"), {"spo2_red": Decimal(90)})

    asked = danger.with_limits(questionnaire("covid-19"), changed, {})

    assert [(c.operator, c.value) for c in asked.by_link_id["spo2"].emergencies] == [("<=", Decimal(90))]
    assert [item.emergencies for item in asked.questions if item.link_id == "spo2"] == [
        asked.by_link_id["spo2"].emergencies
    ]


def test_own_limits_that_no_longer_fit_are_not_used_by_the_phone_either() -> None:
    asked = danger.with_limits(questionnaire("covid-19"), from_library("covid-19"), {"spo2_red": Decimal(99)})

    assert [c.value for c in asked.by_link_id["spo2"].emergencies] == [Decimal(92)]


def test_signs_that_are_no_figures_stay_those_of_the_questionnaire() -> None:
    before = questionnaire("covid-19")

    after = danger.with_limits(before, from_library("covid-19"), {})

    for item in before.questions:
        assert after.by_link_id[item.link_id].options == item.options
        if item.link_id != "spo2":
            assert after.by_link_id[item.link_id].emergencies == item.emergencies


@pytest.mark.parametrize(("has_own", "warned"), [(False, True), (True, False)])
def test_the_plain_form_asked_again_warns_at_the_same_figure(
    client: FlaskClient, session: Session, has_own: bool, warned: bool
) -> None:
    enrolment = make_followed(session, has_oximeter=True)
    if has_own:
        set_limits(session, enrolment)
    enter(client, session, enrolment)
    page = client.get("/en/checkin").text
    fields = {name: hidden(page, name) for name in ("csrf_token", "key", "owner", "version", "language")}
    answers = {name: value for name, value in GREEN.items() if name != "chills"} | {"spo2": "90"}

    again = client.post("/en/checkin/answers", data=as_form(answers, **fields))

    assert again.status_code == 422
    assert ("Call 15 now" in again.text.split("<form")[0]) is warned
