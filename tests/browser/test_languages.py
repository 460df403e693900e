"""Every main screen in Arabic and French: its direction, nothing beyond the edge, nothing cut off, large text.

With `VIGIDOM_SHOTS=<folder>` it walks through both languages at both sizes and leaves a picture of each screen there.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from records import clock, doors, heartbeats, texts
from records.models import Enrolment, Role
from tests.browser.conftest import DESKTOP, PHONE, LiveServer, NewContext, settle
from tests.browser.test_admin import print_texts
from tests.webapp.patient_room import DANGER, GREEN, ORANGE, RED, as_json, make_followed
from tests.webapp.signing import PASSWORD
from tests.webapp.ward import RED as RED_VALUES
from tests.webapp.ward import WELL, Ward, open_ward
from triage import callbacks, protocols
from webapp.admin.wellbeing import JOBS
from webapp.patient.reception import owner_of

pytestmark = pytest.mark.walk

Axe = Callable[[Page], list[str]]
SHOTS = os.environ.get("VIGIDOM_SHOTS")
NARROW = {"width": 320, "height": 640}
BOTH = [(language, size) for language in ("ar", "fr") for size in (PHONE, DESKTOP)]
STAFF = BOTH if SHOTS else [("ar", PHONE)]
PATIENT = BOTH if SHOTS else [("ar", PHONE)]
CUT_OFF = """() => [...document.querySelectorAll("h1, h2, h3, p, a, button, label, legend, dt, dd, li, td, th, span")]
    .filter(node => node.checkVisibility() && !node.closest(".nhsuk-u-visually-hidden, .nhsuk-skip-link, svg"))
    .filter(node => !node.closest(".vd-table-scroll, .vd-chart, thead, caption"))
    .filter(node => {
        const box = node.getBoundingClientRect();
        return box.width > 0 && (box.left < -1 || box.right > innerWidth + 1);
    }).map(node => node.outerHTML.slice(0, 120))"""
"""What stands beyond the window's edge on either side, wherever the page could be scrolled to."""


class Walk:
    """One window that looks at each page it is shown."""

    def __init__(self, page: Page, language: str, axe: Axe | None = None) -> None:
        self.page, self.language, self.axe = page, language, axe
        self.size = page.viewport_size["width"]

    def go(self, path: str, name: str = "") -> None:
        self.page.goto(f"/{self.language}/{path}")
        self.look(name or path.replace("/", "-"))

    def press(self, selector: str, name: str) -> None:
        self.page.locator(selector).first.click()
        self.look(name)

    def look(self, name: str) -> None:
        page = self.page
        settle(page)
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"{self.language}-{self.size}-{name}.png", full_page=True)
        html = page.locator("html")
        assert html.get_attribute("lang") == self.language, name
        assert html.get_attribute("dir") == texts.direction(self.language), name
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} scrolls sideways by {wide}: {page.evaluate(CUT_OFF)}"
        assert page.evaluate(CUT_OFF) == [], name
        if self.axe:
            assert self.axe(page) == [], name


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


@pytest.mark.parametrize(("language", "size"), STAFF)
def test_the_staff_pages(new_context: NewContext, ward: Ward, axe: Axe, language: str, size: dict) -> None:
    mine, theirs = busy(ward)
    print_texts(ward.session)
    walk = Walk(new_context(viewport=size, locale=language).new_page(), language, axe)

    walk.go("staff/sign-in", "sign-in")
    walk.press("main button[type=submit]", "sign-in-refused")
    come_in(walk, ward, Role.PHYSICIAN)
    walk.look("queue")
    walk.page.locator(".vd-queue__action button").first.click()
    walk.page.wait_for_url("**/patients/*")
    walk.look("patient-with-call")
    walk.press("section[aria-labelledby=decision] button[type=submit]", "decision-refused")
    for path in ("patients", "patients/new", "admin/protocol", "nowhere"):
        walk.go(path)
    walk.go(f"patients/{theirs.public_id}", "patient-of-a-colleague")
    walk.go(f"patients/{mine.public_id}/details", "details")
    walk.go("patients/new")
    walk.press("main form.vd-form button[type=submit]", "enrolment-refused")
    walk.go("admin/protocol/limits", "limits")
    walk.page.fill("#limit_temperature_red_high", "45")
    walk.press("main button[type=submit]", "limits-refused")
    newest = protocols.versions(ward.session, slug=ward.programme.slug)[0]
    walk.go(f"admin/protocol/{newest.public_id}", "version")
    administer(walk, ward)


def administer(walk: Walk, ward: Ward) -> None:
    walk.page.context.clear_cookies()
    come_in(walk, ward, Role.ADMINISTRATOR)
    walk.go("admin/staff", "staff")
    walk.press("form[action$=staff] button[type=submit]", "staff-refused")
    walk.go(f"admin/staff/{ward.person(Role.PHYSICIAN).public_id}", "person")
    for number, job in enumerate(JOBS):
        error = ConnectionError() if number == 2 else None
        heartbeats.beat(ward.session, job=job, now=clock.now(), took_ms=12 * number, done=number, error=error)
    ward.session.commit()
    walk.go("admin/health", "health")
    walk.go("demo/messages", "texts")


def busy(ward: Ward) -> tuple[Enrolment, Enrolment]:
    """A patient with a long story and a red to call, and another whom a colleague calls."""
    mine = ward.patient(emergency_name="Claire Petit", emergency_phone="06 12 34 56 78", conditions=("diabetes",))
    for days in (5, 4, 3, 2):
        ward.answer(mine, WELL, ago=timedelta(days=days))
    ward.missed(mine, ago=timedelta(hours=30))
    ward.answer(mine, {**RED_VALUES, "chest-pain": [{"boolean": True}]}, ago=timedelta(minutes=12))
    theirs = ward.red()
    colleague = ward.person(Role.OPERATOR, "Sacha Morel")
    callbacks.claim(ward.session, callback=ward.callback(theirs).public_id, staff=colleague, now=clock.now())
    ward.answer(ward.patient(language="ar"), {**WELL, "temperature": [{"quantity": "39.2", "unit": "Cel"}]})
    ward.session.commit()
    return mine, theirs


def come_in(walk: Walk, ward: Ward, role: str) -> None:
    walk.page.goto(f"/{walk.language}/staff/sign-in")
    walk.page.fill("#email", ward.person(role, language=walk.language).email)
    walk.page.fill("#password", PASSWORD)
    walk.page.click("main button[type=submit]")
    walk.page.wait_for_selector(".vd-account form")


@pytest.fixture
def enter(session: Session, live_server: LiveServer) -> Callable[[Page, Enrolment], None]:
    def do(page: Page, enrolment: Enrolment) -> None:
        token = doors.start_session(session, enrolment=enrolment, now=clock.now())
        session.commit()
        page.context.add_cookies([{"name": "vigidom_patient", "value": token, "url": live_server.url}])

    return do


@pytest.mark.parametrize(("language", "size"), PATIENT)
def test_the_patient_s_pages(
    new_context: NewContext, session: Session, axe: Axe, enter, language: str, size: dict
) -> None:
    walk = Walk(new_context(viewport=size, locale=language).new_page(), language, axe)
    invited = make_followed(session, "invited", has_oximeter=True)
    walk.go("", "landing")
    walk.go("enter")
    walk.press("main button[type=submit]", "enter-refused")
    walk.go(f"q/{doors.make_link('invite', invited.public_id)}", "link")
    enter(walk.page, invited)
    walk.go("consent")
    enter(walk.page, make_followed(session, "discharged", has_oximeter=True))
    ask(walk)


def ask(walk: Walk) -> None:
    """The questions as the script shows them, with what it says on the way."""
    page = walk.page
    walk.page.goto(f"/{walk.language}/checkin")
    page.wait_for_selector("html[data-ready]")
    walk.look("question-1")
    walk.press(".is-current [data-continue]", "question-1-missing")
    for link_id, value in (DANGER | {"temperature": "41,5", "respiratory-rate": "16"}).items():
        step = page.locator(".vd-step.is-current")
        if link_id == "chills":
            step.locator("input[type=text]").fill("380")
            walk.press(".is-current [data-continue]", "oximeter-out-of-range")
            step.locator("input[type=checkbox]").check()
            step.locator("[data-continue]").click()
        field = step.locator("input[type=text]")
        field.fill(value) if field.count() else step.locator(f"input[value='{value}']").check()
        step.locator("[data-continue]").click()
        if link_id in ("chest-pain", "temperature"):
            walk.look(f"asked-{link_id}")
            page.locator("[data-return=continue], .is-current [data-confirm]").locator("visible=true").click()
    walk.look("check")
    page.context.set_offline(True)
    page.locator("[data-send]").click()
    page.wait_for_selector("#saved[data-state=waiting]")
    walk.look("saved")
    page.context.set_offline(False)


@pytest.mark.parametrize(("language", "size"), PATIENT)
def test_the_results(new_context: NewContext, session: Session, axe: Axe, enter, language: str, size: dict) -> None:
    walk = Walk(new_context(viewport=size, locale=language).new_page(), language, axe)
    for closes, state in ((time(23, 59, 59), "open"), (time(0, 0, 1), "closed")):
        for name, answers in {"green": GREEN, "orange": ORANGE, "red": RED, "danger": DANGER}.items():
            enrolment = make_followed(session, opens=time(0, 0), closes=closes)
            enter(walk.page, enrolment)
            walk.page.goto(f"/{language}/enter")
            body = {"owner": owner_of(enrolment), "language": language, "answers": as_json(answers)}
            reply = walk.page.evaluate(
                "([body, key]) => fetch('/api/answers', {method: 'POST', body: JSON.stringify(body), headers:"
                " {'Content-Type': 'application/json', 'Idempotency-Key': key}}).then((reply) => reply.json())",
                [body, str(uuid.uuid4())],
            )
            walk.page.goto(reply["url"])
            walk.look(f"result-{name}-{state}")


@pytest.mark.parametrize("language", ["ar", "fr"])
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_twice_the_text_on_the_narrowest_phone(
    new_context: NewContext, session: Session, enter, language: str, script: bool
) -> None:
    page = new_context(viewport=NARROW, locale=language, java_script_enabled=True).new_page()
    if not script:
        page.route("**/js/patient/*", lambda route: route.abort())
    enter(page, make_followed(session, has_oximeter=True))
    page.goto(f"/{language}/checkin")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    walk = Walk(page, language)

    walk.look(f"twice-{'script' if script else 'plain'}")
