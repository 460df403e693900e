"""The rota in a browser: a shift entered by the keyboard, the gap that it closes, and one's own telephone."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import time, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from records import clock
from records.models import Role
from tests.browser.conftest import DESKTOP, PHONE, NewContext
from tests.browser.test_clinic import come_in
from tests.webapp.ward import Ward, open_ward

pytestmark = pytest.mark.walk

Axe = Callable[[Page], list[str]]


@pytest.fixture
def ward(session: Session) -> Ward:
    ward = open_ward(session)
    ward.programme.opens, ward.programme.closes = time(8), time(20)
    session.commit()
    return ward


@pytest.mark.parametrize(("language", "size"), [("fr", DESKTOP), ("en", PHONE)], ids=["fr-desktop", "en-phone"])
def test_a_night_is_covered(new_context: NewContext, ward: Ward, axe: Axe, language: str, size) -> None:
    doctor = ward.person(Role.PHYSICIAN, "Noé Garnier")
    page = new_context(viewport=size, locale=language).new_page()
    found: dict[str, list[str]] = {}

    def look(name: str) -> None:
        if folder := os.environ.get("VIGIDOM_SHOTS"):
            page.screenshot(path=f"{folder}/rota-{name}-{language}-{size['width']}.png", full_page=True)
        found[name] = axe(page)

    come_in(page, ward, Role.SUPERVISOR, language)
    monday = clock.local_day(clock.now(), "Europe/Paris") + timedelta(days=7)
    page.goto(f"/{language}/rota?week={monday}")
    gaps = page.locator("td .vd-late")
    before = gaps.count()
    look("empty")
    page.select_option("#shift-person", str(doctor.public_id))
    page.fill("#shift-from_at", "20:00")
    page.fill("#shift-until_on", f"{monday + timedelta(days=8):%d/%m/%Y}")
    page.fill("#shift-until_at", "08:00")
    page.press("#shift-until_at", "Enter")
    expect(page.locator(".vd-rota__list").first).to_be_visible()
    expect(page.locator("td form button").first).to_be_visible()
    assert gaps.count() < before
    look("entered")
    page.goto(f"/{language}/staff/account")
    look("account")
    assert found == {name: [] for name in found}
