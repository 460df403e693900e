"""A decision from its form to the letter, and answers that go to the right patient, in a browser."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from records.models import Role
from tests.browser.conftest import DESKTOP, PHONE, NewContext
from tests.browser.test_clinic import come_in
from tests.webapp.ward import Ward, open_ward

pytestmark = pytest.mark.walk

Axe = Callable[[Page], list[str]]
DECISION = "section[aria-labelledby=decision]"


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


@pytest.mark.parametrize(("language", "size"), [("fr", PHONE), ("en", DESKTOP)], ids=["fr-phone", "en-desktop"])
def test_a_patient_is_sent_to_the_practitioner_and_other_answers_are_moved(
    new_context: NewContext, ward: Ward, axe: Axe, language: str, size
) -> None:
    enrolment = ward.red(gp_name="Dr Claire Petit", gp_phone="06 12 34 56 78")
    right = ward.patient(family_name="Kervella", given_name="Maëlle")
    page = new_context(viewport=size, locale=language).new_page()
    found: dict[str, list[str]] = {}

    def look(name: str) -> None:
        if folder := os.environ.get("VIGIDOM_SHOTS"):
            page.screenshot(path=f"{folder}/decisions-{name}-{language}-{size['width']}.png", full_page=True)
        found[name] = axe(page)

    come_in(page, ward, Role.PHYSICIAN, language)
    page.locator(".vd-queue__action button").first.click()
    page.wait_for_url("**/patients/*")
    expect(page.locator("#disposition-hours")).to_be_hidden()
    page.check("input[name=disposition-kind][value=extra-checkin]")
    expect(page.locator("#disposition-hours")).to_have_value(re.compile(r"^\d+$"))
    look("form")
    page.check("input[name=attempt-outcome][value=reached]")
    page.check("input[name=attempt-verified]")
    page.click("section[aria-labelledby=call] form[action$=attempts] button[type=submit]")
    page.check("input[name=disposition-kind][value=gp]")
    page.fill("#disposition-note", "Toux qui dure")
    page.click(f"{DECISION} form button[type=submit]")
    page.locator("a[href$='/letter']").first.click()
    look("letter")
    page.click("main form.vd-form button[type=submit]")
    expect(page.locator("a[href$='.pdf']")).to_be_visible()

    page.goto(f"/{language}/patients/{enrolment.public_id}")
    look("history")
    page.locator("a[href$='/move']").first.click()
    page.fill("#text", "Kervella")
    page.click("form[role=search] button[type=submit]")
    look("found")
    page.locator(f"a[href*='{right.public_id}']").click()
    page.fill("#reason", "Même téléphone")
    look("compare")
    page.click("form[action$='/move'] button[type=submit]")
    page.wait_for_url(f"**/patients/{right.public_id}")
    look("moved")

    assert {name: rules for name, rules in found.items() if rules} == {}
    assert ward.is_open(right)
