"""The questionnaire as one plain form: without script, or when the script did not come."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from records.models import Enrolment
from tests.browser.conftest import PHONE, LiveServer, NewContext
from tests.browser.phone import responses
from tests.webapp.patient_room import GREEN
from webapp.patient import shell


def test_without_script_it_is_one_plain_form(
    new_context: NewContext, session: Session, followed: Enrolment, enter
) -> None:
    page = new_context(java_script_enabled=False).new_page()
    enter(page, followed)
    page.goto("/fr/checkin")

    page.get_by_role("button", name="Envoyer mes réponses").click()
    expect(page.get_by_role("heading", name="Vos réponses ne sont pas encore envoyées")).to_be_visible()
    for link_id, value in GREEN.items():
        field = page.locator(f"[name=answer-{link_id}]")
        field.first.fill(value) if field.count() == 1 else page.locator(
            f"[name=answer-{link_id}][value={value}]"
        ).check()
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
    for link_id, value in GREEN.items():
        field = page.locator(f"[name=answer-{link_id}]")
        field.first.fill(value) if field.count() == 1 else page.locator(
            f"[name=answer-{link_id}][value={value}]"
        ).check()
    page.get_by_role("button", name="Envoyer mes réponses").click()

    page.wait_for_url("**/checkin/result/*")
    assert responses(session) == 1
