"""The page about adherence, its file and its command: whose figures, in which words, and what is not told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy.orm import Session

from questionnaires.models import Checkin, CheckinState
from records import clock
from records.models import Role, Team
from tests.webapp.signing import make_person, sign_in
from tests.webapp.ward import Ward, enter, open_ward
from webapp import config
from webapp.cli import vigidom
from webapp.clinic import adherence


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


def followed(ward: Ward, many: int, team: Team | None = None, **given: Any) -> None:
    """Patients who were asked five days ago and on the next day: the first they answered."""
    for _ in range(many):
        enrolment = ward.patient(team=team or ward.team, **given)
        for days, state in ((5, CheckinState.ANSWERED), (4, CheckinState.MISSED)):
            opens_at = clock.now() - timedelta(days=days)
            ward.session.add(
                Checkin(
                    enrolment_id=enrolment.id,
                    slot="morning",
                    local_on=opens_at.date(),
                    opens_at=opens_at,
                    closes_at=opens_at + timedelta(hours=4),
                    state=state,
                    closed_at=opens_at + timedelta(hours=1),
                )
            )
    ward.session.commit()


def test_the_page_tells_of_the_readers_own_teams_only(app: Flask, ward: Ward) -> None:
    south = ward.another_team()
    followed(ward, 5)
    followed(ward, 6, team=south)

    page = enter(app, ward, Role.SUPERVISOR).get("/en/adherence").text
    other = enter(app, ward, Role.SUPERVISOR, "Sam Sud", team=south).get("/en/adherence").text
    whole = enter(app, ward, Role.ADMINISTRATOR).get("/en/adherence").text

    assert "Nord" in page
    assert "Sud" not in page
    assert [asked_in(text) for text in (page, other, whole)] == ["10", "12", "22"]


def asked_in(page: str) -> str:
    return page.split("Questionnaires asked</dt><dd>", 1)[1].split("</bdi>", 1)[0].rpartition(">")[2]


def test_another_teams_name_in_the_address_is_refused(app: Flask, ward: Ward) -> None:
    south = ward.another_team()
    followed(ward, 6, team=south)

    answer = enter(app, ward, Role.PHYSICIAN).get(f"/en/adherence.csv?team={south.public_id}")

    assert (answer.status_code, answer.mimetype) == (422, "text/html")
    assert "Choose among the choices shown" in answer.text


def test_fewer_than_five_patients_are_not_told_of(app: Flask, ward: Ward) -> None:
    followed(ward, 4)

    page = enter(app, ward).get("/en/adherence").text

    assert asked_in(page) == "–"
    assert "100" not in page.split("<h2", 1)[1].split("<figure")[0]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("since=1/2/2026&until=1/1/2026", "The last day is before the first"),
        ("since=1/1/2020&until=1/1/2026", "Choose a year at the most"),
        ("since=30/2/2026&until=1/3/2026", "Type a day that exists"),
        ("programme=none", "Choose among the choices shown"),
        ("since=&until=", "Type the first day"),
    ],
)
def test_a_period_that_cannot_be_is_refused_with_what_to_do(app: Flask, ward: Ward, address: str, words: str) -> None:
    answer = enter(app, ward).get(f"/en/adherence?{address}")

    assert answer.status_code == 422
    assert words in answer.text


def test_a_page_does_not_wait_for_too_many(app: Flask, ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    followed(ward, 2)
    monkeypatch.setattr(adherence, "MOST", 1)

    answer = enter(app, ward).get("/fr/adherence")

    assert answer.status_code == 422
    assert "Plus de 1 suivis" in answer.text


def test_before_any_programme_is_loaded_the_page_says_so(app: Flask, session: Session) -> None:
    reader = sign_in(app, make_person(session, role=Role.PHYSICIAN))

    for address in ("adherence", "adherence.csv"):
        assert "No programme is loaded yet" in reader.get(f"/en/{address}").text


def test_a_period_in_which_nobody_was_asked_is_no_error(app: Flask, ward: Ward) -> None:
    answer = enter(app, ward).get("/fr/adherence")

    assert answer.status_code == 200
    assert "aucun questionnaire n’est arrivé à son terme" in answer.text


def test_the_page_is_whole_in_arabic(app: Flask, ward: Ward) -> None:
    followed(ward, 6)

    page = enter(app, ward).get("/ar/adherence").text

    assert "الانتظام في الإجابة" in page
    assert '<bdi class="vd-nowrap" dir="ltr">50\u00a0%</bdi>' in page


def test_the_file_has_the_pages_figures_for_a_spreadsheet(app: Flask, ward: Ward) -> None:
    named = ward.another_team("=1+1")
    followed(ward, 5, team=named)

    answer = enter(app, ward, Role.ADMINISTRATOR).get("/fr/adherence.csv")

    assert answer.headers["Content-Disposition"].startswith('attachment; filename="adherence-covid-19-')
    assert answer.data.startswith(b"\xef\xbb\xbfbreakdown,key,name,enrolments,asked,in_time,late,missed,")
    lines = answer.text.splitlines()
    assert lines[1].startswith("all,,,5,10,5,0,5,")
    assert f"team,{named.id},'=1+1,5,10,5,0,5," in answer.text


def test_the_command_prints_the_same_figures(app: Flask, ward: Ward, command: Callable[..., str]) -> None:
    followed(ward, 5)
    since = (clock.now() - timedelta(days=30)).date().isoformat()

    table = command("adherence", "--programme", "covid-19", "--from", since, "--synthetic", "--csv")

    assert "all,,,5,10,5,0,5," in table
    real = command("adherence", "--programme", "covid-19", "--from", since)
    assert "enrolments" in real
    assert "all" not in real, "nobody but synthetic patients is followed"


@pytest.fixture
def command(app: Flask, settings: config.Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.setattr("webapp.commanding.config.read", lambda: settings)

    def run(*words: str) -> str:
        told = CliRunner().invoke(vigidom, words, catch_exceptions=False)
        assert told.exit_code == 0, told.output
        return told.output

    return run
