"""The centre's board: who may see it, whose teams it is of, and that it stays quiet while nothing changes."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from records import clock
from records.models import Role, StaffSession
from tests.webapp.ward import ORANGE, Ward, enter, open_ward
from triage import callbacks
from triage.drafting_models import RosterHour
from triage.models import Escalation, EscalationKind


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


@pytest.mark.parametrize("address", ["centre", "centre/now", "centre/hours", "centre/report", "centre/report.csv"])
def test_supervisors_and_physicians_watch_the_centre_and_nobody_else(app: Flask, ward: Ward, address: str) -> None:
    seen = {role: enter(app, ward, role).get(f"/en/{address}").status_code for role in Role}

    assert {role for role, status in seen.items() if status == 200} == {Role.SUPERVISOR, Role.PHYSICIAN}
    assert set(seen.values()) == {200, 403}


def test_the_board_is_of_the_readers_own_teams(app: Flask, ward: Ward) -> None:
    south = ward.another_team()
    ward.red()
    ward.red(team=south)

    page = enter(app, ward, Role.SUPERVISOR).get("/en/centre").text

    assert "Open call-backs (" in page
    assert "Nord" in page
    assert "Sud" not in page
    assert number_after(page, "Open call-backs") == "1"


def number_after(page: str, words: str) -> str:
    return page.split(words, 1)[1].split("</bdi>", 1)[0].rpartition(">")[2]


def test_an_unchanged_board_is_not_sent_again_and_a_changed_one_is(app: Flask, ward: Ward) -> None:
    reader = enter(app, ward, Role.SUPERVISOR)
    first = reader.get("/en/centre/now")
    same = reader.get("/en/centre/now", headers={"If-None-Match": first.headers["ETag"]})
    ward.red()
    other = reader.get("/en/centre/now", headers={"If-None-Match": first.headers["ETag"]})

    assert (same.status_code, same.text) == (304, "")
    assert abs(int(same.headers["X-Vigidom-Now"]) - clock.now().timestamp()) < 60
    assert other.status_code == 200
    assert other.headers["ETag"] != first.headers["ETag"]
    french = reader.get("/fr/centre/now", headers={"If-None-Match": other.headers["ETag"]})
    assert french.status_code == 200


def test_whoever_holds_a_call_back_is_shown_with_it_and_no_patient_is_named(app: Flask, ward: Ward) -> None:
    patient = ward.red(family_name="Kervella")
    operator = ward.person(Role.OPERATOR, "Noa Garnier")
    callbacks.claim(ward.session, callback=ward.callback(patient).public_id, staff=operator, now=clock.now())
    ward.session.commit()

    page = enter(app, ward, Role.SUPERVISOR).get("/en/centre").text

    assert "Noa Garnier" in page
    assert f"/en/patients/{patient.public_id}" in page
    assert "not in the last 5 minutes" in page
    assert "KERVELLA" not in page.upper()


def test_whoever_was_seen_lately_is_at_work_and_whoever_was_not_is_not(app: Flask, ward: Ward) -> None:
    reader = enter(app, ward, Role.SUPERVISOR)
    enter(app, ward, Role.OPERATOR, "Noa Garnier")
    gone = ward.person(Role.OPERATOR, "Ida Rossi")
    enter(app, ward, Role.OPERATOR, "Ida Rossi")
    left = sa.update(StaffSession).where(StaffSession.staff_id == gone.id)
    ward.session.execute(left.values(seen_at=clock.now() - timedelta(minutes=6)))
    ward.session.commit()

    page = reader.get("/en/centre").text

    assert "Noa Garnier" in page
    assert "Ida Rossi" not in page


def test_what_was_to_be_told_to_somebody_and_had_nobody_stands_on_top_until_it_is_held(app: Flask, ward: Ward) -> None:
    patient = ward.red()
    found, now = ward.callback(patient), clock.now()
    ward.session.add(
        Escalation(callback_id=found.id, kind=EscalationKind.LATE, clock_at=found.due_at, step=1, staff_id=None, at=now)
    )
    ward.session.commit()
    reader = enter(app, ward, Role.SUPERVISOR)

    before = reader.get("/en/centre/now").text
    callbacks.claim(ward.session, callback=found.public_id, staff=ward.person(Role.OPERATOR), now=now)
    ward.session.commit()

    assert "Late, and nobody could be told" in before
    assert "Late, and nobody could be told" not in reader.get("/en/centre/now").text


def test_without_a_roster_the_page_says_that_nobody_can_say(app: Flask, ward: Ward) -> None:
    ward.red()

    page = enter(app, ward, Role.SUPERVISOR).get("/fr/centre").text

    assert "Personne n’a noté combien" in page


def test_with_a_roster_and_too_few_calls_it_says_that_too(app: Flask, ward: Ward) -> None:
    ward.answer(ward.patient(), ORANGE)
    ward.session.add(RosterHour(programme_id=ward.programme.id, weekday=0, hour=9, callers=2))
    ward.session.commit()

    assert "Too few calls have been made" in enter(app, ward, Role.SUPERVISOR).get("/en/centre/hours").text


def test_before_any_programme_and_team_the_board_is_empty_and_whole(app: Flask, session: Session) -> None:
    from tests.webapp.signing import make_person, sign_in

    reader = sign_in(app, make_person(session, role=Role.SUPERVISOR))

    for address in ("centre", "centre/now", "centre/hours", "centre/report", "centre/report.csv"):
        assert reader.get(f"/en/{address}").status_code == 200, address
