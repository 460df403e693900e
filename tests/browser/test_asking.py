"""Filling in the questionnaire for somebody else: staff on the telephone, from the keyboard; a carer on the phone."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires.models import Response
from records import clock
from records.models import AnswersBy, Role
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.phone import ALL_DAY, answer_at_once, open_questions
from tests.browser.test_clinic import come_in
from tests.webapp.patient_room import GREEN, make_checkin, make_followed
from tests.webapp.ward import Ward, open_ward

pytestmark = pytest.mark.walk

Axe = Callable[[Page], list[str]]
SHOTS = os.environ.get("VIGIDOM_SHOTS")


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


def look(page: Page, name: str, axe: Axe) -> None:
    """No violation and nothing wider than a phone; on a desk too, with pictures, where somebody wants to look."""
    sizes = {"phone": PHONE} | ({"desk": DESKTOP} if SHOTS else {})
    for size, view in sizes.items():
        page.set_viewport_size(view)
        assert axe(page) == [], (name, size)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (name, size)
        if SHOTS:
            page.screenshot(path=str(Path(SHOTS) / f"{name}-{size}.png"), full_page=True)
    page.set_viewport_size(DESKTOP)


def test_a_call_is_recorded_from_the_keyboard_and_danger_is_said_before_it(
    desk: Page, ward: Ward, axe: Axe, session: Session
) -> None:
    enrolment = ward.patient(language="ar")
    enrolment.answers_by = AnswersBy.STAFF
    make_checkin(session, enrolment, opened=clock.now() - timedelta(hours=1))
    come_in(desk, ward, Role.OPERATOR)
    desk.goto("/fr/to-ask")
    if SHOTS:
        look(desk, "to-ask", axe)
    desk.get_by_role("link", name="Remplir ensemble").click()
    expect(desk.locator(".vd-asking__keys")).to_be_visible()
    look(desk, "ask", axe)

    desk.locator("#verified").focus()
    desk.keyboard.press("Space")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Space")
    desk.locator('[name="answer-breathlessness"]').first.focus()
    for key in ("1", "1", "2", "2", "2", "2", "2"):  # breathlessness, its change, and five signs: no
        desk.keyboard.press(key)
    for value in ("37,2", "72", "16", "97"):
        desk.keyboard.type(value)
        desk.keyboard.press("Enter")
    for key in ("1", "1", "1"):
        desk.keyboard.press(key)
    expect(desk.locator(".vd-sticky button")).to_be_focused()
    expect(desk.locator("#danger")).to_be_hidden()
    desk.locator('[name="answer-chest-pain"]').first.check()
    expect(desk.locator("#danger")).to_be_visible()
    desk.locator(".vd-sticky button").press("Enter")

    expect(desk.locator("#now")).to_contain_text("Avant de raccrocher")
    look(desk, "recorded", axe)
    session.expire_all()
    kept = session.scalars(select(Response)).one()
    assert (kept.door, kept.informant, len(kept.answers)) == ("staff", "patient", 15)


def test_the_pages_of_other_doors_read_well_in_every_language(desk: Page, ward: Ward, axe: Axe) -> None:
    enrolment = ward.patient(language="ar")
    ward.answer(enrolment)
    come_in(desk, ward, Role.OPERATOR)
    here = f"/patients/{enrolment.public_id}"
    ward.session.rollback()  # no transaction of the test stands open while the browser walks
    pages = {"ask-ar": f"/ar{here}/ask", "paper-fr": f"/fr{here}/paper", "sheet-ar": f"/fr{here}/sheet"}
    if SHOTS:
        pages |= {"paper-ar": f"/ar{here}/paper", "sheet-en": f"/fr{here}/sheet?in=en", "patient": f"/fr{here}"}
    for name, address in pages.items():
        desk.goto(address)
        look(desk, name, axe)
    desk.goto(f"/fr{here}/ask")
    desk.locator(".vd-sticky button").click()
    expect(desk.locator(".nhsuk-error-summary")).to_be_focused()
    if SHOTS:
        look(desk, "ask-errors", axe)


def test_a_carer_says_so_once_and_the_phone_remembers(page: Page, session: Session, enter, axe: Axe) -> None:
    enter(page, make_followed(session, **ALL_DAY))
    open_questions(page)
    answer_at_once(page, GREEN)
    page.get_by_label("Je réponds pour quelqu’un d’autre").check()
    page.reload()
    page.wait_for_selector("html[data-ready]")

    expect(page.get_by_label("Je réponds pour quelqu’un d’autre")).to_be_checked()
    if SHOTS:
        assert axe(page) == []
        page.screenshot(path=str(Path(SHOTS) / "check-phone.png"), full_page=True)
    page.locator("[data-send]").click()

    page.wait_for_url("**/checkin/result/*")
    assert session.scalars(select(Response.informant)).all() == ["carer"]
