"""A whole call in a real browser: by keyboard only, through a page that dies, on a desk, a tablet and a telephone."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, Route, expect
from sqlalchemy.orm import Session

from records.models import Enrolment, Role
from tests.browser.conftest import DESKTOP, PHONE, NewContext
from tests.browser.test_clinic import come_in
from tests.webapp.ward import ORANGE, RED, WELL, Ward, open_ward
from triage.models import Attempt, CallDraft

pytestmark = pytest.mark.walk

Axe = Callable[[Page], list[str]]
TABLET = {"width": 820, "height": 1180}
SOON = 10_000
RELATIVE = {"emergency_name": "Claire Petit", "emergency_phone": "06 12 34 56 78"}
NOTE = "Tousse, « 38 », rappeler la fille"


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


def at_the_call(page: Page, ward: Ward, page_language: str = "fr", **given: object) -> Enrolment:
    enrolment = ward.red(**(RELATIVE | given))
    come_in(page, ward, language=page_language)
    page.locator(".vd-queue__action button").first.click()
    page.wait_for_url("**/patients/*")
    return enrolment


def kept_drafts(ward: Ward) -> int | None:
    ward.session.rollback()
    return ward.session.scalar(sa.select(sa.func.count()).select_from(CallDraft))


def shoot(page: Page, name: str) -> None:
    if folder := os.environ.get("VIGIDOM_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def go_to(page: Page, name: str, value: str = "") -> None:
    """Tab until the field has the focus, as somebody without a mouse does; a group of choices has one stop."""
    for _ in range(150):
        page.keyboard.press("Tab")
        found = page.evaluate("() => [document.activeElement.name ?? '', document.activeElement.value ?? '']")
        if found[0] == name and (not value or found[1] == value):
            return
    pytest.fail(f"{name} cannot be reached with the keyboard")


def press(page: Page, label: str) -> None:
    """Tab until that button has the focus, and press it."""
    for _ in range(150):
        page.keyboard.press("Tab")
        if (
            page.evaluate("() => document.activeElement.tagName === 'BUTTON' && document.activeElement.innerText")
            == label
        ):
            page.keyboard.press("Enter")
            return
    pytest.fail(f"{label} cannot be reached with the keyboard")


def test_a_whole_call_is_worked_with_the_keyboard_alone_and_the_next_one_begun(desk: Page, ward: Ward) -> None:
    enrolment, after = ward.red(**RELATIVE), ward.patient()
    ward.answer(after, ORANGE)
    come_in(desk, ward)
    press(desk, "Prendre l’appel suivant")
    desk.wait_for_url(f"**/patients/{enrolment.public_id}")

    go_to(desk, "attempt-verified")
    desk.keyboard.press("Space")
    go_to(desk, "attempt-outcome")
    desk.keyboard.press("Space")
    go_to(desk, "attempt-note")
    desk.keyboard.type(NOTE)
    press(desk, "Noter l’appel")

    expect(desk.locator("main")).to_contain_text("L’appel est noté")
    written = ward.session.scalars(sa.select(Attempt)).one()
    assert (written.outcome, written.verified) == ("reached", True)
    expect(desk.locator(".vd-last-calls")).to_contain_text("Joint")
    go_to(desk, "disposition-kind")
    desk.keyboard.press("Space")
    go_to(desk, "disposition-note")
    desk.keyboard.type("Repos")
    press(desk, "Clore ce rappel")
    expect(desk.locator("main")).to_contain_text("Le rappel est clos")
    assert not ward.is_open(enrolment)
    press(desk, "Prendre l’appel suivant")
    desk.wait_for_url(f"**/patients/{after.public_id}")
    expect(desk.locator("#claim[data-renew]")).to_be_visible()


def test_on_a_desk_the_decision_is_in_sight_beside_the_answers_and_stays_there(desk: Page, ward: Ward) -> None:
    enrolment = ward.patient(**RELATIVE)
    for day in range(9, 0, -1):
        ward.answer(enrolment, WELL, ago=timedelta(days=day))
    ward.answer(enrolment, RED)
    come_in(desk, ward)
    desk.locator(".vd-queue__action button").first.click()
    desk.wait_for_url("**/patients/*")
    for seen in ("#why", "#answers", ".vd-call-whom", "#call", "a[href^='tel:']"):
        expect(desk.locator(seen).first).to_be_in_viewport()
    desk.locator(".vd-call-whom a[href='#decision']").click()
    expect(desk.locator("#decision")).to_be_in_viewport()
    expect(desk.locator("input[name=disposition-kind]").first).to_be_in_viewport()

    desk.locator("#messages").scroll_into_view_if_needed()
    expect(desk.locator("#decision")).to_be_in_viewport()

    expect(desk.locator("#disposition-hours")).to_be_hidden()
    desk.check("input[name=disposition-kind][value=extra-checkin]")
    expect(desk.locator("#disposition-hours")).to_be_visible()
    expect(desk.locator("#disposition-called_at")).to_be_hidden()
    desk.check("#attempt-verified")
    desk.check("input[name=attempt-outcome][value=reached]")
    desk.locator("#written button[type=submit]").click()
    expect(desk.locator("main")).to_contain_text("L’appel est noté")
    expect(desk.locator("#attempt-note")).to_be_hidden()
    expect(desk.locator("#decision")).to_be_in_viewport()


def test_a_note_outlives_a_browser_that_dies(new_context: NewContext, ward: Ward) -> None:
    first = new_context(viewport=DESKTOP)
    page = first.new_page()
    at_the_call(page, ward)
    page.fill("#attempt-note", NOTE)
    page.fill("#disposition-note", "Repos")
    expect(page.locator("#saved")).to_contain_text("Enregistré à", timeout=SOON)
    address = page.url
    first.close()

    again = new_context(viewport=DESKTOP).new_page()
    come_in(again, ward)
    again.goto(address)

    expect(again.locator("#attempt-note")).to_have_value(NOTE)
    expect(again.locator("#disposition-note")).to_have_value("Repos")


def test_what_was_typed_a_moment_before_the_page_was_left_is_kept(desk: Page, ward: Ward) -> None:
    at_the_call(desk, ward)
    address = desk.url
    desk.fill("#attempt-note", NOTE)

    desk.goto("/fr/queue")
    desk.wait_for_load_state("networkidle")
    desk.goto(address)

    expect(desk.locator("#attempt-note")).to_have_value(NOTE)


def test_a_note_typed_before_the_script_came_is_kept_once_it_comes(desk: Page, ward: Ward) -> None:
    at_the_call(desk, ward)
    held: list[Route] = []
    desk.route("**/call.js*", lambda route: held.append(route))
    desk.goto(desk.url, wait_until="commit")
    desk.fill("#attempt-note", NOTE)

    held[0].continue_()

    expect(desk.locator("#saved")).to_contain_text("Enregistré à", timeout=SOON)
    assert kept_drafts(ward) == 1


def test_a_note_that_was_refused_is_kept_while_it_is_mended(desk: Page, ward: Ward) -> None:
    at_the_call(desk, ward)
    desk.fill("#attempt-note", NOTE)

    desk.locator("#written button[type=submit]").click()

    expect(desk.locator(".nhsuk-error-summary")).to_be_visible()
    expect(desk.locator("#saved")).to_contain_text("Enregistré à", timeout=SOON)
    assert kept_drafts(ward) == 1


def test_whoever_goes_back_after_a_call_is_written_down_does_not_find_it_typed_again(desk: Page, ward: Ward) -> None:
    at_the_call(desk, ward)
    desk.check("input[name=attempt-outcome][value=busy]")
    desk.fill("#attempt-note", NOTE)
    desk.locator("#written button[type=submit]").click()
    expect(desk.locator("main")).to_contain_text("L’appel est noté")

    desk.go_back()

    expect(desk.locator("#written button[type=submit]")).to_be_visible()
    expect(desk.locator("#attempt-note")).to_have_value("")
    expect(desk.locator("#saved")).to_be_hidden()


def test_the_page_says_when_nothing_can_be_saved_and_why(desk: Page, ward: Ward) -> None:
    at_the_call(desk, ward)
    desk.route("**/draft", lambda route: route.abort())
    desk.fill("#attempt-note", NOTE)
    expect(desk.locator("#saved")).to_contain_text("pas de connexion", timeout=SOON)

    desk.unroute("**/draft")
    expect(desk.locator("#saved")).to_contain_text("Enregistré à", timeout=SOON)

    desk.context.clear_cookies(name="vigidom_staff")
    desk.fill("#attempt-note", f"{NOTE}!")
    expect(desk.locator("#saved")).to_contain_text("votre session est terminée", timeout=SOON)
    expect(desk.locator("#attempt-note")).to_have_value(f"{NOTE}!")


def test_a_note_without_end_never_leaves_the_page(desk: Page, ward: Ward) -> None:
    at_the_call(desk, ward)
    desk.evaluate("() => { document.getElementById('attempt-note').value = 'pas mieux '.repeat(6000) }")

    desk.locator("#written button[type=submit]").click()

    expect(desk.locator("#saved")).to_contain_text("2000")
    expect(desk.locator("#attempt-note")).to_be_focused()
    assert desk.evaluate("document.getElementById('attempt-note').value.length") == 60_000


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_of_a_call_shuts_nobody_out_at_any_size(new_context, ward: Ward, axe: Axe, language: str) -> None:
    page = new_context(viewport=DESKTOP, locale=language).new_page()
    at_the_call(page, ward, language, language="ar")
    page.locator(".vd-call-script summary").click()
    found = {}
    for name, size in {"desk": DESKTOP, "tablet": TABLET, "phone": PHONE}.items():
        page.set_viewport_size(size)
        found[name] = axe(page)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} scrolls sideways by {wide}"
        shoot(page, f"call-{language}-{name}")
    assert {name: violations for name, violations in found.items() if violations} == {}


@pytest.mark.parametrize("size", [TABLET, PHONE], ids=["tablet", "phone"])
def test_the_bar_under_the_thumb_leads_to_each_part_of_the_call(new_context, ward: Ward, size) -> None:
    page = new_context(viewport=size, locale="fr-FR").new_page()
    at_the_call(page, ward)
    bar = page.locator(".vd-callbar")
    expect(bar).to_be_in_viewport()

    for anchor in ("why", "written", "reach", "decision"):
        bar.locator(f"a[href='#{anchor}']").click()
        expect(page.locator(f"#{anchor}")).to_be_in_viewport()
        expect(bar).to_be_in_viewport()
    assert bar.locator("a[href^='tel:']").count() == 1


def test_the_note_comes_back_when_somebody_signs_in_again_after_sending(desk: Page, ward: Ward) -> None:
    enrolment = at_the_call(desk, ward)
    desk.check("input[name=attempt-outcome][value=busy]")
    desk.fill("#attempt-note", NOTE)
    desk.context.clear_cookies(name="vigidom_staff")
    desk.locator("#written button[type=submit]").click()
    expect(desk.locator("h1")).to_contain_text("Votre session est terminée")

    other = desk.context.new_page()
    come_in(other, ward, Role.PHYSICIAN)
    desk.click("main button[type=submit]")

    expect(desk.locator("#attempt-note")).to_have_value(NOTE)
    assert ward.session.scalars(sa.select(Attempt)).all() == []
    desk.locator("#written button[type=submit]").click()
    expect(desk.locator("main")).to_contain_text("L’appel est noté")
    assert ward.callback(enrolment).next_try_at is not None
