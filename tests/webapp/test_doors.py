"""Other doors, the same questionnaire, the same triage: staff on the telephone, sheets of paper, whom to ask."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires import drafts
from questionnaires.models import Checkin, CheckinState, QuestionnaireInForce, QuestionnaireVersion, Response
from records import clock
from records.audit import SYSTEM
from records.models import AccessEntry, AnswersBy, AuditEntry, Enrolment, EnrolmentState, Role
from records.patients import reveal
from tests.webapp.patient_room import GREEN, as_form, as_json, hidden, make_checkin
from tests.webapp.patient_room import enter as enter_patient
from tests.webapp.signing import post
from tests.webapp.ward import RED as RED_ANSWERS
from tests.webapp.ward import Ward, enter, open_ward

WELL = GREEN | {"spo2": "97"}
RED = WELL | {"fainted": "true"}
DANGER = WELL | {"chest-pain": "true"}
CARRIED = ("csrf_token", "key", "seen", "version", "questionnaire", "asked", "checkin")
SPOKEN = {"verified": "y", "informant": "patient"}


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


@pytest.fixture
def caller(app: Flask, ward: Ward) -> FlaskClient:
    return enter(app, ward, Role.OPERATOR)


def of(enrolment: Enrolment, what: str = "") -> str:
    return f"/fr/patients/{enrolment.public_id}{what}"


def fill(client: FlaskClient, page: str, answers: dict[str, str], **fields: str) -> Any:
    """What the page's form sends once these answers are in it."""
    html = client.get(page).text
    carried = {name: hidden(html, name) for name in CARRIED}
    typed = {f"answer-{link_id}": value for link_id, value in answers.items()}
    return client.post(page, data={**carried, "answer-has-oximeter": "true", **typed, **fields})


def call(client: FlaskClient, enrolment: Enrolment, answers: dict[str, str] = WELL, **fields: str) -> Any:
    return fill(client, of(enrolment, "/ask"), answers, **(SPOKEN | fields))


def responses(ward: Ward, enrolment: Enrolment) -> list[Response]:
    ward.session.expire_all()
    return list(
        ward.session.scalars(select(Response).where(Response.enrolment_id == enrolment.id).order_by(Response.id))
    )


def due(ward: Ward, enrolment: Enrolment, *, ago: timedelta = timedelta(hours=1), **columns: Any) -> Checkin:
    return make_checkin(ward.session, enrolment, opened=clock.now() - ago, **columns)


def test_answers_given_on_the_telephone_are_recorded_and_answer_the_check_in(caller: FlaskClient, ward: Ward) -> None:
    enrolment = ward.patient()
    checkin = due(ward, enrolment)

    answer = call(caller, enrolment, informant="carer")

    assert answer.status_code == 303
    (kept,) = responses(ward, enrolment)
    assert (kept.door, kept.informant, kept.language, kept.checkin_id) == ("staff", "carer", "fr", checkin.id)
    assert kept.recorded_by_id == ward.person(Role.OPERATOR).id
    assert ward.session.get_one(Checkin, checkin.id).state == CheckinState.ANSWERED
    entry = ward.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert str(ward.person(Role.OPERATOR).public_id).encode() in entry.canonical
    assert {entry.page for entry in ward.session.scalars(select(AccessEntry))} == {"answers"}
    told = caller.get(answer.location).text
    assert "Aucun signe d’alerte dans ces réponses" in told
    assert "répondu par un proche" in told


def test_answers_keep_the_form_they_were_read_out_from_when_the_programme_asks_another_meanwhile(
    caller: FlaskClient, ward: Ward
) -> None:
    enrolment = ward.patient()
    html = caller.get(of(enrolment, "/ask")).text
    asked = ward.session.scalars(select(QuestionnaireVersion)).one()
    document = asked.document | {"url": "https://hospital.example/fhir/Questionnaire/own"}
    own = drafts.import_draft(ward.session, document=document, actor=SYSTEM, now=clock.now())
    said = {"programme_id": enrolment.programme_id, "version_id": own.id, "from_at": clock.now()}
    ward.session.add(QuestionnaireInForce(**said))
    ward.session.commit()

    typed = {f"answer-{link_id}": value for link_id, value in WELL.items()} | {"answer-has-oximeter": "true"}
    caller.post(of(enrolment, "/ask"), data={**{name: hidden(html, name) for name in CARRIED}, **typed, **SPOKEN})

    assert [kept.version_id for kept in responses(ward, enrolment)] == [asked.id]


def test_a_sign_of_danger_on_the_telephone_shows_what_to_say_and_raises_the_call(
    caller: FlaskClient, ward: Ward
) -> None:
    enrolment = ward.patient()

    told = caller.get(call(caller, enrolment, DANGER).location).text

    assert "Avant de raccrocher" in told
    assert [alert.kind for alert in ward.alerts(enrolment)] == ["answers"]
    assert f"/fr/callbacks/{ward.callback(enrolment).public_id}/claim" in told


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ({"verified": ""}, "Demandez d’abord le nom et la date de naissance du patient"),
        ({"informant": ""}, "Dites qui répond"),
        ({"answer-temperature": ""}, "température"),
        ({"answer-temperature": "45"}, "température"),
    ],
)
def test_what_is_missing_is_asked_again_and_nothing_typed_is_lost(
    caller: FlaskClient, ward: Ward, missing: dict[str, str], said: str
) -> None:
    enrolment = ward.patient()

    again = call(caller, enrolment, WELL | {"heart-rate": "71"}, **missing)

    assert again.status_code == 422
    summary = unescape(again.text.split("nhsuk-error-summary__list")[1].split("</ul>")[0])
    assert said in summary
    assert 'value="71"' in again.text
    assert responses(ward, enrolment) == []


def test_an_unlikely_value_is_asked_about_once_and_kept_when_confirmed(caller: FlaskClient, ward: Ward) -> None:
    enrolment = ward.patient()
    assert call(caller, enrolment, WELL | {"heart-rate": "190"}).status_code == 422

    sure = {"asked-heart-rate": "190", "confirmed-heart-rate": "190"}
    assert call(caller, enrolment, WELL | {"heart-rate": "190"}, **sure).status_code == 303

    assert responses(ward, enrolment)[0].answers["heart-rate"][0]["confirmed"] is True


def test_a_form_sent_twice_is_one_answer(caller: FlaskClient, ward: Ward) -> None:
    enrolment = ward.patient()
    key = str(uuid.uuid4())

    first, second = (call(caller, enrolment, RED, key=key, seen="0") for _ in range(2))

    assert first.location == second.location
    assert (len(responses(ward, enrolment)), len(ward.alerts(enrolment))) == (1, 1)


def test_who_fills_in_while_answers_come_in_compares_before_adding_any(caller: FlaskClient, ward: Ward) -> None:
    enrolment = ward.patient()
    ward.answer(enrolment)

    stopped = call(caller, enrolment, seen="0")
    assert stopped.status_code == 422
    assert "sur le téléphone du patient" in stopped.text
    assert len(responses(ward, enrolment)) == 1

    assert call(caller, enrolment, seen="0", twice="y").status_code == 303
    assert len(responses(ward, enrolment)) == 2


def test_another_teams_patient_is_not_found(caller: FlaskClient, ward: Ward) -> None:
    theirs = ward.patient(team=ward.another_team())

    for page in ("/ask", "/paper", "/sheet"):
        assert caller.get(of(theirs, page)).status_code == 404
    posted = post(caller, "/fr/patients", SPOKEN, to=of(theirs, "/ask"))
    assert posted.status_code == 404


@pytest.mark.parametrize("state", [EnrolmentState.ENROLLED, EnrolmentState.HELD])
def test_nobody_is_asked_before_being_invited(caller: FlaskClient, ward: Ward, state: str) -> None:
    enrolment = ward.patient(state)

    for page in ("/ask", "/paper"):
        assert caller.get(of(enrolment, page)).location == of(enrolment)
        assert post(caller, "/fr/patients", SPOKEN, to=of(enrolment, page)).location == of(enrolment)
    assert "n’est pas encore invité" in caller.get(of(enrolment)).text


@pytest.mark.parametrize("state", [EnrolmentState.PAUSED, EnrolmentState.DISCHARGED])
def test_whoever_is_paused_or_has_ended_is_heard_and_called_back(caller: FlaskClient, ward: Ward, state: str) -> None:
    enrolment = ward.patient(state)

    assert call(caller, enrolment, RED).status_code == 303

    assert ward.is_open(enrolment)
    assert ward.session.get_one(Enrolment, enrolment.id).state == state


def test_somebody_who_was_invited_begins_on_the_telephone_with_their_agreement(caller: FlaskClient, ward: Ward) -> None:
    enrolment = ward.patient(EnrolmentState.INVITED)

    assert call(caller, enrolment).status_code == 422
    assert call(caller, enrolment, agreed="y").status_code == 303

    assert len(responses(ward, enrolment)) == 1
    assert ward.session.get_one(Enrolment, enrolment.id).state == EnrolmentState.ACTIVE


def test_what_was_typed_when_the_session_ended_is_kept_and_shown_before_it_is_recorded(
    app: Flask, caller: FlaskClient, ward: Ward
) -> None:
    enrolment = ward.patient()
    cookie = caller.get_cookie("vigidom_staff")
    html = caller.get(of(enrolment, "/ask")).text
    data = {name: hidden(html, name) for name in ("csrf_token", "key", "seen", "version", "asked")}
    caller.delete_cookie("vigidom_staff")

    kept = caller.post(of(enrolment, "/ask"), data={**data, **SPOKEN, "answer-temperature": "38,4"})
    assert kept.status_code == 401
    assert 'name="answer-temperature" value="38,4"' in kept.text

    assert cookie is not None
    caller.set_cookie("vigidom_staff", cookie.value)
    again = caller.post(of(enrolment, "/ask"), data={**data, **SPOKEN, "answer-temperature": "38,4", "show": ""})
    assert again.status_code == 200
    assert 'value="38,4"' in again.text
    assert "error-summary" not in again.text
    assert responses(ward, enrolment) == []


def test_the_questions_are_asked_in_the_patients_language_or_in_the_readers(caller: FlaskClient, ward: Ward) -> None:
    enrolment = ward.patient(language="ar")
    page = of(enrolment, "/ask")
    html = caller.get(page).text
    assert '<div class="vd-asking" lang="fr" dir="ltr">' in html

    shown = fill(caller, page, WELL | {"temperature": "38,4"}, show="ar")
    assert '<div class="vd-asking" lang="ar" dir="rtl">' in shown.text
    assert 'value="38,4"' in shown.text

    assert call(caller, enrolment, asked="ar").status_code == 303
    assert responses(ward, enrolment)[0].language == "ar"


SHEET = {"same": "y", "informant": "patient"}


def sheet(
    client: FlaskClient, enrolment: Enrolment, at: datetime, answers: dict[str, str] = WELL, **fields: str
) -> Any:
    when = clock.local(at, enrolment.zone)
    said = {"filled_on": f"{when:%d/%m/%Y}", "filled_hour": f"{when:%H:%M}"}
    return fill(client, of(enrolment, "/paper"), answers, **(SHEET | said | fields))


def test_a_sheet_answers_the_check_in_of_its_day_even_a_missed_one(caller: FlaskClient, ward: Ward) -> None:
    enrolment = ward.patient()
    now = clock.now()
    missed = due(ward, enrolment, ago=timedelta(days=2), state=CheckinState.MISSED, closed_at=now - timedelta(days=1))
    today = due(ward, enrolment)
    at = (now - timedelta(days=2) + timedelta(minutes=20)).replace(second=0, microsecond=0)

    told = caller.get(sheet(caller, enrolment, at, RED).location).text

    (kept,) = responses(ward, enrolment)
    assert (kept.door, kept.checkin_id, kept.completed_at, kept.late) == ("paper", missed.id, at, True)
    assert ward.session.get_one(Checkin, today.id).state == CheckinState.OPEN
    assert [alert.kind for alert in ward.alerts(enrolment)] == ["answers"]
    assert "sur papier" in told


def test_a_sheet_typed_by_two_people_is_compared_first(caller: FlaskClient, ward: Ward) -> None:
    enrolment = ward.patient()
    at = (clock.now() - timedelta(days=1)).replace(second=0, microsecond=0)
    assert sheet(caller, enrolment, at).status_code == 303

    assert sheet(caller, enrolment, at).status_code == 422
    assert sheet(caller, enrolment, at, twice="y").status_code == 303


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (timedelta(days=1), "Ce moment n’est pas encore venu"),
        (timedelta(days=-30), "Le patient n’était pas encore suivi ce jour-là"),
    ],
)
def test_a_sheet_of_tomorrow_or_of_before_the_follow_up_is_refused_in_words(
    caller: FlaskClient, ward: Ward, when: timedelta, said: str
) -> None:
    enrolment = ward.patient()

    refused = sheet(caller, enrolment, clock.now() + when)

    assert refused.status_code == 422
    assert said in refused.text
    assert responses(ward, enrolment) == []


@pytest.mark.parametrize("typed", [{"filled_on": "01/01/0001"}, {"filled_hour": "25:00"}, {"filled_hour": "hier"}])
def test_a_time_that_cannot_be_is_asked_again(caller: FlaskClient, ward: Ward, typed: dict[str, str]) -> None:
    assert sheet(caller, ward.patient(), clock.now() - timedelta(hours=2), **typed).status_code == 422


def test_the_sheet_to_print_holds_every_question_and_no_name(caller: FlaskClient, ward: Ward) -> None:
    enrolment = ward.patient(language="ar")
    identity = reveal(enrolment.patient)

    arabic = caller.get(of(enrolment, "/sheet")).text
    english = caller.get(of(enrolment, "/sheet?in=en")).text

    assert '<html lang="ar" dir="rtl">' in arabic
    assert "Print" in english
    for text in (arabic, english):
        assert identity.family_name not in text
        assert identity.given_name not in text
        assert str(enrolment.public_id)[:4].upper() in text
        assert text.count('class="vd-sheet__question"') == len(WELL)


def test_a_change_of_door_keeps_what_is_open_and_puts_it_on_the_list(caller: FlaskClient, ward: Ward) -> None:
    enrolment = ward.patient()
    checkin = due(ward, enrolment)
    assert "/ask" not in caller.get("/fr/to-ask").text

    post(caller, of(enrolment), {"door-answers_by": "staff", "door-reason": "no-smartphone"}, to=of(enrolment, "/door"))

    ward.session.expire_all()
    assert ward.session.get_one(Enrolment, enrolment.id).answers_by == AnswersBy.STAFF
    assert ward.session.get_one(Checkin, checkin.id).state == CheckinState.OPEN
    entry = ward.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert b"no-smartphone" in entry.canonical
    page = caller.get("/fr/to-ask").text
    assert of(enrolment, "/ask") in page
    assert "À interroger (1)" in page
    assert f"tel:{reveal(enrolment.patient).phone}" in page

    call(caller, enrolment)
    assert "À interroger (1)" not in caller.get("/fr/queue").text


def test_the_list_holds_ones_own_teams_oldest_first(caller: FlaskClient, ward: Ward) -> None:
    theirs = ward.patient(team=ward.another_team())
    first, second = ward.patient(), ward.patient()
    for enrolment, hours in ((theirs, 3), (second, 1), (first, 2)):
        enrolment.answers_by = AnswersBy.STAFF
        due(ward, enrolment, ago=timedelta(hours=hours))

    page = caller.get("/fr/to-ask").text

    assert of(theirs) not in page
    assert page.index(of(first)) < page.index(of(second))


def test_a_door_that_there_is_not_is_refused_with_the_form_open(caller: FlaskClient, ward: Ward) -> None:
    enrolment = ward.patient()

    refused = post(
        caller, of(enrolment), {"door-answers_by": "pigeon", "door-reason": "asked"}, to=of(enrolment, "/door")
    )

    assert refused.status_code == 422
    ward.session.expire_all()
    assert ward.session.get_one(Enrolment, enrolment.id).answers_by == AnswersBy.PHONE


def test_the_file_says_by_which_door_and_from_whom_answers_came(caller: FlaskClient, ward: Ward) -> None:
    enrolment = ward.patient()
    ward.answer(enrolment, RED_ANSWERS)
    plain = caller.get(of(enrolment)).text
    assert "sur le téléphone du patient" not in plain

    call(caller, enrolment, informant="carer")

    name = ward.person(Role.OPERATOR).name
    assert f"au téléphone avec le centre, répondu par un proche, saisi par {name}" in caller.get(of(enrolment)).text


@pytest.mark.parametrize(
    ("said", "kept"), [("carer", "carer"), ("patient", "patient"), ("", "patient"), ("x", "patient")]
)
def test_whoever_answers_on_the_patients_phone_may_say_that_it_is_for_somebody_else(
    app: Flask, ward: Ward, said: str, kept: str
) -> None:
    enrolment, phone = ward.patient(), app.test_client()
    enter_patient(phone, ward.session, enrolment)
    html = phone.get("/fr/checkin").text
    fields = {name: hidden(html, name) for name in ("csrf_token", "key", "owner", "version", "language")}
    body = {"owner": fields["owner"], "version": fields["version"], "language": "fr", "answers": as_json(WELL)}
    headers = {"Sec-Fetch-Site": "same-origin", "Idempotency-Key": str(uuid.uuid4())}

    assert phone.post("/fr/checkin/answers", data=as_form(WELL, **fields, informant=said)).status_code == 303
    assert phone.post("/api/answers", json=body | {"informant": said}, headers=headers).status_code == 201

    assert [(response.door, response.informant) for response in responses(ward, enrolment)] == [("phone", kept)] * 2


def test_a_form_that_asks_again_remembers_who_answers(app: Flask, ward: Ward) -> None:
    enrolment, phone = ward.patient(), app.test_client()
    enter_patient(phone, ward.session, enrolment)
    token = hidden(phone.get("/fr/checkin").text, "csrf_token")

    again = phone.post("/fr/checkin/answers", data={"csrf_token": token, "informant": "carer"})

    assert again.status_code == 422
    assert 'id="informant-carer" name="informant" value="carer" checked' in again.text
