"""Why a level, a rule put off, and mistaken answers, in a real browser at both sizes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires.models import Response
from records import clock, doors
from records.models import Enrolment, Role
from tests.browser.conftest import DESKTOP, PHONE, LiveServer, NewContext
from tests.browser.phone import answer, answer_all
from tests.browser.test_admin import Axe, come_in, look_at
from tests.webapp.patient_room import GREEN
from tests.webapp.ward import ORANGE, Ward, open_ward
from triage import callbacks

pytestmark = pytest.mark.walk

HOT = {**ORANGE, "chills": [{"code": "strong"}], "spo2": [{"absent": "not-measured"}]}


def opened(page: Page, ward: Ward, enrolment: Enrolment, language: str) -> None:
    page.goto(f"/{language}/patients/{enrolment.public_id}")


@pytest.mark.parametrize(
    ("language", "size"), [("fr", PHONE), ("en", DESKTOP), ("en", PHONE), ("fr", DESKTOP)], ids=str
)
def test_explaining_an_alert_and_putting_its_rule_off(
    new_context: NewContext, live_server: LiveServer, session: Session, axe: Axe, language: str, size: dict[str, int]
) -> None:
    ward = open_ward(session)
    enrolment = ward.patient(language=language)
    ward.answer(enrolment, HOT, ago=timedelta(hours=2))
    ward.answer(enrolment, ORANGE, ago=timedelta(minutes=20))
    person = ward.person(Role.PHYSICIAN, language=language)
    callbacks.claim(session, callback=ward.callback(enrolment).public_id, staff=person, now=clock.now())
    session.commit()
    page, mark = new_context(viewport=size, locale=language).new_page(), f"{language}-{size['width']}"
    come_in(page, person, language)

    opened(page, ward, enrolment, language)
    page.locator("section[aria-labelledby=put-off] summary").click()
    look_at(page, axe, f"call-with-put-off-form-{mark}")
    page.locator(".vd-card a[href*=assessments]").first.click()
    look_at(page, axe, f"explanation-{mark}")
    opened(page, ward, enrolment, language)
    page.locator("section[aria-labelledby=put-off] summary").click()
    page.locator("[name=snooze-rule]").first.check()
    page.fill("[name=snooze-hours]", "30")
    page.fill("[name=snooze-reason]", "Vu ce matin")
    page.locator("form[action*=snooze] button").click()
    look_at(page, axe, f"put-off-refused-{mark}")
    page.fill("[name=snooze-hours]", "4")
    page.locator("form[action*=snooze] button").click()
    look_at(page, axe, f"put-off-{mark}")
    ward.answer(enrolment, ORANGE)
    page.goto(f"/{language}/queue")
    look_at(page, axe, f"put-off-queue-{mark}")
    opened(page, ward, enrolment, language)
    page.locator("table a[href*=assessments]").first.click()
    look_at(page, axe, f"explanation-put-off-{mark}")
    page.goto(f"/{language}/admin/protocol/entry-errors")
    look_at(page, axe, f"entry-errors-{mark}")

    phone = new_context(viewport=size, locale=language).new_page()
    for spoken in dict.fromkeys((language, "ar" if size == PHONE else language)):
        _come_in_as_patient(phone, live_server, session, enrolment)
        answered = session.scalars(select(Response.public_id).order_by(Response.id.desc()).limit(1)).one()
        phone.goto(f"/{spoken}/checkin/result/{answered}")
        look_at(phone, axe, f"patient-put-off-{spoken}-{size['width']}")
        phone.goto(f"/{spoken}/me")
        look_at(phone, axe, f"patient-me-put-off-{spoken}-{size['width']}")


def _come_in_as_patient(phone: Page, server: LiveServer, session: Session, enrolment: Enrolment) -> None:
    token = doors.start_session(session, enrolment=enrolment, now=clock.now())
    session.commit()
    phone.context.add_cookies([{"name": "vigidom_patient", "value": token, "url": server.url}])


def test_the_phone_keeps_and_sends_whose_instructions_were_opened(
    page: Page, session: Session, followed: Enrolment, enter: Callable[[Page, Enrolment], None]
) -> None:
    enter(page, followed)
    page.goto("/fr/checkin")
    page.wait_for_selector("html[data-ready]")
    left = dict(GREEN)
    while not page.locator(".is-current details").count():
        answer(page, left.pop(next(iter(left))))
    page.locator(".is-current summary").click()
    expect(page.locator(".is-current details[open]")).to_have_count(1)
    page.reload()
    page.wait_for_selector("html[data-ready]")

    answer_all(page, left)
    page.get_by_role("button", name="Envoyer mes réponses").click()
    page.wait_for_url("**/checkin/result/*")

    assert session.scalars(select(Response.how_to)).one() == [next(iter(left))]
