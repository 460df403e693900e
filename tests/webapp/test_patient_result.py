from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from records.audit import SYSTEM
from records.models import Enrolment, Role
from records.staff.telephones import set_phone
from tests.factories import NOW, make_staff
from tests.webapp.patient_room import DANGER, GREEN, ORANGE, RED, as_form, enter, hidden, make_followed
from triage import documents
from triage.duty import shifts
from triage.models import Duty
from webapp.patient.signs import signs

OPEN = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)  # 10:00 in Paris
CLOSED = datetime(2026, 3, 10, 22, 30, tzinfo=UTC)  # 23:30 in Paris


def result_of(client: FlaskClient, answers: dict[str, str], language: str = "en") -> str:
    page = client.get(f"/{language}/checkin").text
    fields = {name: hidden(page, name) for name in ("csrf_token", "key", "owner", "checkin", "version", "language")}
    answer = client.post(f"/{language}/checkin/answers", data=as_form(answers, **fields))
    assert answer.status_code == 303
    return client.get(answer.location).text


def visit(client: FlaskClient, session: Session, **overrides: object) -> Enrolment:
    enrolment = make_followed(session, now=NOW, **overrides)
    enter(client, session, enrolment)
    return enrolment


@pytest.mark.parametrize(
    ("at", "answers", "title", "also"),
    [
        (OPEN, GREEN, "No warning sign in these answers", "Your answers have been received."),
        (OPEN, ORANGE, "We call you within 2 hours", "From 39.0"),
        (OPEN, RED, "We call you within 10 minutes", "If nobody has called by then, or if it gets worse, call 15."),
        (OPEN, DANGER, "Call 15 now", "We call you within 10 minutes."),
        (CLOSED, GREEN, "No warning sign in these answers", "Your answers have been received."),
        (CLOSED, ORANGE, "We call you after 08:00", "Nobody reads your answers before it opens, at 08:00"),
        (CLOSED, RED, "Nobody reads this before 08:00", "Call 15 if it gets worse"),
        (CLOSED, DANGER, "Call 15 now", "nobody reads your answers before 08:00 (time of Paris)"),
    ],
)
def test_the_result_says_what_happens_next(
    client: FlaskClient, session: Session, at: datetime, answers: dict[str, str], title: str, also: str
) -> None:
    with time_machine.travel(at):
        visit(client, session)
        page = result_of(client, answers)

    assert title in page.split("<h1")[1].split("</h1>")[0]
    assert also in page
    assert 'href="tel:15"' in page


@pytest.mark.parametrize(
    ("hour", "answers", "title", "also"),
    [
        ("07:59", RED, "Nobody reads this before 08:00", "The centre is closed"),
        ("08:00", RED, "We call you within 10 minutes", "If nobody has called by then"),
        ("19:49", RED, "We call you within 10 minutes", "If nobody has called by then"),
        (
            "19:59",
            RED,
            "We call you by 12 Mar 08:09 at the latest",
            "closes at 20:00 (time of Paris)",
        ),
        ("19:59", DANGER, "Call 15 now", "We call you by 12 Mar 08:09 at the latest."),
        ("20:00", RED, "Nobody reads this before 08:00", "The centre is closed"),
        ("07:59", ORANGE, "We call you after 08:00", "Nobody reads your answers before it opens"),
        ("18:00", ORANGE, "We call you within 2 hours", "Keep your phone at hand"),
        ("19:30", ORANGE, "We call you by 12 Mar 09:30 at the latest", "Keep your phone at hand"),
    ],
)
def test_no_call_is_promised_for_an_hour_at_which_the_centre_is_closed(
    client: FlaskClient, session: Session, hour: str, answers: dict[str, str], title: str, also: str
) -> None:
    at = datetime.fromisoformat(f"2026-03-11T{hour}:00+01:00")
    with time_machine.travel(at, tick=False):
        visit(client, session)
        page = result_of(client, answers)

    assert title in page.split("<h1")[1].split("</h1>")[0] or title in page.split("vd-alarm__next")[1]
    assert also in page


@pytest.mark.parametrize(("phone", "told"), [("+33612345678", True), (None, False)])
@pytest.mark.parametrize("hour", ["07:59", "20:00"])
def test_by_the_rota_the_patient_is_told_who_knows_and_only_if_somebody_can_be_paged(
    client: FlaskClient, session: Session, hour: str, phone: str | None, told: bool
) -> None:
    at = datetime.fromisoformat(f"2026-03-11T{hour}:00+01:00")
    with time_machine.travel(at, tick=False):
        enrolment = visit(client, session)
        doctor = make_staff(session, Role.PHYSICIAN, teams=[enrolment.team])
        set_phone(session, staff=doctor, typed=phone or "", actor=SYSTEM, now=at)
        hours = {"from_at": at - timedelta(hours=2), "until_at": at + timedelta(hours=2)}
        lead = make_staff(session, Role.SUPERVISOR, teams=[enrolment.team])
        shifts.add(session, team=enrolment.team, person=doctor, duty=Duty.ON_CALL, **hours, by=lead, now=at)
        session.commit()
        page = result_of(client, RED)

    title = page.split("<h1")[1].split("</h1>")[0]
    assert ("The physician on call is being told" in title) is told
    assert ("Nobody reads this before 08:00" in title) is not told
    assert "Call 15 if it gets worse" in page


@pytest.mark.parametrize("answers", [RED, DANGER, GREEN | {"temperature": "40,4"}])
def test_a_closed_centre_promises_no_call_at_once(
    client: FlaskClient, session: Session, answers: dict[str, str]
) -> None:
    with time_machine.travel(CLOSED):
        visit(client, session)
        page = result_of(client, answers)

    assert "at once." not in page
    assert "10 minutes." not in page


def test_a_measure_that_is_red_at_night_is_shown_with_its_limit(client: FlaskClient, session: Session) -> None:
    with time_machine.travel(CLOSED):
        visit(client, session)
        page = result_of(client, GREEN | {"temperature": "40,4"})

    assert "Temperature: 40.4" in page
    assert "above 40.0" in page


def test_who_cannot_go_on_is_given_the_helpline(client: FlaskClient, session: Session) -> None:
    with time_machine.travel(OPEN):
        visit(client, session)

        assert "3114" in result_of(client, GREEN | {"confinement": "cannot-go-on"})


def test_the_hours_are_the_centres_and_say_so_to_a_patient_far_away(client: FlaskClient, session: Session) -> None:
    with time_machine.travel(CLOSED):
        visit(client, session, zone="Indian/Reunion")
        page = result_of(client, RED, "fr")

    assert "à 08:00 (heure de Paris)" in page
    assert "arrivées à 02:30" in page


def test_another_patients_result_is_not_found(client: FlaskClient, session: Session) -> None:
    with time_machine.travel(OPEN):
        visit(client, session)
        page = client.get("/fr/checkin").text
        fields = {name: hidden(page, name) for name in ("csrf_token", "key")}
        address = client.post("/fr/checkin/answers", data=as_form(RED, **fields)).location
        assert client.get(address).status_code == 200

        visit(client, session)
        assert client.get(address).status_code == 404
        client.delete_cookie("vigidom_patient")
        assert client.get(address).location == "/fr/enter"


@pytest.mark.parametrize("response", ["6b1f7a52-93f4-4c07-9a5e-2d1c8e0f4b3a", "nonsense", "0", "../1", "%00"])
def test_a_result_that_does_not_exist_is_not_found(client: FlaskClient, session: Session, response: str) -> None:
    with time_machine.travel(OPEN):
        visit(client, session)

        assert client.get(f"/fr/checkin/result/{response}").status_code == 404


def test_a_correction_is_offered_for_ten_minutes(client: FlaskClient, session: Session) -> None:
    with time_machine.travel(OPEN, tick=False) as clock:
        visit(client, session)
        page = result_of(client, GREEN)
        address = page.split('href="/en/checkin?correct=')[1].split('"')[0]

        assert "Your first answers are kept too" in client.get(f"/en/checkin?correct={address}").text
        clock.shift(timedelta(minutes=10))
        assert "Your first answers are kept too" not in client.get(f"/en/checkin?correct={address}").text
        assert "Correct my answers" not in client.get(f"/en/checkin/result/{address}").text


@pytest.mark.parametrize("correct", ["", "nonsense", "x" * 3000, "6b1f7a52-93f4-4c07-9a5e-2d1c8e0f4b3a"])
def test_a_spoilt_correction_is_an_ordinary_report(client: FlaskClient, session: Session, correct: str) -> None:
    with time_machine.travel(OPEN):
        visit(client, session)

        assert client.get("/fr/checkin", query_string={"correct": correct}).status_code == 200


def test_the_signs_to_watch_for_are_those_of_the_rules() -> None:
    document = documents.with_limits(documents.from_library("covid-19"), {"temperature_red_high": Decimal("39.5")})

    found = signs(document, {"spo2_red": "88"}, "en")

    assert "SpO2 (oxygen): 88\u202f% or less" in found.call_15
    assert "Chest pain" in found.call_15
    assert "Breathlessness: when talking, at rest" in found.call_15
    assert "Temperature: above 39.5\u202f°C" in found.other
    assert "Pulse: below 50\u202f/min" in found.other
    assert not [sign for sign in found.call_15 + found.other if "orange" in sign or "missed" in sign]


def test_figures_have_a_comma_in_french_and_an_unknown_language_is_the_documents_own() -> None:
    document = documents.from_library("covid-19")

    assert "Température\u202f: plus de 40,0\u202f°C" in signs(document, {}, "fr").other
    assert signs(document, {}, "tlh") == signs(document, {}, document.languages[0])


def test_the_signs_in_arabic_hold_each_figure_with_its_unit_and_list_with_the_arabic_comma() -> None:
    found = signs(documents.from_library("covid-19"), {}, "ar")

    assert "نسبة الأكسجين (SpO2): \u206892\u202f%\u2069 أو أقل" in found.call_15
    assert "ضيق التنفس: \u2068عند الكلام، في حالة الراحة\u2069" in found.call_15
    assert "درجة الحرارة: أكثر من \u206840,0\u202f°C\u2069" in found.other
