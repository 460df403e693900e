"""A patient's file: what it shows, that opening it is logged, and the work done on it."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from records import clock
from records.models import AccessEntry, Enrolment, EnrolmentState, Role
from records.patients import reveal
from tests.webapp.signing import post
from tests.webapp.ward import ORANGE, RED, WELL, Ward, enter, open_ward
from triage.models import Attempt, Disposition, PatientLimit


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


PATIENTS = "/fr/patients"


def file(enrolment: Enrolment, language: str = "fr") -> str:
    return f"/{language}/patients/{enrolment.public_id}"


def state(ward: Ward, enrolment: Enrolment) -> str:
    ward.session.expire_all()
    return ward.session.get_one(Enrolment, enrolment.id).state


def taken(app: Flask, ward: Ward, role: str = Role.PHYSICIAN) -> tuple[FlaskClient, Enrolment, str]:
    """A red call in the hands of the person signed in: browser, patient, address of the call-back."""
    enrolment = ward.red()
    client = enter(app, ward, role)
    call = f"/fr/callbacks/{ward.callback(enrolment).public_id}"
    post(client, "/fr/queue", {}, to=f"{call}/claim")
    return client, enrolment, call


def reach(client: FlaskClient, enrolment: Enrolment, call: str, outcome: str = "reached", note: str = ""):
    said = {"attempt-outcome": outcome, "attempt-verified": "y", "attempt-note": note}
    return post(client, file(enrolment), said, to=f"{call}/attempts")


def seen(ward: Ward, enrolment: Enrolment) -> str:
    return ",".join(str(alert.public_id) for alert in ward.alerts(enrolment))


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
