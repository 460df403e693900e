"""One walk round "My page" on a phone, in French and Arabic, looked at by axe: asked, opened, read, closed."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from notifications.models import Message, Purpose
from records import clock, doors, second_factor
from records.models import EnteredBy
from tests.browser.conftest import LiveServer, NewContext, settle
from tests.webapp.patient_room import GREEN, RED, make_checkin, make_followed
from tests.webapp.test_patient_history import answer

SHOTS = os.environ.get("VIGIDOM_SHOTS")
HOUR = timedelta(hours=1)


def shoot(page: Page, name: str) -> None:
    settle(page)
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"mine-{name}.png", full_page=True)


@pytest.mark.parametrize("language", ["fr", pytest.param("ar", marks=pytest.mark.walk)])
def test_a_walk_round_my_page(
    language: str,
    new_context: NewContext,
    session: Session,
    live_server: LiveServer,
    axe: Callable[[Page], list[str]],
) -> None:
    enrolment = make_followed(session, opens=time(0, 0), closes=time(23, 59, 59))
    make_checkin(session, enrolment, opened=clock.now() - HOUR / 2)
    first = make_checkin(session, enrolment, opened=clock.now() - 20 * HOUR, slot="evening", state="answered")
    answer(session, enrolment, RED | {"temperature": "38,7"}, checkin=first.public_id)
    answer(session, enrolment, GREEN, checkin=first.public_id)
    token = doors.start_session(session, enrolment=enrolment, now=clock.now(), entered_by=EnteredBy.CHECKIN)
    session.commit()
    page = new_context(is_mobile=True, has_touch=True, locale=language).new_page()
    page.context.add_cookies([{"name": "vigidom_patient", "value": token, "url": live_server.url}])
    found: list[str] = []

    def look(name: str) -> None:
        shoot(page, f"{language}-{name}")
        found.extend(axe(page))
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is wider than the phone"

    page.goto(f"/{language}/me/call")
    look("call")
    page.locator("#why-worse").check()
    page.locator("main form button").click()
    look("asked")
    page.goto(f"/{language}/me/stop")
    look("stop")
    page.goto(f"/{language}/me/history")
    look("door")
    page.locator("form[action$='/me/code'] button").click()
    page.locator("#code").fill("000000")
    page.locator("form[action$='/me/open'] button").click()
    look("wrong")
    session.rollback()
    seed = session.scalars(sa.select(Message.public_id).where(Message.purpose == Purpose.CODE)).one()
    page.locator("#code").fill(second_factor.code_for(seed))
    page.locator("form[action$='/me/open'] button").click()
    page.locator("details summary").first.click()
    look("history")
    page.locator("form[action$='/me/close'] button").click()

    page.wait_for_url(f"**/{language}/me")
    assert found == []
