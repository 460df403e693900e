"""The whole line, all processes real: enrol, text, phone, red result, queue, claim, call, decision, audit."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from records import clock
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_patient_phone import answer
from tests.running import Service, installation, until
from tests.webapp.patient_room import GREEN
from webapp import supervisor

PASSWORD = "violet marron canoë tambour"
BORN = date(1958, 3, 27)
NAME = "MARTIN Camille"
ZONES = ("Europe/Paris", "Indian/Reunion", "Pacific/Noumea", "Pacific/Tahiti", "America/Martinique")
"""Round the globe, so that it is day in one of them at any hour: no text leaves at night."""

LAST_STEPS = ("spo2", "chills", "malaise", "confinement")
ANSWERS = {name: value for name, value in GREEN.items() if name not in LAST_STEPS}
ANSWERS |= {"spo2": "90"} | {name: GREEN[name] for name in LAST_STEPS if name in GREEN}
SOON = 20_000
"""Two beats of the worker, or two looks of the queue."""


def in_daylight() -> str:
    hours = {zone: clock.now().astimezone(ZoneInfo(zone)).hour for zone in ZONES}
    return next(zone for zone, hour in hours.items() if 8 <= hour < 20)


@pytest.fixture
def service() -> Iterator[Service]:
    with installation() as service:
        service.start()
        yield service


@pytest.fixture
def windows(browser: Browser, service: Service) -> Iterator[tuple[Page, Page]]:
    """The physician's desk and the patient's phone: two browsers that share nothing."""
    opened: list[BrowserContext] = []
    faults: list[str] = []
    for options in ({"viewport": DESKTOP}, {"viewport": PHONE, "is_mobile": True, "has_touch": True}):
        context = browser.new_context(locale="fr-FR", base_url=service.url, **options)
        context.set_default_timeout(SOON)
        context.on("weberror", lambda fault: faults.append(str(fault.error)))
        context.on("response", lambda got: faults.append(f"{got.status} {got.url}") if got.status >= 400 else None)
        opened.append(context)
    yield opened[0].new_page(), opened[1].new_page()
    for context in opened:
        context.close()
    assert not faults, service.output


def shoot(page: Page, name: str) -> None:
    """A picture to look at, where VIGIDOM_SHOTS names a folder."""
    if folder := os.environ.get("VIGIDOM_SHOTS"):
        page.screenshot(path=Path(folder) / f"line-{name}.png", full_page=True)


@pytest.mark.timeout(600)
def test_from_a_text_message_to_a_doctor_s_call(service: Service, windows: tuple[Page, Page]) -> None:
    desk, phone = windows
    come_in(desk, service)
    sign_the_protocol(desk)
    enrol(desk)
    link = invitation(desk)

    enter(phone, link)
    answer_with_low_oxygen(phone, desk)

    work_the_call(desk)

    verified = service.command("audit", "verify")
    assert (verified.returncode, verified.stdout.splitlines()[-1]) == (0, "The chains are whole."), verified.stderr
    everything_ends(service)


def come_in(desk: Page, service: Service) -> None:
    desk.goto(service.link("Physician"))
    desk.fill("#password", PASSWORD)
    desk.fill("#again", PASSWORD)
    shoot(desk, "01-set-up")
    desk.click("main button[type=submit]")
    desk.wait_for_url("**/staff/sign-in")
    desk.fill("#email", "physician@vigidom.example")
    desk.fill("#password", PASSWORD)
    shoot(desk, "02-sign-in")
    desk.click("main button[type=submit]")
    desk.wait_for_url("**/queue")
    shoot(desk, "03-empty-queue")


def sign_the_protocol(desk: Page) -> None:
    desk.get_by_role("link", name="Protocole").click()
    shoot(desk, "04-protocol")
    desk.get_by_role("link", name="Lire et signer la version 1").click()
    desk.check("#read")
    shoot(desk, "05-sign")
    desk.get_by_role("button", name="Signer la version 1").click()
    expect(desk.get_by_role("heading", name="La version 1 est en vigueur")).to_be_visible()
    shoot(desk, "06-signed")


def enrol(desk: Page) -> None:
    desk.get_by_role("link", name="Patients").click()
    desk.get_by_role("link", name="Inclure").first.click()
    onset = clock.local_day(clock.now(), "Europe/Paris") - timedelta(days=7)
    typed = {
        "family_name": "Martin",
        "given_name": "Camille",
        "birth_date": f"{BORN:%d/%m/%Y}",
        "phone": "+33 6 12 34 56 78",
        "address": "12 rue des Lilas, 75020 Paris, code 14B, 3e étage",
        "onset_on": f"{onset:%d/%m/%Y}",
    }
    for name, value in typed.items():
        desk.fill(f"#{name}", value)
    desk.select_option("#zone", in_daylight())
    for name, value in {
        "risk_tier": "standard",
        "lives_alone": "yes",
        "has_oximeter": "yes",
        "consent": "oral",
    }.items():
        desk.check(f"input[name={name}][value={value}]")
    shoot(desk, "07-enrol")
    desk.get_by_role("button", name="Inclure").click()
    desk.wait_for_url("**/patients/*-*")
    expect(desk.locator("h1")).to_contain_text(NAME)
    expect(desk.locator("h1")).to_contain_text("Invité")
    shoot(desk, "08-invited")


def invitation(desk: Page) -> str:
    """The link of the text, once the worker has sent it."""
    desk.goto("/fr/demo/messages")
    link = desk.locator(".vd-timeline a[href*='/q/']")
    until(lambda: link.count() or (desk.reload() and link.count()), "the worker sends the invitation")
    shoot(desk, "09-texts")
    for address in desk.locator(".vd-timeline a").all():
        assert desk.request.get(address.get_attribute("href") or "").ok
    return link.get_attribute("href") or ""


def enter(phone: Page, link: str) -> None:
    phone.goto(link)
    shoot(phone, "10-birthday")
    phone.get_by_label("Jour", exact=True).fill(str(BORN.day))
    phone.get_by_label("Mois", exact=True).fill(str(BORN.month))
    phone.get_by_role("button", name="Continuer").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Votre suivi à domicile")
    shoot(phone, "11-consent")
    phone.locator("button[value=agree]").click()
    phone.wait_for_selector("html[data-ready]")
    shoot(phone, "12-first-question")


def answer_with_low_oxygen(phone: Page, desk: Page) -> None:
    """Meanwhile the physician's queue stands open, and is not loaded again."""
    desk.goto("/fr/queue")
    expect(desk.locator("tr[data-callback]")).to_have_count(0)
    desk.evaluate("window.stillTheSamePage = true")
    for value in ANSWERS.values():
        answer(phone, value)
        if phone.locator("#alarm").is_visible():
            shoot(phone, "13-alarm")
            phone.locator("[data-return=continue]").click()
    shoot(phone, "14-check")
    phone.get_by_role("button", name="Envoyer mes réponses").click()
    phone.wait_for_url("**/checkin/result/*")
    expect(phone.get_by_role("heading", level=1)).to_have_text("Appelez le 15 maintenant")
    expect(phone.get_by_role("link", name="Appeler le 15")).to_have_attribute("href", "tel:15")
    shoot(phone, "15-result")

    row = desk.locator("tr[data-callback]")
    expect(row).to_have_attribute("data-level", "red", timeout=SOON)
    expect(row).to_contain_text(NAME)
    expect(desk.locator("#live")).to_contain_text(NAME)
    assert desk.evaluate("window.stillTheSamePage")
    shoot(desk, "16-queue")


def work_the_call(desk: Page) -> None:
    desk.locator("#board").get_by_role("button", name="Prendre").click()
    desk.wait_for_url("**/patients/*-*")
    expect(desk.get_by_role("region", name="Pourquoi appeler")).to_contain_text("90")
    shoot(desk, "17-claimed")
    write_down(desk, "ambulance", "Essoufflé au repos, SAMU prévenu")
    expect(desk.get_by_role("region", name="Pourquoi appeler")).to_contain_text("ambulance")
    shoot(desk, "19-outcome-asked")
    desk.get_by_role("link", name="File de rappel").click()
    expect(desk.locator("tr[data-callback]")).to_have_attribute("data-level", "orange")
    shoot(desk, "20-queue-after")
    desk.locator("#board").get_by_role("button", name="Prendre").click()
    desk.wait_for_url("**/patients/*-*")
    write_down(desk, "admitted", "Hospitalisé, parle bien")
    desk.wait_for_url("**/queue")
    expect(desk.locator("main")).to_contain_text("Personne n’attend de rappel")
    shoot(desk, "21-done")
    desk.get_by_role("link", name="Patients").click()
    shoot(desk, "22-patients")
    desk.get_by_role("link", name=NAME).click()
    expect(desk.locator("h1")).to_contain_text("Suivi terminé")
    expect(desk.locator("section[aria-labelledby=history]")).to_contain_text("Essoufflé au repos, SAMU prévenu")
    shoot(desk, "23-file")


def write_down(desk: Page, decision: str, note: str) -> None:
    """A call that reached the patient, and what was decided."""
    calls = desk.locator("section[aria-labelledby=history]").get_by_text("Joint", exact=True)
    before = calls.count()
    desk.check("#attempt-verified")
    desk.check("input[name=attempt-outcome][value=reached]")
    desk.locator("section[aria-labelledby=call] button[type=submit]").click()
    expect(calls).to_have_count(before + 1)
    desk.check(f"input[name=disposition-kind][value={decision}]")
    desk.fill("#disposition-note", note)
    shoot(desk, f"18-{decision}")
    desk.locator("section[aria-labelledby=decision] button[type=submit]").click()


def everything_ends(service: Service) -> None:
    left = service.processes()
    assert left
    assert service.end(signal.SIGINT) == 0
    assert not [process for process in left if process.is_alive]
    supervisor.check_port("127.0.0.1", service.port)
