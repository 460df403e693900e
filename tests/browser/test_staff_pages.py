"""Every page of the call-back centre at once, in each language: no finding of axe, nothing wider than its window.

With `VIGIDOM_SHOTS=<folder>` each page leaves its picture there at four sizes, in English too, and axe is not asked;
`VIGIDOM_PAGES` names the pages wanted.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import BrowserContext, Page
from sqlalchemy.orm import Session

from questionnaires.models import Response
from records import clock
from records.audit import SYSTEM
from records.models import Enrolment, Programme, Role
from records.staff import telephones
from tests.browser.conftest import DESKTOP, PHONE, settle
from tests.browser.test_admin import Axe, come_in
from tests.browser.test_incidents import outage
from tests.browser.test_queue import fill
from tests.webapp.ward import ORANGE, RED, WELL, Ward
from triage import callbacks, jobs
from triage.models import Disposition, Escalation, EscalationKind, Incident

pytestmark = pytest.mark.walk

SIZES = {
    "phone": PHONE,
    "tablet": {"width": 820, "height": 1180},
    "desk": DESKTOP,
    "wide": {"width": 1920, "height": 1080},
}
FULL = {
    "emergency_name": "Claire Petit",
    "emergency_phone": "06 12 34 56 78",
    "gp_name": "Dr Anne Roche",
    "gp_phone": "01 44 55 66 77",
    "lives_alone": True,
}
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Groups of figures turn round in a right-to-left line, unless something holds them.
LOOSE_NUMBERS = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const loose = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (/\\d\\d \\d\\d \\d\\d/.test(node.textContent) && getComputedStyle(node.parentElement).direction === "rtl")
      loose.push(node.textContent.trim());
  }
  return loose;
}"""
# A label that no line has room for lies over the next column.
SPILLED = """() => [...document.querySelectorAll("td .vd-tag")].filter((tag) => {
  const [own, cell] = [tag.getBoundingClientRect(), tag.closest("td").getBoundingClientRect()];
  return own.width && (own.left < cell.left - 1 || own.right > cell.right + 1);
}).map((tag) => `over its cell: ${tag.textContent}`)"""
Context = Callable[..., BrowserContext]


class Walk:
    """Looks at one page after the other, as one person in one language."""

    def __init__(self, page: Page, axe: Axe, language: str, faults: dict[str, list[str]]) -> None:
        self.page, self.axe, self.language, self.faults = page, axe, language, faults

    def go(self, name: str, path: str) -> None:
        self.page.goto(f"/{self.language}{path}")
        self.look(name)

    def look(self, name: str) -> None:
        folder, only = os.environ.get("VIGIDOM_SHOTS"), os.environ.get("VIGIDOM_PAGES", "").split()
        if only and not any(name.startswith(one) for one in only):
            return
        settle(self.page)
        for size, box in SIZES.items():
            self.page.set_viewport_size(box)
            found = self.axe(self.page) if size == "desk" and not folder else []
            if (wide := self.page.evaluate(WIDER)) > 0:
                found.append(f"wider than the window by {wide}")
            found += self.page.evaluate(LOOSE_NUMBERS) + self.page.evaluate(SPILLED)
            if found:
                self.faults[f"{name} {size}"] = found
            if folder:
                picture = Path(folder) / f"{name}-{self.language}-{size}.png"
                self.page.screenshot(path=picture, full_page=True)
        self.page.set_viewport_size(DESKTOP)


@pytest.fixture
def ward(session: Session) -> Ward:
    """A morning with an outage, a full queue, and calls in every state."""
    ward = outage(session)
    ward.programme.interpreter_phone = "+33155667799"
    fill(ward, 12)
    return ward


def _followed(ward: Ward, *answers: object, **given: object) -> Enrolment:
    """Five days of answers, then these."""
    made = ward.patient(**(FULL | given))
    for day in range(5, 0, -1):
        ward.answer(made, WELL if day > 2 else ORANGE, ago=timedelta(days=day))
    for one in answers:
        ward.answer(made, one)
    return made


def _claim(ward: Ward, enrolment: Enrolment, role: Role, name: str) -> None:
    who = ward.person(role, name)
    found = ward.callback(enrolment).public_id
    callbacks.claim(ward.session, callback=found, staff=who, now=clock.now())
    ward.session.commit()


@pytest.fixture
def faults() -> Iterator[dict[str, list[str]]]:
    found: dict[str, list[str]] = {}
    yield found
    assert found == {}


@pytest.fixture(params=["fr", "ar"] + (["en"] if os.environ.get("VIGIDOM_SHOTS") else []))
def walk(request: pytest.FixtureRequest, new_context: Context, ward: Ward, axe: Axe, faults) -> Callable[..., Walk]:
    def begin(role: Role, name: str) -> Walk:
        page = new_context(viewport=DESKTOP).new_page()
        come_in(page, ward.person(role, name), request.param)
        return Walk(page, axe, request.param, faults)

    return begin


def test_the_pages_of_whoever_calls(ward: Ward, walk: Callable[..., Walk]) -> None:
    red = _followed(
        ward, RED | {"chest-pain": [{"boolean": True}]}, family_name="Costa", given_name="Maria", language="ar"
    )
    held = _followed(ward, RED, family_name="Hamidi", given_name="Omar")
    silent = ward.patient(family_name="نجار", given_name="ليلى", **FULL)
    ward.missed(silent, ago=timedelta(hours=30))
    ward.missed(silent, ago=timedelta(hours=6))

    jobs.raise_silences(ward.session, now=clock.now())
    ward.session.commit()
    _claim(ward, held, Role.OPERATOR, "Sacha Morel")
    me = walk(Role.PHYSICIAN, "Camille Roux")
    page, file = me.page, f"/patients/{red.public_id}"

    me.go("queue", "/queue")
    me.go("patient-free", file)
    me.go("patient-held-by-another", f"/patients/{held.public_id}")
    me.go("patient-silent", f"/patients/{silent.public_id}")
    me.go("patient-without-call", f"/patients/{ward.patient().public_id}")
    _claim(ward, red, Role.PHYSICIAN, "Camille Roux")
    me.go("patient-mine", file)
    page.click("section[aria-labelledby=decision] button[type=submit]")
    me.look("patient-refused")
    page.check("input[name=disposition-kind][value=ambulance]")
    page.locator(".vd-call-script summary").click()
    me.look("patient-decision")
    ward.callback(red).worsened_at = clock.now()
    ward.session.commit()
    me.go("patient-worsened", file)
    ward.callback(red).worsened_at = None
    ward.session.commit()
    page.goto(f"/{me.language}{file}")
    page.check("input[name=attempt-outcome][value=busy]")
    page.fill("#attempt-note", "Messagerie pleine")
    page.click("#written button[type=submit]")
    page.wait_for_load_state()
    me.look("patient-tried")
    page.check("input[name=attempt-verified]")
    page.check("input[name=attempt-outcome][value=reached]")
    page.click("#written button[type=submit]")
    page.wait_for_load_state()
    me.look("patient-reached")
    page.check("input[name=disposition-kind][value=gp]")
    page.fill("#disposition-note", "Toux qui dure")
    page.click("section[aria-labelledby=decision] button[type=submit]")
    page.wait_for_load_state()
    me.look("patient-closed")
    letter = ward.session.scalars(sa.select(Disposition.public_id).order_by(Disposition.id.desc()).limit(1)).one()
    me.go("letter", f"{file}/dispositions/{letter}/letter")
    response = ward.session.scalars(sa.select(Response.public_id).where(Response.enrolment_id == red.id).limit(1)).one()
    me.go("move", f"{file}/answers/{response}/move")
    me.go("clock", f"/callbacks/{ward.callback(red).public_id}/clock")
    me.go("ask", f"/patients/{held.public_id}/ask")
    _claim(ward, silent, Role.PHYSICIAN, "Camille Roux")
    me.go("mine", "/callbacks/mine")
    me.go("patients", "/patients")
    me.go("account", "/staff/account")
    escalation = Escalation(
        callback_id=ward.callback(held).id,
        kind=EscalationKind.LATE,
        clock_at=clock.now(),
        step=1,
        at=clock.now(),
        staff_id=ward.person(Role.PHYSICIAN, "Camille Roux").id,
    )
    ward.session.add(escalation)
    ward.session.commit()
    me.go("paged", f"/p/{escalation.public_id}")
    page.goto(f"/{me.language}/queue")
    page.locator(".vd-menu:has(#view-name) summary").click()
    page.fill("#view-name", "Les urgents du matin")
    page.locator("form[action$='/queue/views'] button").first.click()
    page.locator(".vd-menu:has(#view-name) summary").click()
    me.look("queue-views")
    page.goto(f"/{me.language}/queue")
    page.locator(".vd-menu:has([name=compact]) summary").click()
    page.check("input[name=compact]")
    page.locator("form[action$='/queue/preferences'] button[type=submit]").click()
    me.go("queue-compact", "/queue")


def test_the_pages_of_whoever_calls_through_the_centre(ward: Ward, walk: Callable[..., Walk]) -> None:
    ward.programme.calls_by, ward.programme.shown_number = "bridge", "+33155667788"
    operator = ward.person(Role.OPERATOR, "Noa Garnier")
    telephones.set_phone(ward.session, staff=operator, typed="+33612000001", actor=SYSTEM, now=clock.now())
    mine = _followed(ward, RED, family_name="Costa", given_name="Maria")
    other = _followed(ward, RED, family_name="Diallo", given_name="Mamadou")
    _claim(ward, mine, Role.OPERATOR, "Noa Garnier")
    _claim(ward, other, Role.OPERATOR, "Noa Garnier")
    thief = ward.person(Role.OPERATOR, "Ida Rossi")
    callbacks.take_over(ward.session, callback=ward.callback(other).public_id, staff=thief, now=clock.now())
    ward.session.commit()
    me = walk(Role.OPERATOR, "Noa Garnier")
    me.go("notice", "/queue")
    me.go("bridge", f"/patients/{mine.public_id}")
    me.page.locator("button[name=called]").first.click()
    me.page.wait_for_load_state()
    me.look("bridge-asked")
    me.page.goto(f"/{me.language}/patients/{ward.red().public_id}")
    me.go("rota-operator", "/rota")


def test_the_pages_of_a_supervisor(ward: Ward, walk: Callable[..., Walk]) -> None:
    night = ward.another_team("Équipe de nuit")
    ward.person(Role.SUPERVISOR, "Maud Lefèvre").teams.append(night)
    ward.session.commit()
    me = walk(Role.SUPERVISOR, "Maud Lefèvre")
    me.go("queue-supervisor", "/queue")
    me.go("claimed", "/callbacks/claimed")
    me.go("incidents", "/incidents")
    incident = ward.session.scalars(sa.select(Incident.public_id)).first()
    me.go("incident", f"/incidents/{incident}")
    me.go("centre", "/centre")
    me.go("report", "/centre/report")
    me.go("report-refused", "/centre/report?since=1/1/2026&until=1/1/2025&since_hour=00:00&until_hour=24:00")
    me.go("rota", "/rota")
    me.page.locator("form[action$='/shifts'] button").first.click()
    me.page.wait_for_load_state()
    me.look("rota-refused")
    me.go("setup", "/admin/setup")
    programme = ward.session.scalars(sa.select(Programme)).first()
    me.go("setup-programme", f"/admin/setup/programmes/{programme.slug}")
    me.go("setup-teams", "/admin/setup/teams")
    me.go("setup-team", f"/admin/setup/teams/{ward.team.public_id}")
    me.go("staff-file", "/admin/staff/file")
    me.page.fill(
        "textarea", "name,email,role,team,language\nNoé Garnier,noe@centre.example,operator,Nord,fr\nX,y,z,,\n"
    )
    me.page.locator("main form button[type=submit]").first.click()
    me.page.wait_for_load_state()
    me.look("staff-file-refused")
