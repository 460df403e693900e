"""Calling through the centre in a real browser: the page follows the call, and begins the form with its end."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications import announcing, voice
from notifications.models import Message
from notifications.providers.voice import Leg
from records import clock, patients
from records.audit import SYSTEM
from records.models import Enrolment, Role
from records.staff import telephones
from tests.browser.conftest import DESKTOP
from tests.browser.test_admin import Axe, come_in, look_at
from tests.webapp.ward import Ward, open_ward
from triage import callbacks
from triage.models import BridgedCall

pytestmark = pytest.mark.walk


@pytest.fixture
def ward(session: Session) -> Ward:
    ward = open_ward(session)
    ward.programme.calls_by, ward.programme.shown_number = "bridge", "+33155667788"
    staff = ward.person(Role.OPERATOR, "Noa Garnier")
    telephones.set_phone(session, staff=staff, typed="+33612000001", actor=SYSTEM, now=clock.now())
    session.commit()
    return ward


@pytest.fixture
def patient(ward: Ward) -> Enrolment:
    made = ward.red()
    staff = ward.person(Role.OPERATOR, "Noa Garnier")
    callbacks.claim(ward.session, callback=ward.callback(made).public_id, staff=staff, now=clock.now())
    announcing.announce(ward.session, now=clock.now(), limit=5)
    ward.session.scalars(select(Message)).one().status = "delivered"
    ward.session.commit()
    return made


def test_the_page_follows_the_call_and_begins_the_form_with_how_it_ended(
    new_context: Callable[..., BrowserContext], ward: Ward, patient: Enrolment, axe: Axe
) -> None:
    page = new_context(viewport=DESKTOP, locale="fr-FR").new_page()
    come_in(page, ward.person(Role.OPERATOR, "Noa Garnier"))
    page.goto(f"/fr/patients/{patient.public_id}")
    expect(page.locator(".vd-announced__code")).to_have_text(re.compile(r"^\d{4}$"))
    page.get_by_role("button", name="Appeler par le centre", exact=True).click()
    expect(page.get_by_text("votre téléphone va sonner")).to_be_visible()
    page.locator("#bridge").scroll_into_view_if_needed()
    look_at(page, axe, "trusted-call-asked")
    call = ward.session.scalars(select(BridgedCall)).one()

    def hear(leg: Leg, status: str) -> None:
        voice.hear(ward.session, public_id=call.public_id, leg=leg, status=status, now=clock.now())
        ward.session.commit()

    hear(Leg.CALLER, "in-progress")
    expect(page.get_by_text("Décrochez votre téléphone")).to_be_visible()
    hear(Leg.CALLED, "busy")
    expect(page.get_by_text("La ligne était occupée")).to_be_visible()
    expect(page.locator("input[name=attempt-outcome][value=busy]")).to_be_checked()
    expect(page.get_by_role("button", name="Appeler par le centre", exact=True)).to_be_enabled()


def test_a_patient_who_calls_is_taken_on_the_line_by_keyboard(
    new_context: Callable[..., BrowserContext], ward: Ward, patient: Enrolment, axe: Axe
) -> None:
    page = new_context(viewport=DESKTOP, locale="en-GB").new_page()
    come_in(page, ward.person(Role.OPERATOR, "Ida Rossi"), "en")
    page.goto("/en/patients")
    page.get_by_label("Name, telephone or date of birth").fill(patients.reveal(patient.patient).phone or "")
    page.keyboard.press("Enter")
    box = page.get_by_label("Name and date of birth asked and right")
    expect(box).to_be_visible()
    look_at(page, axe, "trusted-call-incoming")
    box.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("written down: the patient called the centre")).to_be_visible()
    expect(page.get_by_role("heading", name="The call", exact=True)).to_be_visible()
