"""The centre's pages in a real browser: fresh by themselves, no finding of axe, nothing wider than the window."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy.orm import Session

from records import clock
from records.models import Programme, Role
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_admin import Axe, come_in, look_at
from tests.webapp.ward import ORANGE, Ward, open_ward
from triage import callbacks
from triage.drafting_models import RosterHour
from triage.models import Attempt, Disposition, Escalation, EscalationKind

TABLET = {"width": 820, "height": 1180}
WIDE = {"width": 1920, "height": 1080}


@pytest.fixture
def ward(session: Session) -> Ward:
    """A centre with something of everything."""
    ward = open_ward(session)
    south, now = ward.another_team("Équipe de nuit"), clock.now()
    supervisor = ward.person(Role.SUPERVISOR, "Maud Lefèvre")
    supervisor.teams.append(south)
    operator = ward.person(Role.OPERATOR, "Noa Garnier")
    for number in range(9):
        patient = ward.patient(team=(ward.team, south)[number % 2])
        ward.answer(patient, ORANGE, ago=timedelta(minutes=37 * number + 3))
    for number in range(3):
        one = ward.red()
        found = ward.callback(one)
        if number:
            callbacks.claim(session, callback=found.public_id, staff=operator, now=now)
        else:
            session.add(
                Escalation(callback_id=found.id, kind=EscalationKind.LATE, clock_at=found.due_at, step=1, at=now)
            )
    for number in range(24):
        one = ward.patient()
        ward.answer(one, ORANGE, ago=timedelta(hours=3 + 9 * number))
        _done(ward, one, number)
    _roster(session, ward.programme)
    session.commit()
    return ward


def _done(ward: Ward, enrolment: object, number: int) -> None:
    found, who = ward.callback(enrolment), ward.person(Role.OPERATOR, ("Noa Garnier", "Ida Rossi")[number % 2])
    at = found.opened_at + timedelta(minutes=4 + 7 * (number % 5))
    ward.session.add(Attempt(callback_id=found.id, staff_id=who.id, outcome="reached", at=at))
    kind = ("advice", "advice", "entry-error", "extra-checkin")[number % 4]
    made = Disposition(
        callback_id=found.id, staff_id=who.id, kind=kind, details={}, at=at, useful=number % 3 > 0, held_seconds=290
    )
    ward.session.add(made)
    ward.session.flush()
    for alert in ward.alerts(enrolment):
        alert.closed_at, alert.disposition_id = at, made.id
    found.state, found.closed_at, found.closed_by_id = "closed", at, who.id


def _roster(session: Session, programme: Programme) -> None:
    for day in range(7):
        for hour in range(24):
            session.add(RosterHour(programme_id=programme.id, weekday=day, hour=hour, callers=2))


@pytest.mark.walk
@pytest.mark.parametrize(
    ("language", "size"),
    [("fr", WIDE), ("en", DESKTOP), ("ar", TABLET), ("fr", PHONE)],
    ids=["fr-wide", "en-desktop", "ar-tablet", "fr-phone"],
)
def test_the_centre_is_whole_at_every_size(
    new_context: Callable, session: Session, ward: Ward, axe: Axe, language: str, size: dict
) -> None:
    page, mark = new_context(viewport=size).new_page(), f"{language}-{size['width']}"
    come_in(page, ward.person(Role.SUPERVISOR, "Maud Lefèvre"), language)

    page.goto(f"/{language}/centre")
    look_at(page, axe, f"centre-{mark}")
    page.goto(f"/{language}/centre/report?preset=yesterday")
    look_at(page, axe, f"centre-report-{mark}")
    page.goto(f"/{language}/centre/report?since=1/1/2026&until=1/1/2025&since_hour=00:00&until_hour=24:00")
    look_at(page, axe, f"centre-report-refused-{mark}")


@pytest.mark.walk
def test_the_board_changes_by_itself_and_says_when_it_is_old(
    new_context: Callable, session: Session, ward: Ward
) -> None:
    page = new_context(viewport=DESKTOP).new_page()
    page.clock.install()
    come_in(page, ward.person(Role.SUPERVISOR, "Maud Lefèvre"), "en")
    page.goto("/en/centre")
    expect(page.locator("#levels")).to_contain_text("(12)")

    ward.red()
    page.clock.run_for(10_500)
    expect(page.locator("#levels")).to_contain_text("(13)")
    page.context.set_offline(True)
    page.clock.run_for(40_000)
    expect(page.locator("#stale")).to_be_visible()
