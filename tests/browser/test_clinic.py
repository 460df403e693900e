"""The clinic in a real browser: a queue that keeps itself fresh, rows that hold still, enrolment from end to end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from records import clock
from records.models import Role
from records.patients import reveal
from tests.browser.conftest import DESKTOP, PHONE, NewContext
from tests.webapp.signing import PASSWORD
from tests.webapp.ward import ORANGE, RED, WELL, Ward, open_ward
from triage import callbacks, protocols

pytestmark = pytest.mark.walk

Axe = Callable[[Page], list[str]]
SOON = 15_000


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


def come_in(page: Page, ward: Ward, role: str = Role.PHYSICIAN, language: str = "fr") -> None:
    email = ward.person(role, language=language).email
    ward.session.commit()  # no transaction of the test stands open while the browser walks
    page.goto(f"/{language}/staff/sign-in")
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_selector(".vd-account form")
    page.wait_for_load_state("load")


def name_of(enrolment) -> str:
    identity = reveal(enrolment.patient)
    return f"{identity.family_name.upper()} {identity.given_name}"


def test_a_new_red_appears_by_itself_and_is_announced(desk: Page, ward: Ward) -> None:
    ward.answer(ward.patient(), ORANGE, ago=timedelta(minutes=20))
    come_in(desk, ward)
    expect(desk.locator("tr[data-callback]")).to_have_count(1)

    red = ward.red()

    expect(desk.locator("#live")).to_contain_text(name_of(red), timeout=SOON)
    expect(desk.locator("tr[data-callback]").first).to_contain_text(name_of(red))
    expect(desk.locator("#counts")).to_contain_text("2 patients")


def test_the_row_in_use_keeps_its_place_and_its_focus_while_the_list_changes(desk: Page, ward: Ward) -> None:
    first = ward.patient()
    ward.answer(first, ORANGE, ago=timedelta(minutes=20))
    come_in(desk, ward)
    desk.locator(".vd-queue__action button").focus()

    red = ward.red()

    expect(desk.locator("tr[data-callback]")).to_have_count(2, timeout=SOON)
    rows = desk.locator("tr[data-callback]")
    expect(rows.nth(0)).to_contain_text(name_of(first))
    expect(rows.nth(0)).to_have_class("vd-queue__row vd-queue__row--orange is-held")
    expect(desk.locator(".vd-queue__action button").first).to_be_focused()

    desk.locator("#pause").focus()
    expect(rows.nth(0)).to_contain_text(name_of(red))


def test_what_a_colleague_claims_shows_without_a_reload(desk: Page, ward: Ward) -> None:
    enrolment = ward.red()
    come_in(desk, ward)
    colleague = ward.person(Role.OPERATOR, "Sacha Morel")

    callbacks.claim(ward.session, callback=ward.callback(enrolment).public_id, staff=colleague, now=clock.now())
    ward.session.commit()

    expect(desk.locator(".vd-queue__owner")).to_have_text("Sacha Morel", timeout=SOON)
    expect(desk.locator(".vd-queue__action a")).to_contain_text("Voir")


def test_a_list_that_can_no_longer_be_refreshed_says_so_in_red(desk: Page, ward: Ward) -> None:
    ward.red()
    desk.clock.install()
    come_in(desk, ward)
    desk.route("**/queue/rows", lambda route: route.abort())

    desk.clock.run_for(60_000)

    expect(desk.locator("#stale")).to_be_visible()
    expect(desk.locator("#stale")).to_contain_text("Cette liste date de")


def test_waiting_times_run_and_turn_late_by_themselves(desk: Page, ward: Ward) -> None:
    ward.answer(ward.patient(), RED, ago=timedelta(minutes=8))
    desk.clock.install()
    come_in(desk, ward)
    expect(desk.locator(".vd-queue__wait")).to_contain_text("8\u00a0min")
    desk.route("**/queue/rows", lambda route: route.abort())

    desk.clock.run_for(3 * 60_000)

    expect(desk.locator(".vd-queue__wait")).to_contain_text("11\u00a0min")
    expect(desk.locator(".vd-queue__wait")).to_contain_text("délai dépassé")


def test_a_session_that_ended_is_said_on_the_queue_with_the_way_back(desk: Page, ward: Ward) -> None:
    ward.red()
    desk.clock.install()
    come_in(desk, ward)
    desk.context.clear_cookies()

    desk.clock.run_for(11_000)

    expect(desk.locator("#stale")).to_contain_text("déconnecté", timeout=SOON)
    expect(desk.locator("#stale a")).to_be_visible()


def test_the_queue_works_without_script(new_context: NewContext, ward: Ward) -> None:
    enrolment = ward.red()
    page = new_context(java_script_enabled=False, viewport=DESKTOP).new_page()
    come_in(page, ward)

    page.click(".vd-queue__action button")

    page.wait_for_url(f"**/patients/{enrolment.public_id}")
    assert "Vérifiez d’abord qui répond" in page.content()


def test_a_patient_is_enrolled_with_the_keyboard_and_told_what_happens_next(desk: Page, ward: Ward) -> None:
    version = protocols.bound(ward.session, programme_id=ward.programme.id, now=clock.now())
    physician = ward.person(Role.PHYSICIAN, "Camille Signe")
    protocols.sign(ward.session, version=version, programme=ward.programme, physician=physician, now=clock.now())
    ward.session.commit()
    come_in(desk, ward, Role.ENROLLER)
    desk.goto("/fr/patients/new")
    desk.click("main form.vd-form button[type=submit]")
    expect(desk.locator(".nhsuk-error-summary")).to_be_focused()

    typed = {"family_name": "Payet", "given_name": "Noé", "birth_date": "27/3/1958", "phone": "0692 12 34 56"}
    for name, value in (typed | {"address": "8 rue des Roses, Saint-Denis"}).items():
        desk.fill(f"#{name}", value)
    desk.select_option("#zone", "Indian/Reunion")
    for name, value in {"risk_tier": "high", "lives_alone": "yes", "has_oximeter": "no", "consent": "oral"}.items():
        desk.check(f"input[name={name}][value={value}]")
    desk.check("#onset_unknown")
    desk.keyboard.press("Enter")

    expect(desk.locator("h1")).to_contain_text("PAYET Noé")
    expect(desk.locator("main")).to_contain_text("0692 12 34 56")
    expect(desk.locator("main")).to_contain_text("dictez ce code")


def test_a_call_is_worked_from_the_queue_to_its_end(desk: Page, ward: Ward) -> None:
    enrolment = ward.red()
    come_in(desk, ward)
    desk.click(".vd-queue__action button")
    desk.check("#attempt-verified")
    desk.check("input[name=attempt-outcome][value=reached]")
    desk.click("section[aria-labelledby=call] button[type=submit]")
    desk.check("input[name=disposition-kind][value=advice]")
    desk.fill("#disposition-note", "Se repose, rappelle si besoin")
    desk.click("section[aria-labelledby=decision] button[type=submit]")

    expect(desk.locator("main")).to_contain_text("Le rappel est clos")
    expect(desk.locator("main")).to_contain_text("Personne n’attend de rappel.")
    assert not ward.is_open(enrolment)


@pytest.mark.parametrize(("language", "size"), [("fr", PHONE), ("en", DESKTOP)], ids=["fr-phone", "en-desktop"])
def test_no_page_of_the_clinic_shuts_anybody_out(new_context, ward: Ward, axe: Axe, language: str, size) -> None:
    enrolment, other = ward.patient(emergency_name="Claire Petit", emergency_phone="06 12 34 56 78"), ward.red()
    ward.answer(enrolment, WELL, ago=timedelta(hours=20))
    ward.missed(enrolment, ago=timedelta(hours=10))
    ward.answer(enrolment, RED)
    colleague = ward.person(Role.OPERATOR, "Sacha Morel")
    callbacks.claim(ward.session, callback=ward.callback(other).public_id, staff=colleague, now=clock.now())
    ward.session.commit()
    page = new_context(viewport=size, locale=language).new_page()
    found: dict[str, list[str]] = {}

    def look(name: str) -> None:
        found[name] = axe(page)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} scrolls sideways by {wide}"

    page.goto(f"/{language}/staff/sign-in")
    look("sign-in")
    page.click("main button[type=submit]")
    look("sign-in refused")
    come_in(page, ward, language=language)
    look("queue")
    page.locator(".vd-queue__action button").first.click()
    page.wait_for_url("**/patients/*")
    look("patient with a call")
    page.click("section[aria-labelledby=decision] button[type=submit]")
    look("decision refused")
    for path in ("patients", "patients/new", f"patients/{other.public_id}", "nowhere"):
        page.goto(f"/{language}/{path}")
        look(path)
    page.goto(f"/{language}/patients/new")
    page.click("main form.vd-form button[type=submit]")
    look("enrolment refused")
    assert {name: violations for name, violations in found.items() if violations} == {}


NAMES = (("Le Goff", "Jean Yves"), ("Nguyen", "Thi Mai"), ("Garnier-Duplessis", "Marguerite"), ("Payet", "Noé"))
WHOLE_ROWS = """() => [...document.querySelectorAll("tr[data-callback]")]
    .filter(row => row.getBoundingClientRect().bottom <= innerHeight).length"""


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_desktop_shows_fourteen_calls_at_once_and_nothing_beyond_its_edge(
    desk: Page, ward: Ward, language: str
) -> None:
    for number in range(16):
        family_name, given_name = NAMES[number % len(NAMES)]
        enrolment = ward.patient(family_name=family_name, given_name=given_name)
        more = {"chest-pain": [{"boolean": True}]} if number % 2 else {}
        ward.answer(enrolment, {**RED, **more}, ago=timedelta(minutes=number))
    come_in(desk, ward, language=language)

    desk.goto(f"/{language}/queue")

    assert desk.evaluate(WHOLE_ROWS) >= 14
    assert desk.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
