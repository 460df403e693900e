"""Two callers in two browsers side by side: a race for one call, a take-over, a laptop that slept, a lost session.

With `VIGIDOM_SHOTS=<folder>` each leaves its picture there.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from records import clock
from records.models import Enrolment, Role, StaffSession
from tests.browser.conftest import DESKTOP, NewContext
from tests.browser.test_clinic import PASSWORD
from tests.webapp.ward import ORANGE, RED, Ward, open_ward
from triage import callbacks
from triage.models import Callback

pytestmark = pytest.mark.walk

Axe = Callable[[Page], list[str]]
HOUR = timedelta(hours=1)
expect.set_options(timeout=15_000)
WAKES = "document.dispatchEvent(new Event('visibilitychange'))"


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


@pytest.fixture
def enrolment(ward: Ward) -> Enrolment:
    made = ward.patient()
    ward.answer(made, ORANGE)
    return made


def seat(new_context: NewContext, ward: Ward, name: str, role: str = Role.OPERATOR) -> Page:
    """A browser of its own in which that person has signed in."""
    page = new_context(viewport=DESKTOP, locale="en-GB").new_page()
    come_back(page, ward, name, role)
    return page


def come_back(page: Page, ward: Ward, name: str, role: str = Role.OPERATOR) -> None:
    page.goto("/en/staff/sign-in")
    page.fill("#email", ward.person(role, name, language="en").email)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_selector(".vd-account form")


def file(enrolment: Enrolment) -> str:
    return f"/en/patients/{enrolment.public_id}"


def shoot(page: Page, name: str) -> None:
    if folder := os.environ.get("VIGIDOM_SHOTS"):
        page.screenshot(path=Path(folder) / f"claims-{name}.png", full_page=True)


def take(page: Page, enrolment: Enrolment) -> None:
    page.goto(file(enrolment))
    page.get_by_role("button", name="Claim", exact=True).click()
    page.wait_for_selector("#claim[data-renew]")


def test_of_two_who_click_at_once_one_has_the_call_and_the_other_hears_who(
    new_context: NewContext, ward: Ward, enrolment: Enrolment, axe: Axe
) -> None:
    ada, bea = seat(new_context, ward, "Ada Nord"), seat(new_context, ward, "Bea Sud")
    for page in (ada, bea):
        page.goto(file(enrolment))

    for page in (ada, bea):
        page.get_by_role("button", name="Claim", exact=True).click(no_wait_after=True)

    expect(ada.locator("#claim[data-renew]")).to_be_visible()
    expect(bea.locator("h1")).to_have_text("Somebody else has this call")
    expect(bea.locator("main")).to_contain_text("Ada Nord")
    shoot(bea, "race")
    assert axe(bea) == []


def test_who_loses_a_call_hears_it_on_the_open_page_and_on_the_next(
    new_context: NewContext, ward: Ward, enrolment: Enrolment, axe: Axe
) -> None:
    ada, bea = seat(new_context, ward, "Ada Nord"), seat(new_context, ward, "Bea Sud")
    take(ada, enrolment)
    bea.goto(file(enrolment))

    bea.get_by_role("button", name="Take over").click()
    expect(bea.locator("#claim[data-renew]")).to_be_visible()
    ada.evaluate(WAKES)

    expect(ada.locator("#claim-lost")).to_contain_text("Bea Sud is looking after this call-back")
    expect(ada.locator("#claim-lost")).to_be_focused()
    assert axe(ada) == []
    shoot(ada, "lost")
    ada.goto("/en/queue")
    expect(ada.locator(".vd-notice")).to_contain_text("Bea Sud has taken over")
    shoot(ada, "notice")
    assert axe(ada) == []
    ada.locator(".vd-notice button").click()
    expect(ada.locator(".vd-notice")).to_have_count(0)


def test_a_worse_reason_is_said_on_the_open_page_and_seen_by_one_button(
    new_context: NewContext, ward: Ward, enrolment: Enrolment, axe: Axe
) -> None:
    ada = seat(new_context, ward, "Ada Nord")
    take(ada, enrolment)
    ward.answer(enrolment, RED)

    ada.evaluate(WAKES)

    expect(ada.locator("#claim-worse")).to_be_visible()
    shoot(ada, "worse")
    assert axe(ada) == []
    ada.get_by_role("button", name="I have seen it").click()
    expect(ada.locator("#claim-worse")).to_be_hidden()
    assert ward.callback(enrolment).worsened_at is None


def test_a_laptop_that_slept_for_an_hour_is_told_and_writes_over_nobody(
    new_context: NewContext, ward: Ward, enrolment: Enrolment
) -> None:
    ada = seat(new_context, ward, "Ada Nord")
    take(ada, enrolment)
    began = ward.callback(enrolment).claimed_at - HOUR
    asleep = {"claimed_at": began, "claim_ends_at": began + callbacks.CLAIM_LASTS}
    ward.session.execute(sa.update(Callback).values(asleep))
    other = ward.person(Role.OPERATOR, "Bea Sud")
    callbacks.claim(ward.session, callback=ward.callback(enrolment).public_id, staff=other, now=clock.now())
    ward.session.commit()

    ada.evaluate(WAKES)

    expect(ada.locator("#claim-lost")).to_contain_text("Bea Sud")
    for button in ada.locator("form[action*='/attempts'] button[type=submit]").all():
        expect(button).to_be_disabled()
    assert ward.callback(enrolment).claimed_by_id == other.id


def test_a_note_is_there_again_after_the_session_ended_in_its_middle(
    new_context: NewContext, ward: Ward, enrolment: Enrolment
) -> None:
    ada = seat(new_context, ward, "Ada Nord")
    take(ada, enrolment)
    note = ada.locator("textarea[name='attempt-note']")
    with ada.expect_response(lambda answer: "draft" in answer.url and answer.request.method == "POST"):
        note.fill("Short of breath since")
        note.press("Tab")
    ward.session.execute(sa.update(StaffSession).values(revoked_at=clock.now()))
    ward.session.commit()
    ada.evaluate(WAKES)
    expect(ada.locator("#claim-lost")).to_contain_text("You are signed out")
    shoot(ada, "signed-out")

    come_back(ada, ward, "Ada Nord")
    ada.goto(file(enrolment))

    expect(ada.locator("textarea[name='attempt-note']")).to_have_value("Short of breath since")


def test_an_open_page_goes_on_with_the_call_once_its_caller_has_signed_in_again_beside_it(
    new_context: NewContext, ward: Ward, enrolment: Enrolment
) -> None:
    ada = seat(new_context, ward, "Ada Nord")
    take(ada, enrolment)
    ward.session.execute(sa.update(StaffSession).values(revoked_at=clock.now()))
    ward.session.commit()
    ada.evaluate(WAKES)
    expect(ada.locator("#claim-lost")).to_contain_text("You are signed out")
    come_back(ada.context.new_page(), ward, "Ada Nord")
    ward.answer(enrolment, RED)

    ada.evaluate(WAKES)

    expect(ada.locator("#claim-worse")).to_be_visible()
    expect(ada.locator("#claim-lost")).to_be_hidden()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_list_the_claims_and_the_clock_can_be_read(
    new_context: NewContext, ward: Ward, enrolment: Enrolment, axe: Axe, language: str
) -> None:
    ada = seat(new_context, ward, "Ada Nord", Role.SUPERVISOR)
    take(ada, enrolment)
    ward.person(Role.OPERATOR, "Bea Sud")
    ward.answer(enrolment, RED)

    public_id = ward.callback(enrolment).public_id
    for name, address in (("mine", "mine"), ("all", "claimed"), ("clock", f"{public_id}/clock")):
        ada.goto(f"/{language}/callbacks/{address}")
        assert axe(ada) == []
        assert ada.evaluate("document.documentElement.scrollWidth <= innerWidth")
        shoot(ada, f"{name}-{language}")
