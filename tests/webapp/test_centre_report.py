"""The shift report as a page and a file: whose names it tells, and what cannot be asked."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from records import clock
from records.models import Role
from tests.webapp.ward import RED, Ward, enter, minutes, open_ward
from triage.models import Attempt, Disposition


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


def called(ward: Ward, role: str, name: str) -> None:
    patient = ward.patient()
    ward.answer(patient, RED, ago=minutes(9))
    who = ward.person(role, name)
    at = clock.now() - minutes(5)
    ward.session.add(Attempt(callback_id=ward.callback(patient).id, staff_id=who.id, outcome="busy", at=at))
    ward.session.commit()


def day() -> str:
    """Yesterday and today, which the hour at which the test runs cannot cut."""
    today = clock.local_day(clock.now(), "Europe/Paris")
    return f"since={today.replace(day=1):%d/%m/%Y}&since_hour=00:00&until={today:%d/%m/%Y}&until_hour=24:00"


def test_names_are_for_supervisors_and_oneself_for_everybody_else(app: Flask, ward: Ward) -> None:
    called(ward, Role.OPERATOR, "Noa Garnier")
    called(ward, Role.PHYSICIAN, "Ada Payet")

    named = enter(app, ward, Role.SUPERVISOR).get(f"/en/centre/report?{day()}").text
    own = enter(app, ward, Role.PHYSICIAN, "Ada Payet").get(f"/en/centre/report?{day()}").text
    file = enter(app, ward, Role.PHYSICIAN, "Ada Payet").get(f"/en/centre/report.csv?{day()}").text

    assert "Noa Garnier" in named
    assert "Ada Payet" in named
    assert "Noa Garnier" not in own
    assert "All others together" in own
    assert "Noa Garnier" not in file
    assert "people,,,You,,,tried,1" in file


def test_the_file_of_a_supervisor_has_the_names_and_says_its_hours(app: Flask, ward: Ward) -> None:
    called(ward, Role.OPERATOR, "Noa Garnier")

    answer = enter(app, ward, Role.SUPERVISOR).get(f"/en/centre/report.csv?{day()}")

    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    assert "people,,,Noa Garnier,,,tried,1" in answer.text
    assert "times,Nord,red,,,,alerts,1" in answer.text
    assert "shift-" in answer.headers["Content-Disposition"]


def test_another_teams_figures_are_not_told(app: Flask, ward: Ward) -> None:
    south = ward.another_team()
    called(ward, Role.OPERATOR, "Noa Garnier")
    stranger = enter(app, ward, Role.SUPERVISOR, "Sam Sud", team=south)

    assert "times,,red,,,,alerts,0" in stranger.get(f"/en/centre/report.csv?{day()}").text
    refused = stranger.get(f"/en/centre/report?{day()}&team={ward.team.public_id}")
    assert (refused.status_code, "Choose among the choices shown" in refused.text) == (422, True)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("since=2/1/2026&since_hour=00:00&until=1/1/2026&until_hour=00:00", "The end is before the beginning"),
        ("since=1/1/2026&since_hour=00:00&until=1/3/2026&until_hour=00:00", "Choose at most 31 days"),
        ("since=30/2/2026&since_hour=00:00&until=1/3/2026&until_hour=00:00", "Type a day that exists"),
        ("since=&since_hour=00:00&until=&until_hour=00:00", "Type the first day"),
        ("since=1/1/2026&since_hour=25:00&until=1/1/2026&until_hour=24:00", "Choose among the choices shown"),
    ],
)
def test_hours_that_cannot_be_are_refused_with_what_to_do(app: Flask, ward: Ward, address: str, words: str) -> None:
    for page in ("report", "report.csv"):
        answer = enter(app, ward, Role.SUPERVISOR).get(f"/en/centre/{page}?{address}")

        assert (answer.status_code, answer.mimetype) == (422, "text/html")
        assert words in answer.text


@pytest.mark.parametrize("preset", ["shift", "yesterday", "nonsense", ""])
def test_a_preset_fills_the_form_and_shows_its_report(app: Flask, ward: Ward, preset: str) -> None:
    called(ward, Role.OPERATOR, "Noa Garnier")
    answer = enter(app, ward, Role.SUPERVISOR).get(f"/en/centre/report?preset={preset}")

    assert answer.status_code == 200
    assert "Time to the first call" in answer.text


def test_what_was_decided_is_told_with_its_share_and_how_long_it_was_held(app: Flask, ward: Ward) -> None:
    patient = ward.red()
    who, at = ward.person(Role.OPERATOR, "Noa Garnier"), clock.now()
    found = ward.callback(patient).id
    made = Disposition(callback_id=found, staff_id=who.id, kind="advice", details={}, at=at, held_seconds=290)
    ward.session.add(made)
    ward.session.commit()

    page = enter(app, ward, Role.SUPERVISOR).get(f"/en/centre/report?{day()}").text

    assert "Advice given" in page
    assert "100\u00a0%" in page
    assert "4 min" in page
