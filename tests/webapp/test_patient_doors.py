from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from records import clock, doors
from records.models import AuditEntry, Enrolment, PatientSession
from tests.factories import make_enrolment
from tests.webapp.patient_room import enter, hidden, make_checkin, make_followed

BORN = date(1961, 3, 27)


def link_of(enrolment: Enrolment, kind: str = "invite") -> str:
    return f"/q/{doors.make_link(kind, enrolment.public_id)}"


def prove(client: FlaskClient, address: str, day: str = "27", month: str = "3", **fields: str):
    token = hidden(client.get(address).text, "csrf_token")
    return client.post(address, data={"csrf_token": token, "day": day, "month": month} | fields)


def test_a_link_asks_the_birthday_in_the_patients_language_and_opens_today(
    client: FlaskClient, session: Session
) -> None:
    enrolment = make_followed(session, birth_date=BORN, language="en")
    address = link_of(enrolment)

    asked = client.get(address, headers={"Accept-Language": "fr"})
    let_in = prove(client, address)

    assert asked.status_code == 200
    assert '<html lang="en"' in asked.text
    assert (let_in.status_code, let_in.location) == (303, "/en/checkin")
    assert client.get(let_in.location).status_code == 200


def test_opening_a_link_changes_nothing_however_often(client: FlaskClient, session: Session) -> None:
    enrolment = make_followed(session, "invited", birth_date=BORN)
    before = session.scalar(select(func.count()).select_from(AuditEntry))

    for _ in range(8):
        assert client.get(link_of(enrolment)).status_code == 200
        assert client.head(link_of(enrolment)).status_code == 200

    assert session.scalar(select(func.count()).select_from(PatientSession)) == 0
    assert session.scalar(select(func.count()).select_from(AuditEntry)) == before
    assert prove(client, link_of(enrolment)).status_code == 303


def test_a_known_device_goes_straight_in_and_an_unknown_one_does_not(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    enrolment = make_followed(session, birth_date=BORN)
    prove(client, link_of(enrolment))
    client.delete_cookie("vigidom_patient")

    assert client.get(link_of(enrolment)).location == "/fr/checkin"
    assert app.test_client().get(link_of(enrolment)).status_code == 200


def test_a_device_known_for_one_patient_is_not_known_for_another(client: FlaskClient, session: Session) -> None:
    one, other = make_followed(session, birth_date=BORN), make_followed(session, birth_date=BORN)
    prove(client, link_of(one))

    assert client.get(link_of(other)).status_code == 200
    assert "csrf_token" in client.get(link_of(other)).text


def test_the_cookies_are_closed_to_scripts_and_to_other_sites(client: FlaskClient, session: Session) -> None:
    let_in = prove(client, link_of(make_followed(session, birth_date=BORN)))
    cookies = {cookie.split("=")[0]: cookie for cookie in let_in.headers.getlist("Set-Cookie")}

    for name, lasts in (("vigidom_patient", 7200), ("vigidom_device", 180 * 86400)):
        assert "HttpOnly" in cookies[name]
        assert "SameSite=Lax" in cookies[name]
        assert f"Max-Age={lasts}" in cookies[name]


def test_over_https_the_cookies_never_travel_in_clear(
    app: Flask, client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "VIGIDOM", replace(app.config["VIGIDOM"], public_url="https://suivi.example"))
    let_in = prove(client, link_of(make_followed(session, birth_date=BORN)))

    assert all("Secure" in cookie for cookie in let_in.headers.getlist("Set-Cookie") if "vigidom_form" not in cookie)


@pytest.mark.parametrize(
    ("day", "month"),
    [
        ("", ""),
        ("0", "3"),
        ("32", "3"),
        ("27", "13"),
        ("-1", "3"),
        ("27.0", "3"),
        ("²", "3"),
        ("9" * 5000, "3"),
        ("a", "b"),
    ],
)
def test_a_birthday_that_cannot_be_is_asked_again_and_costs_no_try(
    client: FlaskClient, session: Session, day: str, month: str
) -> None:
    enrolment = make_followed(session, birth_date=BORN)

    for _ in range(6):
        assert prove(client, link_of(enrolment), day, month).status_code == 422

    assert prove(client, link_of(enrolment)).status_code == 303


def test_a_birthday_may_be_typed_in_arabic_digits(client: FlaskClient, session: Session) -> None:
    enrolment = make_followed(session, birth_date=BORN)

    assert prove(client, link_of(enrolment), "٢٧", "٣").status_code == 303


def test_after_five_wrong_birthdays_the_door_is_locked_and_says_whom_to_call(
    client: FlaskClient, session: Session
) -> None:
    enrolment = make_followed(session, birth_date=BORN)

    statuses = [prove(client, link_of(enrolment), "1", "1").status_code for _ in range(6)]
    locked = prove(client, link_of(enrolment))

    assert statuses == [422] * 5 + [429]
    assert locked.status_code == 429
    assert enrolment.programme.phone in locked.text
    assert "vigidom_patient" not in str(locked.headers)


def test_the_lock_opens_after_an_hour(client: FlaskClient, session: Session) -> None:
    enrolment = make_followed(session, birth_date=BORN)
    for _ in range(6):
        prove(client, link_of(enrolment), "1", "1")

    with time_machine.travel(clock.now() + timedelta(hours=1, minutes=1)):
        assert prove(client, link_of(enrolment)).status_code == 303


@pytest.mark.parametrize("token", ["x", "%00", "é" * 50, "A" * 44, "a" * 5000, "../../etc/passwd", "'--"])
def test_a_broken_link_offers_the_typed_code_and_the_telephone(
    client: FlaskClient, session: Session, token: str
) -> None:
    enrolment = make_followed(session)

    page = client.get(f"/q/{token}")

    assert page.status_code == 404
    if "/" not in token:
        assert 'action="/fr/enter"' in page.text or 'action="/en/enter"' in page.text
        assert enrolment.programme.phone in page.text


def test_a_tampered_link_opens_nothing(client: FlaskClient, session: Session) -> None:
    token = doors.make_link("invite", make_followed(session).public_id)

    for place in range(len(token)):
        other = "A" if token[place] != "A" else "B"
        assert client.get(f"/q/{token[:place]}{other}{token[place + 1 :]}").status_code == 404


@pytest.mark.parametrize("state", ["enrolled", "held"])
def test_who_was_not_invited_has_no_link(client: FlaskClient, session: Session, state: str) -> None:
    assert client.get(link_of(make_followed(session, state))).status_code == 404


@pytest.mark.parametrize("state", ["open", "missed", "answered", "cancelled"])
def test_a_check_ins_link_opens_in_every_state(client: FlaskClient, session: Session, state: str) -> None:
    enrolment = make_followed(session, birth_date=BORN)
    checkin = make_checkin(session, enrolment, opened=clock.now() - timedelta(days=3), state=state)
    address = f"/q/{doors.make_link('checkin', checkin.public_id)}"

    let_in = prove(client, address)

    assert client.get(let_in.location).status_code == 200


@pytest.mark.parametrize("kind", ["invite", "checkin"])
def test_a_link_of_an_ended_episode_opens_the_one_that_goes_on(
    client: FlaskClient, session: Session, kind: str
) -> None:
    ended = make_followed(session, "discharged", birth_date=BORN)
    old = ended if kind == "invite" else make_checkin(session, ended, opened=clock.now() - timedelta(days=9))
    now_followed = make_enrolment(
        session, programme=ended.programme, team=ended.team, patient=ended.patient, birth_date=BORN
    )
    session.commit()

    prove(client, f"/q/{doors.make_link(kind, old.public_id)}")

    assert session.scalars(select(PatientSession.enrolment_id)).all() == [now_followed.id]


def test_the_typed_code_and_the_birthday_open_the_questionnaire(client: FlaskClient, session: Session) -> None:
    enrolment = make_followed(session, birth_date=BORN)
    code = doors.code_of(enrolment)
    assert code is not None

    let_in = prove(client, "/en/enter", code=code.lower().replace("-", " "))

    assert (let_in.status_code, let_in.location) == (303, "/en/checkin")
    assert client.get(let_in.location).status_code == 200


@pytest.mark.parametrize(("browser", "language"), [("fr-FR,fr;q=0.9", "fr"), ("en-GB", "en"), ("", "fr")])
def test_the_short_address_of_the_text_leads_to_the_typed_code(
    client: FlaskClient, browser: str, language: str
) -> None:
    answer = client.get("/enter", headers={"Accept-Language": browser})

    assert (answer.status_code, answer.location) == (302, f"/{language}/enter")


def test_a_wrong_code_and_a_wrong_birthday_are_told_in_the_same_words(client: FlaskClient, session: Session) -> None:
    enrolment = make_followed(session, birth_date=BORN)
    sentence = "Ce code et ce jour de naissance ne vont pas ensemble"

    wrong_code = prove(client, "/fr/enter", code="AAAA-AAAA")
    wrong_day = prove(client, "/fr/enter", "1", "1", code=doors.code_of(enrolment) or "")

    assert (wrong_code.status_code, wrong_day.status_code) == (422, 422)
    assert sentence in wrong_code.text
    assert sentence in wrong_day.text


@pytest.mark.parametrize("code", ["", "x" * 41, "\x00", "' OR 1=1 --", "<script>alert(1)</script>", "😷" * 8])
def test_a_hostile_code_is_asked_again_and_shown_harmless(client: FlaskClient, session: Session, code: str) -> None:
    make_followed(session)

    page = prove(client, "/fr/enter", code=code)

    assert page.status_code == 422
    assert "<script>alert" not in page.text


def test_thirty_wrong_codes_lock_the_door_for_that_address(client: FlaskClient, session: Session) -> None:
    enrolment = make_followed(session, birth_date=BORN)

    statuses = [prove(client, "/fr/enter", code="AAAA-AAAA").status_code for _ in range(31)]

    assert statuses == [422] * 30 + [429]
    assert prove(client, "/fr/enter", code=doors.code_of(enrolment) or "").status_code == 429


@pytest.mark.parametrize("address", ["/fr/enter", None])
def test_a_door_posted_to_from_elsewhere_stays_shut(client: FlaskClient, session: Session, address: str | None) -> None:
    enrolment = make_followed(session, birth_date=BORN)

    forged = client.post(address or link_of(enrolment), data={"day": "27", "month": "3"})

    assert forged.status_code == 400
    assert "vigidom_patient" not in str(forged.headers)


@pytest.mark.parametrize("address", ["/fr/checkin", "/en/consent", "/fr/checkin/answers"])
def test_without_a_session_the_questionnaire_leads_to_the_door(
    client: FlaskClient, session: Session, address: str
) -> None:
    make_followed(session)

    for cookie in (None, "", "nonsense", "x" * 3000):
        if cookie is not None:
            client.set_cookie("vigidom_patient", cookie)
        assert client.get(address).location == f"/{address[1:3]}/enter"


def test_a_session_ends_after_two_hours(client: FlaskClient, session: Session) -> None:
    enter(client, session, make_followed(session))
    assert client.get("/fr/checkin").status_code == 200

    with time_machine.travel(clock.now() + timedelta(hours=2, minutes=1)):
        assert client.get("/fr/checkin").location == "/fr/enter"


def test_the_first_visit_tells_what_it_is_and_agreeing_begins_the_follow_up(
    client: FlaskClient, session: Session
) -> None:
    enrolment = make_followed(session, "invited")
    enter(client, session, enrolment)
    assert client.get("/fr/checkin").location == "/fr/consent"
    page = client.get("/fr/consent").text

    client.post("/fr/consent", data={"csrf_token": hidden(page, "csrf_token"), "decision": "agree"})

    assert "08:00" in page
    assert "tel:15" in page
    assert session.get_one(Enrolment, enrolment.id, populate_existing=True).state == "active"
    assert client.get("/fr/consent").location == "/fr/checkin"
    assert client.get("/fr/checkin").status_code == 200


def test_refusing_ends_the_follow_up_before_it_began(client: FlaskClient, session: Session) -> None:
    enrolment = make_followed(session, "invited")
    enter(client, session, enrolment)
    token = hidden(client.get("/fr/consent").text, "csrf_token")

    answer = client.post("/fr/consent", data={"csrf_token": token, "decision": "refuse"})

    ended = session.get_one(Enrolment, enrolment.id, populate_existing=True)
    assert (ended.state, ended.end_reason, ended.activated_at) == ("discharged", "withdrew", None)
    assert "Votre refus est noté" in client.get(answer.location).text


@pytest.mark.parametrize("decision", [None, "", "yes", "agree" * 1000])
def test_an_unclear_consent_begins_nothing(client: FlaskClient, session: Session, decision: str | None) -> None:
    enrolment = make_followed(session, "invited")
    enter(client, session, enrolment)
    token = hidden(client.get("/fr/consent").text, "csrf_token")

    answer = client.post("/fr/consent", data={"csrf_token": token, "decision": decision})

    assert answer.status_code == 200
    assert session.get_one(Enrolment, enrolment.id, populate_existing=True).state == "invited"


def test_a_consent_page_of_one_patient_decides_nothing_for_another(client: FlaskClient, session: Session) -> None:
    one, other = (make_followed(session, "invited") for _ in range(2))
    enter(client, session, one)
    stale = client.get("/fr/consent").text
    enter(client, session, other)
    sent = {name: hidden(stale, name) for name in ("csrf_token", "owner")}

    page = client.post("/fr/consent", data=sent | {"decision": "refuse"}).text

    assert session.get_one(Enrolment, other.id, populate_existing=True).state == "invited"
    sent = {name: hidden(page, name) for name in ("csrf_token", "owner")}
    client.post("/fr/consent", data=sent | {"decision": "agree"})
    assert session.get_one(Enrolment, other.id, populate_existing=True).state == "active"


def test_consent_posted_from_elsewhere_begins_nothing(client: FlaskClient, session: Session) -> None:
    enrolment = make_followed(session, "invited")
    enter(client, session, enrolment)

    assert client.post("/fr/consent", data={"decision": "agree"}).status_code == 400
    assert session.get_one(Enrolment, enrolment.id, populate_existing=True).state == "invited"


def test_the_other_language_keeps_the_place(client: FlaskClient, session: Session) -> None:
    enrolment = make_followed(session, birth_date=BORN)
    token = doors.make_link("invite", enrolment.public_id)

    assert f'href="/en/q/{token}"' in client.get(f"/q/{token}").text
    assert prove(client, f"/en/q/{token}").location == "/en/checkin"
    assert 'href="/fr/checkin"' in client.get("/en/checkin").text
