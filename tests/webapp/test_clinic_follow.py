"""Pausing, ending and going on with a follow-up, and a patient's own limits."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from records import clock
from records.models import EnrolmentState, Role
from tests.webapp.files import file, state
from tests.webapp.signing import post
from tests.webapp.ward import Ward, enter, open_ward
from triage.models import PatientLimit


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


def test_pausing_needs_an_owner_a_day_and_a_reason_and_resuming_goes_on(app: Flask, ward: Ward) -> None:
    enrolment = ward.patient()
    client = enter(app, ward)
    empty = post(client, file(enrolment), {}, to=f"{file(enrolment)}/pause")
    assert empty.status_code == 422
    assert "Indiquez le jour du réexamen" in empty.text
    assert state(ward, enrolment) == EnrolmentState.ACTIVE

    day = (clock.now() + timedelta(days=2)).strftime("%d/%m/%Y")
    data = {"pause-owner": str(ward.person().public_id), "pause-review_on": day, "pause-reason": "asked"}
    assert post(client, file(enrolment), data, to=f"{file(enrolment)}/pause").status_code == 302
    assert state(ward, enrolment) == EnrolmentState.PAUSED
    assert "À la demande du patient" in client.get(file(enrolment)).text

    post(client, file(enrolment), {}, to=f"{file(enrolment)}/resume")
    assert state(ward, enrolment) == EnrolmentState.ACTIVE


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("review_on", "1/1/2020"),
        ("review_on", "31/2/2027"),
        ("review_on", "demain"),
        ("review_on", "1/1/2199"),
        ("owner", "00000000-0000-0000-0000-000000000000"),
        ("owner", "<script>"),
        ("reason", "because"),
    ],
)
def test_a_pause_that_makes_no_sense_changes_nothing(app: Flask, ward: Ward, field: str, value: str) -> None:
    enrolment = ward.patient()
    client = enter(app, ward)
    day = (clock.now() + timedelta(days=2)).strftime("%d/%m/%Y")
    good = {"pause-owner": str(ward.person().public_id), "pause-review_on": day, "pause-reason": "asked"}

    answer = post(client, file(enrolment), good | {f"pause-{field}": value}, to=f"{file(enrolment)}/pause")

    assert answer.status_code == 422
    assert f'href="#pause-{field}"' in answer.text
    assert state(ward, enrolment) == EnrolmentState.ACTIVE


def test_ending_a_follow_up_needs_its_reason(app: Flask, ward: Ward) -> None:
    enrolment = ward.patient()
    client = enter(app, ward, Role.SUPERVISOR)

    assert post(client, file(enrolment), {}, to=f"{file(enrolment)}/discharge").status_code == 422
    answer = post(client, file(enrolment), {"discharge-reason": "withdrew"}, to=f"{file(enrolment)}/discharge")

    assert answer.location == file(enrolment)
    assert state(ward, enrolment) == EnrolmentState.DISCHARGED
    again = post(client, file(enrolment), {"discharge-reason": "withdrew"}, to=f"{file(enrolment)}/discharge")
    assert again.status_code == 422


def test_a_physicians_own_limits_release_a_held_patient(app: Flask, ward: Ward) -> None:
    enrolment = ward.patient(EnrolmentState.HELD)
    client = enter(app, ward)
    data = {
        "limits-spo2_red": "86",
        "limits-spo2_orange": "88",
        "limits-spo2_first": "88",
        "limits-limits_reason": "BPCO",
    }

    answer = post(client, file(enrolment), data, to=f"{file(enrolment)}/limits")

    assert answer.status_code == 302, answer.text
    assert state(ward, enrolment) == EnrolmentState.ENROLLED
    html = client.get(file(enrolment)).text
    assert "<b>86</b>" in html
    assert "BPCO" in html


@pytest.mark.parametrize(
    "data",
    [
        {"limits-spo2_red": "quatre-vingts"},
        {"limits-spo2_red": "20"},
        {"limits-spo2_red": "99"},
        {"limits-spo2_red": "88,55"},
        {"limits-limits_reason": ""},
        {"limits-spo2_red": ""},
        {"limits-limits_until": "1/1/2020"},
        {"limits-limits_until": "soon"},
    ],
)
def test_own_limits_that_make_no_sense_are_refused_with_why(app: Flask, ward: Ward, data: dict[str, str]) -> None:
    enrolment = ward.patient()
    client = enter(app, ward)

    good = {"limits-spo2_red": "90", "limits-limits_reason": "Connu"}
    answer = post(client, file(enrolment), good | data, to=f"{file(enrolment)}/limits")

    assert answer.status_code == 422
    assert "Il y a un problème" in answer.text
    assert ward.session.scalars(sa.select(PatientLimit)).all() == []


def test_an_operator_neither_pauses_nor_sets_limits(app: Flask, ward: Ward) -> None:
    enrolment = ward.patient()
    client = enter(app, ward, Role.OPERATOR)

    html = client.get(file(enrolment)).text
    assert "Fixer des seuils" not in html
    assert "Suspendre le suivi" not in html
    for act in ("pause", "discharge", "limits", "invite", "resume"):
        assert post(client, "/fr/patients", {}, to=f"{file(enrolment)}/{act}").status_code == 403
    assert state(ward, enrolment) == EnrolmentState.ACTIVE


@pytest.mark.parametrize("act", ["pause", "discharge", "limits", "invite", "resume"])
def test_no_step_reaches_the_patient_of_another_team(app: Flask, ward: Ward, act: str) -> None:
    enrolment = ward.patient(team=ward.another_team())

    answer = post(enter(app, ward), "/fr/patients", {"discharge-reason": "withdrew"}, to=f"{file(enrolment)}/{act}")

    assert answer.status_code == 404
    assert state(ward, enrolment) == EnrolmentState.ACTIVE
