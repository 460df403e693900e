"""One phone, several people; and what it keeps of somebody who has not sent yet."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires.models import Response
from records import clock
from records.models import Enrolment
from tests.browser.phone import ALL_DAY, answer, answer_at_once, gone_from, kept_in, open_questions, responses
from tests.webapp.patient_room import GREEN, make_followed
from webapp.patient.reception import owner_of

pytestmark = pytest.mark.walk


def test_on_a_shared_phone_nobody_sends_or_sees_anothers_answers(
    page: Page, session: Session, followed: Enrolment, enter
) -> None:
    other = make_followed(session)
    enter(page, followed)
    open_questions(page)
    answer_at_once(page, GREEN)
    page.context.set_offline(True)
    page.locator("[data-send]").click()
    expect(page.locator("#saved")).to_have_attribute("data-state", "waiting")
    phone = page.context
    page.close()  # its script sends on its own as soon as the network is back
    phone.set_offline(False)

    page = phone.new_page()
    enter(page, other)
    open_questions(page)

    expect(page.locator(".is-current [data-progress]")).to_have_text("Question 1 sur 13")
    expect(page.locator("#saved")).to_be_hidden()
    assert responses(session) == 0
    enter(page, followed)
    page.goto("/fr/checkin")
    page.wait_for_url("**/checkin/result/*")
    session.rollback()
    assert session.scalars(select(Response.enrolment_id)).all() == [followed.id]


def test_a_draft_survives_a_reload_and_the_other_language(page: Page, followed: Enrolment, enter) -> None:
    enter(page, followed)
    open_questions(page)
    for value in list(GREEN.values())[:7]:
        answer(page, value)
    page.locator(".is-current input[type=text]").fill("38,4")

    page.reload()
    page.wait_for_selector("html[data-ready]")
    expect(page.locator(".is-current input[type=text]")).to_have_value("38,4")
    page.get_by_role("link", name="English").click()
    page.wait_for_selector("html[data-ready]")

    expect(page.locator(".is-current [data-progress]")).to_have_text("Question 8 of 13")
    expect(page.locator(".is-current input[type=text]")).to_have_value("38,4")
    page.locator(".is-current [data-back]").click()
    expect(page.locator(".is-current input[value=false]")).to_be_checked()


def test_leaving_a_phone_asks_before_answers_are_lost_and_touches_nobody_elses(
    page: Page, session: Session, followed: Enrolment, enter
) -> None:
    other = make_followed(session, **ALL_DAY)
    for enrolment in (other, followed):
        enter(page, enrolment)
        open_questions(page)
        answer_at_once(page, GREEN)
        page.route("**/api/answers", lambda route: route.abort())
        page.locator("[data-send]").click()
        expect(page.locator("#saved")).to_have_attribute("data-state", "waiting")

    page.goto("/fr/leave")
    page.get_by_role("button", name="M’oublier").click()
    expect(page.locator("#unsent [data-error]")).to_be_visible()
    expect(page.locator("#unsent-delete")).to_be_focused()
    assert len(kept_in(page, "outbox")) == 2
    page.get_by_label("Les supprimer").check()
    page.get_by_role("button", name="M’oublier").click()

    page.wait_for_url("**/fr/enter")
    assert [entry["owner"] for entry in kept_in(page, "outbox")] == [owner_of(other)]
    assert [person["owner"] for person in kept_in(page, "people")] == [owner_of(other)]
    page.unroute("**/api/answers")
    enter(page, other)
    page.goto("/fr/checkin")
    page.wait_for_url("**/checkin/result/*")
    session.rollback()
    assert session.scalars(select(Response.enrolment_id)).all() == [other.id]


def test_who_leaves_before_the_script_has_come_is_forgotten_on_the_next_page(
    page: Page, followed: Enrolment, enter
) -> None:
    enter(page, followed)
    open_questions(page)
    answer(page, "none")
    page.route("**/leave.js", lambda route: route.abort())
    page.goto("/fr/leave")

    page.get_by_role("button", name="M’oublier").click()
    page.wait_for_url("**/fr/enter")
    assert len(kept_in(page, "drafts")) == 1
    page.unroute("**/leave.js")
    page.reload()

    gone_from(page, "drafts")


def test_who_leaves_before_the_script_has_come_is_told_of_answers_that_nobody_has_read(
    page: Page, followed: Enrolment, enter
) -> None:
    enter(page, followed)
    open_questions(page)
    answer_at_once(page, GREEN)
    page.route("**/api/answers", lambda route: route.abort())
    page.locator("[data-send]").click()
    expect(page.locator("#saved")).to_have_attribute("data-state", "waiting")
    held: list[Route] = []
    page.route("**/leave.js", lambda route: held.append(route) if not held else route.continue_())
    page.goto("/fr/leave", wait_until="commit")

    page.get_by_role("button", name="M’oublier").click()
    page.wait_for_url("**/fr/enter")

    expect(page.locator("#unsent")).to_contain_text("personne ne les a lues")
    assert len(kept_in(page, "outbox")) == 1


def test_whoever_goes_back_finds_nothing_chosen_that_another_person_chose(
    page: Page, session: Session, followed: Enrolment, enter
) -> None:
    enter(page, followed)
    open_questions(page)
    page.locator("[name=answer-breathlessness]").last.check()

    page.goto("/fr/leave")
    enter(page, make_followed(session, **ALL_DAY))
    page.go_back()
    page.wait_for_selector("html[data-ready]")

    expect(page.locator("[name=answer-breathlessness]:checked")).to_have_count(0)


def test_a_draft_goes_when_one_leaves_and_after_a_day(page: Page, followed: Enrolment, enter) -> None:
    enter(page, followed)
    open_questions(page)
    answer(page, "none")
    assert len(kept_in(page, "drafts")) == 1
    page.get_by_role("link", name="Ce n’est pas mon téléphone").click()
    page.get_by_role("button", name="M’oublier").click()
    page.wait_for_url("**/fr/enter")
    gone_from(page, "drafts")

    enter(page, followed)
    open_questions(page)
    answer(page, "none")
    page.clock.install(time=clock.now() + timedelta(hours=25))
    open_questions(page)

    expect(page.locator(".is-current")).to_have_attribute("data-step", "breathlessness")
    expect(page.locator(".is-current input:checked")).to_have_count(0)
