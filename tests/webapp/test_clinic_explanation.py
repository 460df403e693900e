"""Why one set of answers got its level, as a page, and putting a rule off from the call."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from records.models import AccessEntry, Enrolment, Role
from tests.webapp.patient_room import enter as enter_patient
from tests.webapp.patient_room import hidden
from tests.webapp.ward import ORANGE, WELL, Ward, enter, open_ward
from triage.models import Assessment
from triage.outcome_models import Snooze


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


def newest(ward: Ward, enrolment: Enrolment) -> Assessment:
    found = sa.select(Assessment).where(Assessment.enrolment_id == enrolment.id).order_by(Assessment.id.desc())
    return ward.session.scalars(found.limit(1), execution_options={"populate_existing": True}).one()


def address(ward: Ward, enrolment: Enrolment, language: str = "en") -> str:
    return f"/{language}/patients/{enrolment.public_id}/assessments/{newest(ward, enrolment).public_id}"


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split()).replace("\u202f", " ").replace("\xa0", " ")


def test_the_page_says_what_was_asked_what_was_found_and_what_would_have_changed_it(app: Flask, ward: Ward) -> None:
    enrolment = ward.patient()
    ward.answer(enrolment, ORANGE)
    browser = enter(app, ward)

    shown = words(browser.get(address(ward, enrolment)).text)

    assert "Temperature: 39.2 °C. Asked: 39.0 °C or more → yes" in shown
    assert "38.9 °C: green" in shown
    assert "40.1 °C: red without “call 15”" in shown
    assert "94 %: red without “call 15”" in shown
    assert "the same result" in shown
    assert "Rules that did not fire" in shown


def test_the_page_is_reached_from_the_call_and_from_the_answers_and_is_noted(app: Flask, ward: Ward) -> None:
    enrolment = ward.red()
    browser, page = enter(app, ward), address(ward, enrolment)

    assert browser.get(f"/en/patients/{enrolment.public_id}").text.count(f'href="{page}"') == 2
    browser.get(page)

    noted = ward.session.scalars(sa.select(AccessEntry.page).order_by(AccessEntry.id)).all()
    assert noted[-2:] == ["patient", "assessment"]


def test_nobody_reads_the_assessment_of_another_team_or_of_another_patient(app: Flask, ward: Ward) -> None:
    mine, other = ward.red(), ward.red()
    page = address(ward, mine)
    elsewhere = enter(app, ward, Role.PHYSICIAN, "Zoe Sudiste", team=ward.another_team())

    assert elsewhere.get(page).status_code == 404
    mixed = f"/en/patients/{other.public_id}/assessments/{newest(ward, mine).public_id}"
    assert enter(app, ward).get(mixed).status_code == 404
    assert enter(app, ward, Role.ADMINISTRATOR).get(page).status_code == 403


def test_what_comes_out_differently_says_so_and_guesses_nothing(app: Flask, ward: Ward) -> None:
    enrolment = ward.red()
    ward.session.execute(sa.text("UPDATE assessments SET level = 'green'"))
    ward.session.commit()

    shown = words(enter(app, ward).get(address(ward, enrolment)).text)

    assert "it comes out differently" in shown
    assert "Nothing can be said of it" in shown


def claimed(app: Flask, ward: Ward, enrolment: Enrolment, role: str = Role.PHYSICIAN):
    browser = enter(app, ward, role)
    page = f"/en/patients/{enrolment.public_id}"
    token = hidden(browser.get(page).text, "csrf_token")
    browser.post(f"/en/callbacks/{ward.callback(enrolment).public_id}/claim", data={"csrf_token": token})
    return browser, page


def form_of(html: str, **typed: str) -> dict[str, str]:
    names = ("snooze-csrf_token", "snooze-seen")
    return {name: hidden(html, name) for name in names} | {f"snooze-{name}": value for name, value in typed.items()}


def test_a_physician_puts_the_rule_off_from_the_call_and_anyone_who_calls_ends_it(app: Flask, ward: Ward) -> None:
    enrolment = ward.patient()
    ward.answer(enrolment, ORANGE)
    browser, page = claimed(app, ward, enrolment)
    callback = ward.callback(enrolment).public_id
    sent = form_of(browser.get(page).text, rule="temperature_orange_high", hours="4", reason="Known <since> Monday")

    assert browser.post(f"/en/callbacks/{callback}/snooze", data=sent).status_code == 302

    html = browser.get(page).text
    assert "A rule is put off until" in html
    assert "Known &lt;since&gt; Monday" in html
    assert "A rule put off until" in browser.get("/en/queue").text
    ward.answer(enrolment, ORANGE)
    assert "no alert: put off" in browser.get(page).text
    assert "No alert was raised:" in words(browser.get(address(ward, enrolment)).text)
    assert len(ward.alerts(enrolment)) == 1

    snooze = ward.session.scalars(sa.select(Snooze.public_id)).one()
    operator = enter(app, ward, Role.OPERATOR)
    token = hidden(operator.get(page).text, "csrf_token")
    assert operator.post(f"/en/snoozes/{snooze}/lift", data={"csrf_token": token}).status_code == 302
    assert "ended by hand" in operator.get(page).text
    ward.answer(enrolment, ORANGE)
    assert len(ward.alerts(enrolment)) == 2


@pytest.mark.parametrize(
    ("typed", "why"),
    [({"hours": "25"}, "from 1 to 24"), ({"hours": "x"}, "from 1 to 24"), ({"reason": ""}, "Type the reason")],
)
def test_what_was_typed_stays_when_it_is_refused(app: Flask, ward: Ward, typed: dict[str, str], why: str) -> None:
    enrolment = ward.patient()
    ward.answer(enrolment, ORANGE)
    browser, page = claimed(app, ward, enrolment)
    said = {"rule": "temperature_orange_high", "hours": "4", "reason": "Known"} | typed
    sent = form_of(browser.get(page).text, **said)

    answer = browser.post(f"/en/callbacks/{ward.callback(enrolment).public_id}/snooze", data=sent)

    assert (answer.status_code, why in answer.text) == (422, True)
    assert all(value in answer.text for value in said.values())


def test_answers_that_came_in_since_the_page_was_opened_are_looked_at_first(app: Flask, ward: Ward) -> None:
    enrolment = ward.patient()
    ward.answer(enrolment, ORANGE, ago=timedelta(minutes=5))
    browser, page = claimed(app, ward, enrolment)
    sent = form_of(browser.get(page).text, rule="temperature_orange_high", hours="4", reason="Known")
    ward.answer(enrolment, {**ORANGE, "temperature": [{"quantity": "39.6", "unit": "Cel"}]})

    answer = browser.post(f"/en/callbacks/{ward.callback(enrolment).public_id}/snooze", data=sent)

    assert (answer.status_code, "New answers have come in" in answer.text) == (422, True)
    again = form_of(answer.text, rule="temperature_orange_high", hours="4", reason="Known")
    assert browser.post(f"/en/callbacks/{ward.callback(enrolment).public_id}/snooze", data=again).status_code == 302


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SUPERVISOR])
def test_only_a_physician_is_offered_to_put_a_rule_off(app: Flask, ward: Ward, role: str) -> None:
    enrolment = ward.patient()
    ward.answer(enrolment, ORANGE)
    browser, page = claimed(app, ward, enrolment, role)
    html = browser.get(page).text

    assert "Put one rule off" not in html
    sent = {"csrf_token": hidden(html, "csrf_token")}
    assert browser.post(f"/en/callbacks/{ward.callback(enrolment).public_id}/snooze", data=sent).status_code == 403


def test_nothing_is_offered_to_be_put_off_for_a_red(app: Flask, ward: Ward) -> None:
    enrolment = ward.red()
    browser, page = claimed(app, ward, enrolment)

    assert "Put one rule off" not in browser.get(page).text


def test_the_patient_is_not_promised_a_call_that_nobody_makes(app: Flask, ward: Ward, session: Session) -> None:
    enrolment = ward.patient()
    ward.answer(enrolment, ORANGE)
    browser, page = claimed(app, ward, enrolment)
    sent = form_of(browser.get(page).text, rule="temperature_orange_high", hours="4", reason="Known")
    browser.post(f"/en/callbacks/{ward.callback(enrolment).public_id}/snooze", data=sent)
    ward.answer(enrolment, ORANGE)
    answered = newest(ward, enrolment)
    phone = app.test_client()
    enter_patient(phone, session, enrolment)
    public_id = session.scalars(
        sa.text("SELECT public_id FROM responses WHERE id = :id"), {"id": answered.response_id}
    ).one()

    shown = words(phone.get(f"/en/checkin/result/{public_id}").text)

    assert "The centre knows about this sign" in shown
    assert "we call you" not in shown.lower().replace("we call you back", "")
    assert "Call 15 at once if you have one of these signs" in shown
    assert "or call the centre:" in shown
    assert "knows about one of these signs" in words(phone.get("/en/me").text)
    assert "Why this level" not in shown


def test_what_was_changed_to_no_shape_at_all_is_still_a_page(app: Flask, ward: Ward) -> None:
    enrolment = ward.red()
    ward.session.execute(sa.text("UPDATE assessments SET facts = '{\"temperature\": 7}', explanation = '{}'"))
    ward.session.commit()

    shown = enter(app, ward).get(address(ward, enrolment))

    assert shown.status_code == 200
    assert "can no longer be put into words" in shown.text


def test_the_health_page_names_those_that_differ_and_leads_to_their_explanation(app: Flask, ward: Ward) -> None:
    enrolment = ward.red()
    ward.session.execute(sa.text("UPDATE assessments SET relived_at = now(), relived_same = false"))
    ward.session.commit()
    page = address(ward, enrolment)

    for_supervisor = enter(app, ward, Role.SUPERVISOR).get("/en/admin/health").text
    for_administrator = enter(app, ward, Role.ADMINISTRATOR).get("/en/admin/health").text

    assert f'href="{page}"' in for_supervisor
    assert str(newest(ward, enrolment).public_id) in for_administrator
    assert page not in for_administrator


def test_who_asks_on_the_telephone_is_told_to_promise_no_call(app: Flask, ward: Ward) -> None:
    enrolment = ward.patient()
    ward.answer(enrolment, ORANGE)
    browser, page = claimed(app, ward, enrolment)
    sent = form_of(browser.get(page).text, rule="temperature_orange_high", hours="4", reason="Known")
    browser.post(f"/en/callbacks/{ward.callback(enrolment).public_id}/snooze", data=sent)
    ward.answer(enrolment, ORANGE)
    ward.session.execute(sa.text("UPDATE responses SET door = 'staff', language = 'en'"))
    ward.session.commit()
    last = sa.text("SELECT public_id FROM responses ORDER BY id DESC LIMIT 1")
    response = ward.session.scalars(last).one()

    shown = words(browser.get(f"{page}/recorded/{response}").text)

    assert "a physician has put this rule off for this patient" in shown
    assert "A doctor of the centre knows about this sign" in shown
    assert "From 39.0 °C we call you" not in shown


def test_where_an_answer_is_missing_the_page_does_not_say_that_no_other_answer_would_have_changed_it(
    app: Flask, ward: Ward
) -> None:
    enrolment = ward.patient()
    ward.answer(enrolment, {**WELL, "heart-rate": [{"absent": "not-measured"}]})

    shown = words(enter(app, ward).get(address(ward, enrolment)).text)

    assert "Not every answer was tried" in shown
    assert "No single other answer" not in shown
