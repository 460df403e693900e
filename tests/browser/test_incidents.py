"""The incidents' pages in a real browser, by keyboard, without a finding of axe; the place that a phone leaves at."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from questionnaires.models import Checkin
from records import clock
from records.models import Enrolment, Role
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.phone import open_questions
from tests.browser.test_admin import Axe, come_in, look_at
from tests.webapp.patient_room import make_checkin
from tests.webapp.ward import WELL, Ward, open_ward
from triage import incidents, jobs

pytestmark = pytest.mark.walk
HOUR = timedelta(hours=1)
PATIENTS = 26


def outage(session: Session) -> Ward:
    """No text went out this morning; some have answered since, and the deadline of none is over."""
    ward, now = open_ward(session), clock.now()
    people = [ward.patient(days_ago=1 + number % 7, lives_alone=number % 9 == 0) for number in range(PATIENTS)]
    for person in people:
        ward.missed(person, ago=5 * HOUR)
    for job in (jobs.raise_silences, incidents.run):
        job(session, now=now - HOUR)
        session.commit()
    for person in people[:7]:
        ward.answer(person, WELL)
    incidents.run(session, now=now)
    session.commit()
    return ward


@pytest.mark.parametrize(
    ("language", "size"),
    [("fr", DESKTOP), ("en", PHONE), ("ar", DESKTOP)],
    ids=["fr-desktop", "en-phone", "ar-desktop"],
)
def test_an_outage_is_looked_at_claimed_from_and_left_by_keyboard(
    new_context: Callable, session: Session, axe: Axe, language: str, size: dict
) -> None:
    ward = outage(session)
    page, mark = new_context(viewport=size).new_page(), f"{language}-{size['width']}"
    come_in(page, ward.person(Role.SUPERVISOR), language)

    page.goto(f"/{language}/queue")
    look_at(page, axe, f"incident-queue-{mark}")
    page.goto(f"/{language}/incidents")
    look_at(page, axe, f"incidents-{mark}")
    page.locator("tbody th a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/incidents/*-*")
    look_at(page, axe, f"incident-{mark}")
    page.locator("td form button").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/patients/*")


def test_a_patient_who_turns_away_at_the_third_question_leaves_that_place_and_nothing_else(
    page: Page, session: Session, followed: Enrolment, enter
) -> None:
    checkin = make_checkin(session, followed, opened=clock.now() - HOUR)
    enter(page, followed)
    open_questions(page)
    for _ in range(2):
        page.locator(".is-current input[type=radio]").first.check()
        page.locator(".is-current [data-continue]").click()

    page.goto("about:blank")

    place = sa.select(Checkin.left_at_question).where(Checkin.id == checkin.id)
    for _ in range(50):
        session.rollback()
        if (left := session.scalar(place)) is not None:
            break
        page.wait_for_timeout(100)
    assert left == 3
