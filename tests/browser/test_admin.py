"""The administrator's pages in a real browser: a version written and signed, every page free of axe's findings."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from notifications.models import ConsoleMessage, Message, Purpose
from questionnaires import library, versions
from questionnaires.models import Response
from records import clock, heartbeats, programmes
from records.models import Role, Staff
from tests.browser.conftest import DESKTOP, PHONE
from tests.factories import make_enrolment
from tests.triage.scene import replayed
from tests.webapp.signing import PASSWORD, make_person, make_team
from tests.webapp.test_admin_versions import FOUND
from triage import drafts, protocols
from triage.models import ProtocolVersion
from webapp import firstrun
from webapp.admin.wellbeing import JOBS

pytestmark = pytest.mark.walk

Axe = Callable[[Page], list[str]]
Pictures = Callable[[Page, str], None]
BOTH = pytest.mark.parametrize(("language", "size"), [("fr", PHONE), ("en", DESKTOP)], ids=["fr-phone", "en-desktop"])


@pytest.fixture
def people(session: Session) -> dict[str, Staff]:
    firstrun.load_programme(session, clock.now())
    team = make_team(session, "Équipe de nuit")
    roles = (Role.PHYSICIAN, Role.ADMINISTRATOR, Role.OPERATOR)
    return {role.value: make_person(session, role=role, team=team) for role in roles}


def come_in(page: Page, person: Staff, language: str = "fr") -> None:
    page.goto(f"/{language}/staff/sign-in")
    page.fill("#email", person.email)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "sign-in" not in url)


def look_at(page: Page, axe: Axe, name: str) -> None:
    """No finding, nothing wider than the window; a picture where VIGIDOM_SHOTS names a folder."""
    if folder := os.environ.get("VIGIDOM_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True, caret="initial")
    assert axe(page) == []
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page scrolls sideways"


@BOTH
def test_the_protocol_pages_are_whole_at_both_sizes(
    new_context: Callable, session: Session, people: dict[str, Staff], axe: Axe, language: str, size: dict
) -> None:
    page, mark = new_context(viewport=size).new_page(), f"{language}-{size['width']}"
    come_in(page, people["physician"], language)
    page.goto(f"/{language}/admin/protocol")
    look_at(page, axe, f"protocol-unsigned-{mark}")
    page.goto(f"/{language}/admin/protocol/limits")
    page.fill("#limit_temperature_red_high", "45")
    page.click("main button[type=submit]")
    look_at(page, axe, f"limits-refused-{mark}")
    page.fill("#limit_temperature_red_high", "39,5")
    page.fill("#reason", "Trop de rappels oranges la nuit")
    page.click("main button[type=submit]")
    page.wait_for_url("**/protocol/*-*")
    look_at(page, axe, f"version-own-{mark}")
    first = session.scalars(sa.select(ProtocolVersion).where(ProtocolVersion.number == 1)).one()
    page.goto(f"/{language}/admin/protocol/{first.public_id}")
    page.click("form[action$=sign] button")
    look_at(page, axe, f"sign-refused-{mark}")
    page.check("#read")
    page.click("form[action$=sign] button")
    expect(page.locator(".vd-flash--success")).to_be_visible()
    look_at(page, axe, f"protocol-signed-{mark}")


@BOTH
def test_the_life_of_a_version_is_whole_at_both_sizes(
    new_context: Callable, session: Session, people: dict[str, Staff], axe: Axe, language: str, size: dict
) -> None:
    page, mark = new_context(viewport=size).new_page(), f"{language}-{size['width']}"
    (programme,), now = programmes.loaded(session), clock.now()
    first = protocols.versions(session, slug=programme.slug)[0]
    how = {"programme": programme, "physician": people["physician"], "now": now}
    protocols.sign(session, version=first, **how)
    made = [
        protocols.new_version(
            session,
            based_on=first,
            limits={"temperature_orange_high": Decimal(value)},
            reason="Beaucoup de patients à 38,5 se sont aggravés",
            author=people["administrator"],
            now=now,
        )
        for value in ("38.5", "38.7", "38.8")
    ]
    drafts.begin(session, based_on=first, staff=people["administrator"], now=now)
    replayed(session, made[0], programme, now=now, result=FOUND, rows=1234)
    replayed(session, made[1], programme, now=now, result=FOUND, rows=1234)
    session.commit()
    second = f"/{language}/admin/protocol/{made[0].public_id}"

    come_in(page, people["physician"], language)
    page.goto(second)
    page.fill("#day", "31/02/2027")
    page.click("form[action$=sign] button")
    look_at(page, axe, f"version-start-refused-{mark}")
    page.fill("#day", f"{clock.local_day(now, programme.zone) + timedelta(days=9):%d/%m/%Y}")
    page.fill("#hour", "08:00")
    page.check("#read")
    look_at(page, axe, f"version-sign-{mark}")
    page.click("form[action$=sign] button")
    expect(page.locator(".vd-flash--success")).to_be_visible()
    look_at(page, axe, f"protocol-scheduled-{mark}")
    page.goto(second)
    look_at(page, axe, f"version-scheduled-{mark}")
    page.click("form[action$=unschedule] button")
    expect(page.locator(".vd-flash--success")).to_be_visible()
    look_at(page, axe, f"version-taken-back-{mark}")
    page.click("form[action$=go-back] button")
    look_at(page, axe, f"version-go-back-refused-{mark}")
    page.goto(f"/{language}/admin/protocol/{made[1].public_id}")
    page.click("form[action$=withdraw] button")
    expect(page.locator(".vd-flash--success")).to_be_visible()
    look_at(page, axe, f"version-withdrawn-{mark}")
    page.goto(f"/{language}/admin/protocol/{made[2].public_id}")
    look_at(page, axe, f"version-replaying-{mark}")
    page.goto(f"/{language}/admin/protocol/limits?from={first.public_id}&set=spo2_red:91")
    look_at(page, axe, f"limits-suggested-{mark}")


@BOTH
def test_the_staff_pages_are_whole_at_both_sizes(
    new_context: Callable, people: dict[str, Staff], axe: Axe, language: str, size: dict
) -> None:
    page, mark = new_context(viewport=size).new_page(), f"{language}-{size['width']}"
    come_in(page, people["administrator"], language)
    page.goto(f"/{language}/admin/staff")
    page.click("form[action$=staff] button[type=submit]")
    look_at(page, axe, f"staff-refused-{mark}")
    page.fill("#name", "Dominique Laurier")
    page.fill("#email", "dominique@centre.example")
    page.check("input[name=role][value=operator]")
    page.check("input[name=teams]")
    page.click("form[action$=staff] button[type=submit]")
    expect(page.locator("#link")).to_be_visible()
    look_at(page, axe, f"link-{mark}")
    page.goto(f"/{language}/admin/staff/{people['operator'].public_id}")
    look_at(page, axe, f"person-{mark}")


@BOTH
def test_the_health_and_the_texts_are_whole_at_both_sizes(
    new_context: Callable, session: Session, people: dict[str, Staff], axe: Axe, language: str, size: dict
) -> None:
    page, mark = new_context(viewport=size).new_page(), f"{language}-{size['width']}"
    page.goto(f"/{language}/")
    look_at(page, axe, f"landing-{mark}")
    come_in(page, people["administrator"], language)
    page.goto(f"/{language}/admin/health")
    look_at(page, axe, f"health-silent-{mark}")
    for number, job in enumerate(JOBS):
        error = ConnectionError() if number == 2 else None
        heartbeats.beat(session, job=job, now=clock.now(), took_ms=12 * number, done=number, error=error)
    print_texts(session)
    page.reload()
    look_at(page, axe, f"health-{mark}")
    page.goto(f"/{language}/demo/messages")
    look_at(page, axe, f"texts-{mark}")


def print_texts(session: Session) -> None:
    now, enrolment = clock.now(), make_enrolment(session)
    for number, purpose in enumerate(one for one in Purpose if one is not Purpose.STAFF_PAGE):
        times = {"status_at": now, "created_at": now, "next_try_at": now, "expires_at": now + timedelta(hours=1)}
        message = Message(key=f"t:{number}", purpose=purpose, enrolment_id=enrolment.id, status="delivered", **times)
        session.add(message)
        session.flush()
        body = f"Vigidom - Vos questions du jour: http://localhost/q/{'aB3-' * 12}{number} Centre: 01 23 45 67 89."
        recipient = f"+33•••••••{number:02d}"
        session.add(ConsoleMessage(message_id=message.id, recipient=recipient, body=body, printed_at=now))
    session.commit()


def test_a_version_is_written_by_keyboard_and_signed_by_another_person(
    new_context: Callable, session: Session, people: dict[str, Staff]
) -> None:
    writer, signer = (new_context(viewport=DESKTOP).new_page() for _ in range(2))
    come_in(writer, people["administrator"])
    writer.goto("/fr/admin/protocol/limits")
    writer.focus("#limit_spo2_red")
    writer.keyboard.press("Control+A")
    writer.keyboard.type("91")
    writer.focus("#reason")
    writer.keyboard.type("Essai")
    writer.keyboard.press("Tab")
    writer.keyboard.press("Enter")
    writer.wait_for_url("**/protocol/*-*")
    expect(writer.locator("main")).to_contain_text("SpO2 rouge, au plus\u202f: 92 → 91 %")

    come_in(signer, people["physician"])
    signer.goto(writer.url.replace(writer.url.split("/fr/")[0], ""))
    signer.check("#read")
    signer.click("form[action$=sign] button")

    expect(signer.locator("main")).to_contain_text("La version 2 est en vigueur")
    programme = firstrun.load_programme(session, clock.now())
    assert protocols.bound(session, programme_id=programme.id, now=clock.now(), signed=True).number == 2


def a_hospitals_own() -> dict[str, object]:
    """The COVID-19 questionnaire as a hospital would change it."""
    found = library.document() | {"version": "2026-11"}
    chills = next(item for item in found["item"] if item["linkId"] == "chills")
    chills["required"] = False
    chills["text"] = "Tremblez-vous de froid ?"
    return found


def test_a_hospitals_own_form_goes_from_file_to_force_by_two_persons(
    new_context: Callable, session: Session, people: dict[str, Staff], axe: Axe, tmp_path: Path
) -> None:
    whole = a_hospitals_own()
    file, broken = tmp_path / "own.json", tmp_path / "broken.json"
    file.write_text(json.dumps(whole))
    broken.write_text(json.dumps(whole | {"item": [*whole["item"], {"linkId": "photo", "type": "attachment"}]}))
    importer, second = (new_context(viewport=DESKTOP).new_page() for _ in range(2))
    come_in(importer, people["administrator"])
    importer.goto("/fr/admin/questionnaires")
    importer.set_input_files("#file", broken)
    importer.click("form[enctype] button[type=submit]")
    expect(importer.locator("main")).to_contain_text("photo")
    look_at(importer, axe, "questionnaire-refused")
    importer.set_input_files("#file", file)
    importer.click("form[enctype] button[type=submit]")
    expect(importer.locator("main")).to_contain_text("une autre personne doit la publier")
    look_at(importer, axe, "questionnaire-draft")
    address = importer.url

    for language in ("fr", "ar"):
        phone = importer.context.new_page()
        phone.set_viewport_size(PHONE)
        phone.goto(f"{address.replace('/fr/', f'/{language}/')}/preview")
        expect(phone.locator("html")).to_have_attribute("data-ready", "yes")
        look_at(phone, axe, f"questionnaire-preview-{language}")
    walk(phone)
    phone.wait_for_url("**/preview/end")

    come_in(second, people["physician"])
    second.goto(address)
    second.check("#publish-read")
    second.click("form[action$=publish] button")
    expect(second.locator(".vd-flash--success")).to_be_visible()
    look_at(second, axe, "questionnaire-published")
    second.click("form[action$=in-force] button")
    expect(second.locator(".vd-flash--success")).to_be_visible()
    look_at(second, axe, "questionnaire-in-force")
    programme = firstrun.load_programme(session, clock.now())
    assert versions.in_force(session, programme_id=programme.id, now=clock.now())[0].version == "2026-11"
    assert session.scalars(sa.select(Response.id)).all() == []


def walk(phone: Page) -> None:
    """Through every question, whatever it is, to the end and "Send"."""
    for _ in range(40):
        step = phone.locator(".vd-step.is-current")
        if step.get_attribute("data-step") == "check":
            step.locator("[data-send]").click()
            return
        answer = step.locator("input[name^=answer-]:not([type=hidden])").first
        if answer.get_attribute("type") in ("radio", "checkbox"):
            answer.check()
        else:
            absent = step.locator("input[name^=absent-]")
            absent.check() if absent.count() else answer.fill("37")
        step.locator("[data-continue]").click()
        alarm = phone.locator("#alarm [data-return=continue]")
        if alarm.is_visible():
            alarm.click()
