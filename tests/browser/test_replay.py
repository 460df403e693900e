"""A version on real answers, and the week of callers, in a real browser: no finding of axe, nothing wider than it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from records import clock
from records.models import Role
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_admin import Axe, come_in, look_at
from tests.webapp.ward import ORANGE, RED, WELL, open_ward
from triage import outcomes, protocols, replay, roster
from triage.outcome_models import OutcomeKind, OutcomeSource


@pytest.mark.walk
@pytest.mark.parametrize(("language", "size"), [("fr", PHONE), ("en", DESKTOP)], ids=["fr-phone", "en-desktop"])
def test_a_replay_and_the_callers_are_whole_at_both_sizes(
    new_context: Callable, session: Session, engine: sa.Engine, axe: Axe, language: str, size: dict
) -> None:
    ward = open_ward(session)
    for number in range(18):
        enrolment = ward.patient()
        for hours in range(5):
            answers = (WELL, ORANGE, WELL, RED)[(number + hours) % 4]
            ward.answer(enrolment, answers, ago=timedelta(hours=27 * (5 - hours) + number))
        if number in (1, 5):
            day = clock.local_day(clock.now(), ward.programme.zone)
            said = {"kind": OutcomeKind.ADMITTED, "on_day": day, "source": OutcomeSource.IMPORT, "now": clock.now()}
            outcomes.record(session, enrolment_id=enrolment.id, **said)
    supervisor, physician = ward.person(Role.SUPERVISOR), ward.person(Role.PHYSICIAN)
    week = {(day, hour): 1 for day in range(7) for hour in range(8, 20)}
    saving = {"callers": week, "seen": roster.mark({}), "staff": supervisor, "now": clock.now()}
    roster.save(session, programme=ward.programme, **saving)
    first = protocols.versions(session, slug=ward.programme.slug)[0]
    loose = {"temperature_orange_high": Decimal("39.5"), "spo2_red": Decimal(88)}
    made = protocols.new_version(
        session,
        based_on=first,
        limits=loose,
        reason="Too many calls",
        author=ward.person(Role.ADMINISTRATOR),
        now=clock.now(),
    )
    session.commit()
    replay.run_waiting(sessionmaker(engine), clock.now())
    page, mark = new_context(viewport=size).new_page(), f"{language}-{size['width']}"
    come_in(page, physician, language)

    page.goto(f"/{language}/admin/protocol/{made.public_id}/replay")
    look_at(page, axe, f"replay-{mark}")
    page.click("details summary")
    look_at(page, axe, f"replay-table-{mark}")
    page.goto(f"/{language}/admin/roster")
    page.fill("#callers", "3")
    page.click("button[value=fill]")
    look_at(page, axe, f"roster-{mark}")

    assert page.locator("input[value='3']").count() > 50
