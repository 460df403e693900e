"""The queue as callers use it for a whole shift: dense rows, keys, views of their own, a race for a call, what is new.

With `VIGIDOM_SHOTS=<folder>` the full queue leaves its picture there at each size, in both languages.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from records import clock
from records.models import Role
from tests.browser.conftest import DESKTOP, PHONE, NewContext
from tests.browser.test_clinic import SOON, come_in, name_of
from tests.webapp.ward import ORANGE, RED, WELL, Ward, open_ward
from triage import callbacks
from triage.models import NextStep

pytestmark = pytest.mark.walk

Axe = Callable[[Page], list[str]]
SIZES = {
    "desktop": DESKTOP,
    "large": {"width": 1920, "height": 1080},
    "tablet": {"width": 820, "height": 1180},
    "phone": PHONE,
}
NAMES = (("Le Goff", "Jean Yves"), ("Nguyen", "Thi Mai"), ("Garnier-Duplessis", "Marguerite"), ("Payet", "Noé"))
WHOLE_ROWS = """() => [...document.querySelectorAll("tr[data-callback]")]
    .filter(row => row.getBoundingClientRect().bottom <= innerHeight).length"""
ROW = "tr[data-callback]"


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


def fill(ward: Ward, count: int = 24) -> None:
    """Reds and oranges: some late, held, to be tried later, a physician's, worse than when they were taken."""
    colleague, now = ward.person(Role.OPERATOR, "Sacha Morel"), clock.now()
    for number in range(count):
        family_name, given_name = NAMES[number % len(NAMES)]
        language = ("fr", "fr", "ar", "en")[number % 4]
        enrolment = ward.patient(family_name=family_name, given_name=given_name, language=language)
        ward.answer(enrolment, WELL, ago=timedelta(hours=30 + number))
        answers = RED | {"chest-pain": [{"boolean": True}]} if number % 3 == 0 else ORANGE
        ward.answer(enrolment, answers, ago=timedelta(minutes=9 * number))
        row = ward.callback(enrolment)
        if number % 5 == 1:
            callbacks.claim(ward.session, callback=row.public_id, staff=colleague, now=now)
        if number == 6:
            row.worsened_at = now
        row.for_physician = number % 7 == 2
        if number % 6 == 4:
            row.next_try_at, row.next_step = now + timedelta(minutes=12), NextStep.CALL_PATIENT
        if number == 9:
            row.next_step = NextStep.CALL_CONTACT
        ward.session.commit()


@pytest.mark.parametrize("language", ["fr", "en", "ar"])
def test_a_full_queue_shuts_nobody_out_at_any_size(
    new_context: NewContext, ward: Ward, axe: Axe, language: str
) -> None:
    fill(ward)
    found: dict[str, list[str]] = {}
    for name, size in SIZES.items():
        page = new_context(viewport=size, locale=language).new_page()
        come_in(page, ward, Role.OPERATOR, language)
        page.goto(f"/{language}/queue")
        found[name] = axe(page)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found[name].append("scrolls sideways")
        if folder := os.environ.get("VIGIDOM_SHOTS"):
            page.screenshot(path=Path(folder) / f"queue-{name}-{language}.png")
        page.locator(".vd-menu summary").nth(1).click()
        found[name] += axe(page)
        if folder := os.environ.get("VIGIDOM_SHOTS"):
            page.screenshot(path=Path(folder) / f"queue-{name}-{language}-menu.png")
        page.context.close()
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_a_queue_whose_script_did_not_come_can_be_refreshed_by_hand(desk: Page, ward: Ward) -> None:
    come_in(desk, ward)
    expect(desk.locator("#pause")).to_be_visible()
    expect(desk.locator("#refresh")).to_be_hidden()
    desk.route("**/fresh.js*", lambda route: route.abort())

    desk.reload()

    desk.get_by_role("link", name="Actualiser").click()
    expect(desk.locator("#board")).to_be_visible()


def test_taking_the_next_call_still_does_after_a_claim_that_did_not_arrive(desk: Page, ward: Ward) -> None:
    ward.answer(ward.patient(), ORANGE)
    come_in(desk, ward)
    tried: list[str] = []
    desk.route("**/claim", lambda route: (tried.append(route.request.resource_type), route.abort("aborted")))
    next_call = desk.get_attribute("#take", "action")

    desk.locator(".vd-queue__action button").click(no_wait_after=True)

    for _ in range(100):
        desk.wait_for_timeout(25)
        if "document" in tried:
            break
    assert tried == ["fetch", "document"]
    expect(desk.locator("#take")).to_have_js_property("action", f"{urljoin(desk.url, next_call)}")


def test_compact_rows_are_nineteen_in_a_window_and_stay_so_on_the_next_visit(desk: Page, ward: Ward, axe: Axe) -> None:
    fill(ward)
    come_in(desk, ward)

    desk.get_by_text("Affichage").click()
    desk.get_by_label("Lignes serrées").check()
    desk.get_by_role("button", name="Garder ces réglages").click()
    desk.goto("/fr/queue")

    expect(desk.locator("#board")).to_have_class("is-compact")
    if folder := os.environ.get("VIGIDOM_SHOTS"):
        desk.screenshot(path=Path(folder) / "queue-compact.png")
    assert desk.evaluate(WHOLE_ROWS) >= 19
    assert desk.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert axe(desk) == []


def test_keys_walk_the_rows_and_claim_for_whoever_asked_for_them(desk: Page, ward: Ward) -> None:
    first, second = ward.patient(), ward.patient()
    ward.answer(first, ORANGE, ago=timedelta(minutes=20))
    ward.answer(second, ORANGE, ago=timedelta(minutes=10))
    come_in(desk, ward)
    desk.keyboard.press("j")
    expect(desk.locator(f"{ROW} a:focus")).to_have_count(0)
    desk.get_by_text("Affichage").click()
    desk.get_by_label("Touches").check()
    with desk.expect_navigation():
        desk.get_by_role("button", name="Garder ces réglages").click()

    for key in ("j", "j", "j", "k"):
        desk.keyboard.press(key)
    expect(desk.locator(f"{ROW} a:focus")).to_have_text(name_of(first))
    desk.locator("#in-queue").press("j")
    expect(desk.locator("#in-queue")).to_have_value("j")
    desk.locator(f"{ROW} .vd-queue__name").nth(1).focus()
    desk.keyboard.press("c")

    desk.wait_for_url(f"**/patients/{second.public_id}")
    assert ward.callback(second).claimed_by_id == ward.person().id


def test_whoever_loses_a_race_stays_in_the_queue_and_reads_who_won(desk: Page, ward: Ward) -> None:
    enrolment = ward.red()
    come_in(desk, ward)
    winner = ward.person(Role.OPERATOR, "Sacha Morel")
    callbacks.claim(ward.session, callback=ward.callback(enrolment).public_id, staff=winner, now=clock.now())
    ward.session.commit()

    desk.locator(".vd-queue__action button").click()

    expect(desk.locator("#live")).to_contain_text("Sacha Morel")
    desk.locator("#pause").focus()
    desk.mouse.move(1, 1)
    expect(desk.locator(".vd-queue__owner")).to_have_text("Sacha Morel", timeout=SOON)
    assert desk.url.endswith("/fr/queue")


def test_a_new_red_sounds_once_for_whoever_asked_and_not_for_what_a_colleague_has(desk: Page, ward: Ward) -> None:
    come_in(desk, ward)
    desk.get_by_text("Affichage").click()
    desk.get_by_label("Un son").check()
    desk.get_by_role("button", name="Garder ces réglages").click()
    desk.clock.install()
    desk.reload()

    enrolment = ward.red()
    desk.clock.run_for(10_500)
    expect(desk.locator("#live")).to_contain_text(name_of(enrolment))
    desk.clock.run_for(10_500)
    ward.answer(enrolment, RED)
    desk.clock.run_for(10_500)

    expect(desk.locator("#board")).to_have_attribute("data-played", "1")


def test_a_view_is_kept_under_a_name_and_opened_by_one_click(desk: Page, ward: Ward) -> None:
    red, orange = ward.red(), ward.patient()
    ward.answer(orange, ORANGE)
    come_in(desk, ward)
    desk.locator(".vd-levels__level--red").click()
    expect(desk.locator(ROW)).to_have_count(1)

    desk.get_by_text("Vues", exact=True).click()
    desk.fill("#view-name", "Les urgents")
    desk.get_by_role("button", name="Enregistrer la vue").click()
    desk.get_by_role("link", name="Afficher tout le monde").click()
    expect(desk.locator(ROW)).to_have_count(2)
    desk.get_by_role("link", name="Les urgents").click()

    expect(desk.locator(ROW)).to_have_count(1)
    expect(desk.locator(ROW)).to_contain_text(name_of(red))


def test_everything_of_the_queue_works_without_script(new_context: NewContext, ward: Ward) -> None:
    red, orange = ward.red(), ward.patient(family_name="Quiniou")
    ward.answer(orange, ORANGE)
    page = new_context(java_script_enabled=False, viewport=DESKTOP).new_page()
    come_in(page, ward)

    page.fill("#in-queue", "quiniou")
    page.locator(".vd-tools__search button").click()
    expect(page.locator(ROW)).to_have_count(1)
    assert "quiniou" not in page.url.lower()
    page.get_by_role("link", name="Afficher tout le monde").click()
    page.get_by_role("button", name="Prendre l’appel suivant").click()

    page.wait_for_url(f"**/patients/{red.public_id}")
