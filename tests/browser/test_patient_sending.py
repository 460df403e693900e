"""Never lost, never doubled: what becomes of answers on a network that comes and goes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires.models import QuestionnaireVersion, Response
from records import doors
from records.models import Enrolment, PatientSession
from records.patients import reveal
from tests.browser.phone import answer, answer_at_once, open_questions, responses
from tests.webapp.patient_room import DANGER, GREEN, bring_into_force
from triage.models import Assessment

pytestmark = pytest.mark.walk


def test_three_taps_on_send_are_one_report(page: Page, session: Session, followed: Enrolment, enter) -> None:
    enter(page, followed)
    open_questions(page)
    answer_at_once(page, GREEN)

    page.evaluate(
        "() => { const send = document.querySelector('[data-send]'); for (let n = 0; n < 3; n++) send.click(); }"
    )

    page.wait_for_url("**/checkin/result/*")
    assert responses(session) == 1


def test_without_a_network_answers_wait_on_the_phone_and_leave_once(
    page: Page, session: Session, followed: Enrolment, enter
) -> None:
    enter(page, followed)
    open_questions(page)
    answer_at_once(page, GREEN)

    page.context.set_offline(True)
    page.locator("[data-send]").click()
    expect(page.locator("#saved")).to_have_attribute("data-state", "waiting")
    expect(page.locator("#saved")).to_be_focused()
    expect(page.locator("#saved")).to_contain_text("pas encore envoyées")
    assert responses(session) == 0
    page.context.set_offline(False)

    page.wait_for_url("**/checkin/result/*")
    assert responses(session) == 1


def test_a_window_closed_before_the_network_came_back_sends_when_opened_again(
    page: Page, session: Session, followed: Enrolment, enter
) -> None:
    enter(page, followed)
    open_questions(page)
    answer_at_once(page, DANGER)
    page.context.set_offline(True)
    page.locator("[data-send]").click()
    expect(page.locator("#saved")).to_have_attribute("data-state", "waiting")
    context = page.context
    page.close()
    context.set_offline(False)

    again = context.new_page()
    again.goto("/fr/checkin")

    again.wait_for_url("**/checkin/result/*")
    assert responses(session) == 1
    assert session.scalars(select(Assessment.call_15)).all() == [True]


def test_a_reply_that_was_lost_on_the_way_doubles_nothing(
    page: Page, session: Session, followed: Enrolment, enter
) -> None:
    enter(page, followed)
    open_questions(page)
    answer_at_once(page, GREEN)
    statuses: list[int] = []

    def lose_the_first(route: Route) -> None:
        reply = route.fetch()
        statuses.append(reply.status)
        route.abort() if len(statuses) == 1 else route.fulfill(response=reply)

    page.route("**/api/answers", lose_the_first)
    page.locator("[data-send]").click()

    page.wait_for_url("**/checkin/result/*")
    assert statuses == [201, 200]
    assert responses(session) == 1


def test_a_server_in_trouble_is_tried_again(page: Page, session: Session, followed: Enrolment, enter) -> None:
    enter(page, followed)
    open_questions(page)
    answer_at_once(page, GREEN)
    tries: list[int] = []

    def fail_twice(route: Route) -> None:
        tries.append(1)
        # The second is somebody's on the way: a page of a filter, or of a door that a proxy led to.
        route.fulfill(status=(503, 200)[len(tries) - 1], body="<html>") if len(tries) < 3 else route.continue_()

    page.route("**/api/answers", fail_twice)
    page.locator("[data-send]").click()
    expect(page.locator("#saved")).to_have_attribute("data-state", "waiting")
    page.locator("[data-retry]").click()

    page.wait_for_url("**/checkin/result/*")
    assert responses(session) == 1


def test_an_ended_session_keeps_the_answers_until_one_has_entered_again(
    page: Page, session: Session, followed: Enrolment, enter
) -> None:
    enter(page, followed)
    open_questions(page)
    answer_at_once(page, GREEN)
    session.query(PatientSession).delete()
    session.commit()

    page.locator("[data-send]").click()
    expect(page.locator("#saved")).to_have_attribute("data-state", "signed-out")
    assert responses(session) == 0
    page.get_by_role("link", name="Entrer à nouveau").click()
    born = reveal(followed.patient).birth_date
    page.get_by_label("Votre code").fill(doors.code_of(followed) or "")
    page.get_by_label("Jour", exact=True).fill(str(born.day))
    page.get_by_label("Mois", exact=True).fill(str(born.month))
    page.get_by_role("button", name="Continuer").click()

    page.wait_for_url("**/checkin/result/*")
    assert responses(session) == 1


def test_a_phone_that_is_full_sends_the_plain_form(page: Page, session: Session, followed: Enrolment, enter) -> None:
    enter(page, followed)
    open_questions(page)
    page.evaluate(
        "() => { IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); }; }"
    )
    answer_at_once(page, GREEN)

    page.locator("[data-send]").click()

    page.wait_for_url("**/checkin/result/*")
    assert responses(session) == 1


def test_two_windows_of_one_phone_are_one_report(page: Page, session: Session, followed: Enrolment, enter) -> None:
    enter(page, followed)
    open_questions(page)
    answer_at_once(page, GREEN)
    other = page.context.new_page()
    open_questions(other)
    expect(other.locator("[data-step=check]")).to_be_visible()

    other.locator("[data-send]").click()
    other.wait_for_url("**/checkin/result/*")
    page.locator("[data-send]").click()

    page.wait_for_url("**/checkin/result/*")
    assert page.url == other.url
    assert responses(session) == 1


def test_a_window_that_waits_shows_the_result_when_another_one_delivered(
    page: Page, session: Session, followed: Enrolment, enter
) -> None:
    enter(page, followed)
    open_questions(page)
    answer_at_once(page, GREEN)
    page.route("**/api/answers", lambda route: route.abort())
    page.locator("[data-send]").click()
    expect(page.locator("#saved")).to_have_attribute("data-state", "waiting")

    other = page.context.new_page()
    other.goto("/fr/checkin")
    other.wait_for_url("**/checkin/result/*")

    page.wait_for_url("**/checkin/result/*")
    assert page.url == other.url
    assert responses(session) == 1
    other.goto("/fr/checkin")  # a result that was shown is not shown again
    other.wait_for_selector("html[data-ready]")
    expect(other.locator(".is-current")).to_be_visible()


def test_a_browser_killed_between_sending_and_the_reply_doubles_nothing(
    page: Page, session: Session, followed: Enrolment, enter
) -> None:
    enter(page, followed)
    open_questions(page)
    answer_at_once(page, DANGER)
    stored: list[int] = []
    page.route("**/api/answers", lambda route: stored.append(route.fetch().status))  # and no reply
    page.locator("[data-send]").click()
    while not stored:
        page.wait_for_timeout(20)
    context = page.context
    page.close()
    assert responses(session) == 1

    again = context.new_page()
    again.goto("/fr/checkin")

    again.wait_for_url("**/checkin/result/*")
    assert (stored, responses(session)) == ([201], 1)


def test_a_questionnaire_that_changed_meanwhile_loses_nothing(
    page: Page, session: Session, followed: Enrolment, enter
) -> None:
    enter(page, followed)
    open_questions(page)
    answer_at_once(page, GREEN)
    page.context.set_offline(True)
    page.locator("[data-send]").click()
    expect(page.locator("#saved")).to_have_attribute("data-state", "waiting")
    bring_into_force(session, "1.1.0")
    page.context.set_offline(False)

    page.wait_for_url("**/checkin/result/*")
    session.rollback()
    answered = session.scalars(select(Response)).one()
    assert session.get_one(QuestionnaireVersion, answered.version_id).version == "1.0.0"


def test_a_draft_of_an_older_version_is_gone_through_again(
    page: Page, session: Session, followed: Enrolment, enter
) -> None:
    enter(page, followed)
    open_questions(page)
    for value in list(GREEN.values())[:7]:
        answer(page, value)
    expect(page.locator("[data-changed]")).to_be_hidden()
    bring_into_force(session, "1.1.0")

    open_questions(page)

    expect(page.locator("[data-changed]")).to_be_visible()
    expect(page.locator(".is-current")).to_have_attribute("data-step", "breathlessness")
    expect(page.locator("#step-fainted input[value=false]")).to_be_checked()
    for _ in range(7):
        page.locator(".is-current [data-continue]").click()
    answer_at_once(page, dict(list(GREEN.items())[7:]))
    page.locator("[data-send]").click()
    page.wait_for_url("**/checkin/result/*")
    session.rollback()
    answered = session.scalars(select(Response)).one()
    assert session.get_one(QuestionnaireVersion, answered.version_id).version == "1.1.0"
