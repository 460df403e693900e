"""Every page of a patient, looked at by axe: on a phone in French, in a window in English."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import time

import pytest
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from records import clock, doors
from records.models import Enrolment
from tests.browser.conftest import DESKTOP, PHONE, LiveServer, NewContext
from tests.webapp.patient_room import DANGER, GREEN, ORANGE, RED, as_json, make_followed
from webapp.patient.reception import owner_of

pytestmark = pytest.mark.walk

Look = Callable[[str], None]
SIZES = [("fr", PHONE), ("en", DESKTOP)]


@pytest.fixture(params=SIZES, ids=["fr-phone", "en-desktop"])
def view(request: pytest.FixtureRequest, new_context: NewContext) -> tuple[Page, str]:
    language, viewport = request.param
    return new_context(viewport=viewport, locale=language).new_page(), language


@pytest.fixture
def enter(view: tuple[Page, str], session: Session, live_server: LiveServer) -> Callable[[Enrolment], None]:
    def do(enrolment: Enrolment) -> None:
        token = doors.start_session(session, enrolment=enrolment, now=clock.now())
        session.commit()
        view[0].context.add_cookies([{"name": "vigidom_patient", "value": token, "url": live_server.url}])

    return do


def test_the_doors(view: tuple[Page, str], session: Session, axe: Callable[[Page], list[str]], enter) -> None:
    page, language = view
    invited = make_followed(session, "invited")
    link = doors.make_link("invite", invited.public_id)
    found = []

    for address in (f"/{language}/q/broken", f"/{language}/enter", f"/{language}/q/{link}"):
        page.goto(address)
        found += axe(page)
        page.locator("main button[type=submit]").click()
        found += axe(page)
    for address in (f"/{language}/offline", f"/{language}/leave"):
        page.goto(address)
        found += axe(page)
    enter(invited)
    page.goto(f"/{language}/consent")
    found += axe(page)
    page.locator("button[value=refuse]").click()
    found += axe(page)

    assert found == []


def test_the_questions(view: tuple[Page, str], session: Session, axe: Callable[[Page], list[str]], enter) -> None:
    page, language = view
    enter(make_followed(session, "discharged", has_oximeter=True))
    page.goto(f"/{language}/checkin")
    page.wait_for_selector("html[data-ready]")
    page.locator(".is-current [data-continue]").click()
    found = axe(page)

    for link_id, value in (DANGER | {"temperature": "41,5", "respiratory-rate": "16"}).items():
        step = page.locator(".vd-step.is-current")
        if link_id == "chills":
            step.locator("input[type=checkbox]").check()  # the oximeter, which does not work today
            step.locator("[data-continue]").click()
        field = step.locator("input[type=text]")
        field.fill(value) if field.count() else step.locator(f"input[value='{value}']").check()
        step.locator("[data-continue]").click()
        if link_id in ("chest-pain", "temperature"):
            found += axe(page)
            page.locator("[data-return=continue], .is-current [data-confirm]").locator("visible=true").click()
    found += axe(page)
    page.context.set_offline(True)
    page.locator("[data-send]").click()
    page.wait_for_selector("#saved[data-state=waiting]")
    found += axe(page)

    assert found == []


@pytest.mark.parametrize("answers", [GREEN, ORANGE, RED, DANGER], ids=["green", "orange", "red", "danger"])
def test_the_results(
    view: tuple[Page, str], session: Session, axe: Callable[[Page], list[str]], enter, answers: dict[str, str]
) -> None:
    page, language = view
    found = []
    for closes in (time(23, 59, 59), time(0, 0, 1)):
        enrolment = make_followed(session, opens=time(0, 0), closes=closes)
        enter(enrolment)
        page.goto(f"/{language}/checkin")
        body = {"owner": owner_of(enrolment), "language": language, "answers": as_json(answers)}
        reply = page.evaluate(
            "([body, key]) => fetch('/api/answers', {method: 'POST', body: JSON.stringify(body),"
            " headers: {'Content-Type': 'application/json', 'Idempotency-Key': key}}).then((reply) => reply.json())",
            [body, str(uuid.uuid4())],
        )
        page.goto(reply["url"])
        found += axe(page)

    assert found == []


def test_the_plain_form_and_what_it_asks_again(
    view: tuple[Page, str], session: Session, axe: Callable[[Page], list[str]], enter
) -> None:
    page, language = view
    enter(make_followed(session, "paused", has_oximeter=True))
    page.route("**/js/patient/*", lambda route: route.abort())
    page.goto(f"/{language}/checkin")
    found = axe(page)
    page.locator("[name=answer-chest-pain][value=true]").check()
    page.locator("[name=answer-temperature]").fill("41,5")
    page.locator("main button[type=submit]").click()
    found += axe(page)

    assert found == []
