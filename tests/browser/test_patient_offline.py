"""Without a network: what the service worker keeps, and what it never does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires.models import Response
from records import doors
from records.models import Enrolment
from records.patients import reveal
from tests.browser.conftest import LiveServer, NewContext
from tests.browser.phone import ALL_DAY, Enter, answer, answer_at_once, open_questions, responses, until
from tests.webapp.patient_room import DANGER, GREEN, make_followed
from webapp.patient.reception import owner_of
from webapp.permissions import access

pytestmark = pytest.mark.walk

ALL_KEPT = """async () => {
  const found = {};
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const key of await cache.keys()) found[new URL(key.url).pathname] = await (await cache.match(key)).text();
  }
  return found;
}"""


@pytest.fixture
def phone(new_context: NewContext) -> BrowserContext:
    return new_context(is_mobile=True, has_touch=True, service_workers="allow")


def keep(page: Page, owner: str) -> None:
    """Opens the questions once with a network, until the phone keeps them."""
    open_questions(page)
    until(
        page,
        f"() => caches.match('/fr/checkin').then((page) => page?.text()).then((text) => text?.includes('{owner}'))",
    )


def test_opened_again_without_a_network_the_questions_are_answered_and_leave_later(
    phone: BrowserContext, session: Session, followed: Enrolment, enter: Enter
) -> None:
    page = phone.new_page()
    enter(page, followed)
    keep(page, owner_of(followed))
    phone.set_offline(True)

    page.goto("/fr/checkin")
    page.wait_for_selector("html[data-kept][data-ready=yes]")
    expect(page.locator("[data-kept-note]")).to_be_visible()
    answer(page, "none")
    answer(page, "same")
    answer(page, "true")
    expect(page.locator("#alarm a[href='tel:15']")).to_be_visible()
    page.locator("[data-return=continue]").click()
    answer_at_once(page, dict(list(DANGER.items())[3:]))
    page.locator("[data-send]").click()
    expect(page.locator("#saved")).to_have_attribute("data-state", "waiting")
    phone.set_offline(False)

    page.wait_for_url("**/checkin/result/*")
    assert responses(session) == 1
    assert session.scalars(select(Response.completed_at)).one() is not None


def test_a_link_opened_without_a_network_asks_who_one_is_before_the_kept_questions(
    phone: BrowserContext, session: Session, followed: Enrolment, enter: Enter
) -> None:
    page = phone.new_page()
    other = make_followed(session, **ALL_DAY)
    for enrolment in (other, followed):
        enter(page, enrolment)
        keep(page, owner_of(enrolment))
    phone.set_offline(True)

    page.goto(f"/q/{doors.make_link('invite', other.public_id)}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Pas de réseau")
    page.get_by_role("link", name="C’est moi").click()
    page.wait_for_selector("html[data-kept]")

    expect(page.locator("#whose")).to_be_focused()
    expect(page.locator("#checkin")).to_be_hidden()
    page.get_by_role("button", name="Non").click()
    expect(page.locator("#whose")).to_contain_text("votre propre message")
    expect(page.locator("#checkin")).to_be_hidden()
    page.reload()
    page.get_by_role("button", name="Oui").click()
    expect(page.locator(".is-current")).to_be_visible()


def test_a_network_that_comes_back_as_somebody_opens_the_kept_questions_does_not_take_them_away(
    phone: BrowserContext, followed: Enrolment, enter: Enter
) -> None:
    page = phone.new_page()
    enter(page, followed)
    keep(page, owner_of(followed))
    phone.set_offline(True)
    page.goto(f"/q/{doors.make_link('invite', followed.public_id)}")
    page.get_by_role("link", name="C’est moi").wait_for()

    page.evaluate("() => { document.querySelector('#kept a').click(); dispatchEvent(new Event('online')); }")

    page.wait_for_selector("html[data-kept]")


def test_whoever_comes_in_while_the_service_is_in_trouble_never_lands_in_anothers_questions(
    phone: BrowserContext,
    session: Session,
    followed: Enrolment,
    enter: Enter,
    live_server: LiveServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = phone.new_page()
    other = make_followed(session, **ALL_DAY)
    enter(page, followed)
    keep(page, owner_of(followed))
    answer(page, "none")
    born = reveal(other.patient).birth_date
    page.goto(f"/q/{doors.make_link('invite', other.public_id)}")
    page.fill("#day", str(born.day))
    page.fill("#month", str(born.month))
    monkeypatch.setitem(live_server.app.view_functions, "patient.page", access("patient")(lambda: ("", 503)))

    page.locator("form button[type=submit]").click()
    page.wait_for_selector("html[data-kept]")

    expect(page.locator("#whose")).to_be_focused()
    expect(page.locator("#checkin")).to_be_hidden()


def test_only_the_last_persons_questions_are_kept_and_no_result(
    phone: BrowserContext, session: Session, followed: Enrolment, enter: Enter
) -> None:
    page = phone.new_page()
    other = make_followed(session, **ALL_DAY)
    enter(page, other)
    keep(page, owner_of(other))
    answer_at_once(page, GREEN)
    page.locator("[data-send]").click()
    page.wait_for_url("**/checkin/result/*")
    enter(page, followed)
    page.goto("/en/checkin")
    until(page, "() => caches.match('/en/checkin').then(Boolean)")

    kept = page.evaluate(ALL_KEPT)

    assert {path for path in kept if "/checkin" in path} == {"/en/checkin"}
    assert not [path for path, text in kept.items() if owner_of(other) in text]
    assert not [path for path in kept if "staff" in path or "result" in path or "/q/" in path]


def test_what_waits_leaves_in_the_background_and_an_open_page_notices(
    phone: BrowserContext, session: Session, followed: Enrolment, enter: Enter
) -> None:
    page = phone.new_page()
    enter(page, followed)
    keep(page, owner_of(followed))
    answer_at_once(page, GREEN)
    page.route("**/api/answers", lambda route: route.abort())  # the page's own tries; the worker's pass it by
    page.locator("[data-send]").click()

    page.wait_for_url("**/checkin/result/*")

    assert responses(session) == 1


def test_the_switch_takes_the_worker_and_what_it_kept_off_the_phone(
    phone: BrowserContext,
    session: Session,
    followed: Enrolment,
    enter: Enter,
    live_server: LiveServer,
) -> None:
    page = phone.new_page()
    enter(page, followed)
    keep(page, owner_of(followed))
    settings = live_server.app.config["VIGIDOM"]
    live_server.app.config["VIGIDOM"] = replace(settings, phone_worker=False)
    try:
        open_questions(page)
        until(page, "() => caches.keys().then((names) => !names.length)")
    finally:
        live_server.app.config["VIGIDOM"] = settings
    assert responses(session) == 0
