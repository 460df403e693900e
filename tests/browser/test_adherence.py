"""The page about adherence in a real browser: no finding of axe, nothing wider than the window."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

import questionnaires.adherence  # noqa: F401 - loads pandas, for which no page waits here
from records import clock
from records.models import Role
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_admin import Axe, come_in, look_at
from tests.webapp.signing import make_person, make_team
from tests.webapp.ward import open_ward

ASKED = """
    INSERT INTO checkins (enrolment_id, local_on, slot, opens_at, closes_at, state, closed_at)
    SELECT e.id, (e.activated_at + day * interval '1 day')::date, 'morning', e.activated_at + day * interval '1 day',
        e.activated_at + day * interval '1 day' + interval '4 hours', s.state,
        e.activated_at + day * interval '1 day' + (20 + (e.id * 7 + day * 13) % 200) * interval '1 minute'
    FROM enrolments e CROSS JOIN generate_series(0, 13) day CROSS JOIN LATERAL (
        SELECT CASE WHEN day > 4 + e.id % 14 OR (e.id + day) % 11 = 0 THEN 'missed' ELSE 'answered' END AS state) s
"""
ANSWERED = """
    INSERT INTO responses (public_id, patient_id, enrolment_id, checkin_id, version_id, key, content_digest, answers,
        door, informant, language, due_at, received_at)
    SELECT gen_random_uuid(), e.patient_id, e.id, c.id, :version, gen_random_uuid(), '', '{}',
        CASE WHEN e.id % 5 = 0 THEN 'staff' ELSE 'phone' END,
        CASE WHEN e.id % 3 = 0 THEN 'carer' ELSE 'patient' END, 'fr', c.opens_at, c.closed_at
    FROM checkins c JOIN enrolments e ON e.id = c.enrolment_id WHERE c.state = 'answered'
"""


@pytest.mark.walk
@pytest.mark.parametrize(("language", "size"), [("fr", PHONE), ("ar", DESKTOP)], ids=["fr-phone", "ar-desktop"])
def test_the_figures_are_whole_at_both_sizes(
    new_context: Callable, session: Session, axe: Axe, language: str, size: dict
) -> None:
    ward = open_ward(session)
    for number in range(24):
        ward.patient(days_ago=16 + number % 9, language=("fr", "ar")[number % 2])
    session.execute(sa.text(ASKED))
    session.execute(sa.text(ANSWERED), {"version": ward.version_id})
    person = make_person(session, role=Role.ADMINISTRATOR, team=make_team(session, "Équipe de nuit"))
    page, mark = new_context(viewport=size).new_page(), f"{language}-{size['width']}"
    come_in(page, person, language)

    page.goto(f"/{language}/adherence?since=1/1/2020&until={clock.now():%d/%m/%Y}")
    look_at(page, axe, f"adherence-refused-{mark}")
    page.goto(f"/{language}/adherence")
    look_at(page, axe, f"adherence-{mark}")

    assert page.locator("figure svg polyline").count() == 3
