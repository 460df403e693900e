"""The pages about the worth of rules in a real browser: no finding of axe, nothing wider than the window."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from records import clock
from records.models import Role
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_admin import Axe, come_in, look_at
from tests.triage.scene import Scene
from tests.triage.worth_population import call, event, person, reading
from tests.webapp.signing import make_person
from tests.webapp.ward import Ward, open_ward

DAY = timedelta(days=1)
RULES = ("spo2_red", "spo2_orange", "temperature_orange_high", "respiratory_rate_red_high", "?")
KINDS = ("ambulance", "advice", "entry-error", "gp", "advice")


def populated(ward: Ward) -> None:
    """Two months of thirty patients: the lower the reading, the more often an event follows."""
    scene, now = Scene(ward.session, ward.programme, ward.team, ward.version_id, ward.patient()), clock.now()
    for number in range(30):
        one = person(scene, now=now - 58 * DAY, onset_on=None)
        worst = 86 + number * 7 % 12
        for step in range(6):
            at = now - (12 + step * 7 + number % 3) * DAY
            reading(scene, one, "spo2", str(min(worst + step * 2, 99)), at)
        if worst < 94 and number % 5:
            event(scene, one, (now - (8 + number % 3) * DAY).date())
        for step in range(number % 4):
            kind, rule = KINDS[(number + step) % 5], RULES[(number * 2 + step) % 5]
            rank = 40 if rule == "spo2_red" else 30
            call(scene, one, [rule], at=now - (9 + step * 5) * DAY, kinds=(kind,), seconds=180 + 30 * number, rank=rank)
    for step in range(6):
        reading(scene, scene.enrolment, "spo2", "92", now - (12 + step) * DAY)
    ward.session.commit()


@pytest.mark.walk
@pytest.mark.parametrize(
    ("language", "size"),
    [("fr", PHONE), ("en", PHONE), ("fr", DESKTOP), ("en", DESKTOP), ("ar", DESKTOP)],
    ids=["fr-phone", "en-phone", "fr-desktop", "en-desktop", "ar-desktop"],
)
def test_the_worth_of_rules_is_whole_at_both_sizes(
    new_context: Callable, session: Session, axe: Axe, language: str, size: dict
) -> None:
    ward = open_ward(session)
    populated(ward)
    person_ = make_person(session, role=Role.PHYSICIAN, team=ward.team)
    page, mark = new_context(viewport=size).new_page(), f"{language}-{size['width']}"
    come_in(page, person_, language)

    page.goto(f"/{language}/admin/protocol/worth?since=1/1/2020&until={clock.now():%d/%m/%Y}")
    look_at(page, axe, f"worth-refused-{mark}")
    page.goto(f"/{language}/admin/protocol/worth")
    look_at(page, axe, f"worth-{mark}")
    page.locator("main a[href*='worth/spo2_red']").click()
    look_at(page, axe, f"worth-limit-{mark}")
    assert page.locator("figure svg polyline").count() == 1
    page.locator("main a[href*='set=spo2_red']").first.click()

    assert page.locator("[name=limit_spo2_red]").input_value() != "92"
