"""The questionnaire as one plain form: without script, or when the script did not come."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy.orm import Session

from records.models import Enrolment
from tests.browser.conftest import PHONE, LiveServer, NewContext
from tests.browser.phone import answer, open_questions, responses
from tests.webapp.patient_room import GREEN
from webapp.patient import shell

PLAIN_NOW = "window.dispatchEvent(new Event('error'))"
"""What fifteen seconds without the script do, or a part of the page that did not come."""


def fill(page: Page, answers: dict[str, str]) -> None:
    for link_id, value in answers.items():
        field = page.locator(f"[name=answer-{link_id}]")
        field.first.fill(value) if field.count() == 1 else page.locator(
            f"[name=answer-{link_id}][value={value}]"
        ).check()


def open_without_script_yet(page: Page) -> Callable[[], None]:
    """The questions before their script has come; it comes when the answer is called."""
    held: list[Route] = []
    page.route("**/main.js", lambda route: held.append(route))
    page.goto("/fr/checkin", wait_until="commit")
    expect(page.locator(".vd-step.is-current [data-continue]")).to_be_visible()

    def come() -> None:
        held[0].continue_()
        page.wait_for_load_state()

    return come


def test_without_script_it_is_one_plain_form(
    new_context: NewContext, session: Session, followed: Enrolment, enter
) -> None:
    page = new_context(java_script_enabled=False).new_page()
    enter(page, followed)
    page.goto("/fr/checkin")

    page.get_by_role("button", name="Envoyer mes réponses").click()
    expect(page.get_by_role("heading", name="Vos réponses ne sont pas encore envoyées")).to_be_visible()
    fill(page, GREEN)
    page.get_by_role("button", name="Envoyer mes réponses").click()

    page.wait_for_url("**/checkin/result/*")
    assert responses(session) == 1


def test_without_script_a_sign_of_danger_stands_before_what_is_asked_again(
    new_context: NewContext, followed: Enrolment, enter
) -> None:
    page = new_context(java_script_enabled=False).new_page()
    enter(page, followed)
    page.goto("/fr/checkin")

    page.locator("[name=answer-chest-pain][value=true]").check()
    page.get_by_role("button", name="Envoyer mes réponses").click()

    expect(page.get_by_role("heading", name="Appelez le 15 maintenant")).to_be_in_viewport()


@pytest.mark.parametrize("name", ["main.js", "outbox.js"])
def test_when_a_script_does_not_arrive_the_plain_form_comes_back(
    browser: Browser,
    live_server: LiveServer,
    followed: Enrolment,
    enter,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    if name != "main.js":
        monkeypatch.setattr(shell, "bundle", lambda _name: None)
        shell.imports.cache_clear()
    context = browser.new_context(viewport=PHONE, base_url=live_server.url)
    page = context.new_page()
    enter(page, followed)
    page.route(f"**/{name}", lambda route: route.abort())

    page.goto("/fr/checkin")

    expect(page.get_by_role("button", name="Envoyer mes réponses")).to_be_visible()
    expect(page.locator("[name=answer-temperature]")).to_be_visible()
    context.close()
    shell.imports.cache_clear()


def test_a_browser_that_keeps_nothing_gets_the_plain_form(
    page: Page, session: Session, followed: Enrolment, enter
) -> None:
    enter(page, followed)
    page.add_init_script("indexedDB.open = () => { throw new DOMException('private window'); };")

    page.goto("/fr/checkin")
    fill(page, GREEN)
    page.get_by_role("button", name="Envoyer mes réponses").click()

    page.wait_for_url("**/checkin/result/*")
    assert responses(session) == 1


def test_a_plain_form_begun_before_the_script_came_stays_plain_and_is_sent(
    page: Page, session: Session, followed: Enrolment, enter
) -> None:
    enter(page, followed)
    come = open_without_script_yet(page)
    page.evaluate(PLAIN_NOW)
    fill(page, GREEN)

    come()
    page.get_by_role("button", name="Envoyer mes réponses").click()

    page.wait_for_url("**/checkin/result/*")
    assert responses(session) == 1


def test_a_plain_form_that_nobody_began_asks_one_question_at_a_time_once_the_script_comes(
    page: Page, followed: Enrolment, enter
) -> None:
    enter(page, followed)
    come = open_without_script_yet(page)
    page.evaluate(PLAIN_NOW)
    expect(page.locator("[name=answer-temperature]")).to_be_visible()

    come()
    page.wait_for_selector("html[data-ready=yes]")

    expect(page.locator("[name=answer-temperature]")).to_be_hidden()
    answer(page, "none")
    expect(page.locator("[data-step=breathlessness-change]")).to_be_visible()


def test_what_is_answered_before_the_script_came_is_newer_than_the_draft_and_looked_at(
    page: Page, followed: Enrolment, enter
) -> None:
    enter(page, followed)
    open_questions(page)
    answer(page, "none")
    come = open_without_script_yet(page)
    page.locator("[name=answer-breathlessness]").last.check()

    come()
    page.wait_for_selector("html[data-ready=yes]")

    expect(page.locator("[data-step=breathlessness]")).to_be_visible()
    expect(page.locator("[name=answer-breathlessness]").last).to_be_checked()


def test_enter_before_the_script_came_does_not_send_the_first_question_alone(
    page: Page, followed: Enrolment, enter
) -> None:
    enter(page, followed)
    come = open_without_script_yet(page)

    page.locator("[name=answer-breathlessness]").first.check()
    page.keyboard.press("Enter")

    come()
    page.wait_for_selector("html[data-ready=yes]")
    expect(page.locator(".nhsuk-error-summary")).to_have_count(0)
    answer(page, "none")
