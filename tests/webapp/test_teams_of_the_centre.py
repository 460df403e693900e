"""Cells: who works in them, whom they follow, handing everybody over, closing and opening again."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from records import clock, teams
from records.audit import SYSTEM
from records.models import Enrolment, Role, Team
from tests.webapp.signing import post, sign_in
from tests.webapp.ward import Ward, enter, open_ward
from triage import callbacks, team_moves
from triage.models import Callback
from webapp import worker

PAGE = "/en/admin/setup/teams"


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


def of(team: Team) -> str:
    return f"{PAGE}/{team.public_id}"


def staffed(ward: Ward) -> Team:
    """Another team, in which somebody calls."""
    made = ward.another_team()
    ward.person(Role.OPERATOR, "Ada Sud", team=made)
    return made


def test_a_cell_says_whom_it_follows_and_how_many_each_caller_has(app: Flask, ward: Ward) -> None:
    client = enter(app, ward, Role.SUPERVISOR, language="en")
    ward.person(Role.OPERATOR)
    for _ in range(3):
        ward.patient()

    page = client.get(of(ward.team)).text

    assert "3 patients followed" in page
    assert "2 patients for each who calls" in page


def test_everybody_goes_over_with_the_calls_that_wait(app: Flask, session: Session, ward: Ward) -> None:
    client, south = enter(app, ward, Role.SUPERVISOR, language="en"), staffed(ward)
    held, free = ward.red(), ward.red()
    callbacks.claim(session, callback=ward.callback(held).public_id, staff=ward.person(Role.OPERATOR), now=clock.now())
    session.commit()

    unsure = post(client, of(ward.team), {"move-to": south.public_id}, to=f"{of(ward.team)}/move")
    moved = post(client, of(ward.team), {"move-to": south.public_id, "move-sure": "y"}, to=f"{of(ward.team)}/move")

    assert (unsure.status_code, moved.status_code) == (422, 302)
    session.expire_all()
    assert {one.team_id for one in (session.get_one(Enrolment, held.id), session.get_one(Enrolment, free.id))} == {
        south.id
    }
    for patient in (held, free):
        callback = ward.callback(patient)
        assert (callback.team_id, callback.claimed_by_id, callback.rank) == (south.id, None, 40)


def test_whoever_holds_a_call_and_works_in_the_new_team_goes_on_with_it(session: Session, ward: Ward) -> None:
    south = ward.another_team()
    nurse = ward.person(Role.OPERATOR)
    nurse.teams.append(south)
    patient = ward.red()
    callbacks.claim(session, callback=ward.callback(patient).public_id, staff=nurse, now=clock.now())

    team_moves.move_all(session, team=ward.team, to=south, actor=SYSTEM, now=clock.now())

    assert ward.callback(patient).claimed_by_id == nurse.id


def test_a_call_that_came_in_during_a_move_follows_its_patient(session: Session, ward: Ward) -> None:
    south, patient = ward.another_team(), ward.red()
    patient.team_id = south.id
    session.commit()

    followed = team_moves.follow_teams(session, now=clock.now())

    session.expire_all()
    assert (followed, ward.callback(patient).team_id) == (1, south.id)
    assert team_moves.follow_teams(session, now=clock.now()) == 0
    assert worker.jobs  # the beat that does it is named in webapp.worker


def test_a_team_is_closed_once_it_follows_nobody_and_then_takes_nobody_in(
    app: Flask, session: Session, ward: Ward
) -> None:
    client, south = enter(app, ward, Role.SUPERVISOR, language="en"), staffed(ward)
    ward.patient()

    post(client, of(ward.team), {}, to=f"{of(ward.team)}/close")
    refused = client.get(of(ward.team)).text
    post(client, of(ward.team), {"move-to": south.public_id, "move-sure": "y"}, to=f"{of(ward.team)}/move")
    post(client, of(ward.team), {}, to=f"{of(ward.team)}/close")
    session.expire_all()
    closed = ward.team.closed_at
    post(client, of(ward.team), {}, to=f"{of(ward.team)}/open")

    assert "This team still follows patients: 1." in refused
    assert closed is not None
    session.expire_all()
    assert ward.team.closed_at is None


def test_patients_do_not_go_into_a_team_that_is_closed(session: Session, ward: Ward) -> None:
    south = ward.another_team()
    teams.close(session, team=south, actor=SYSTEM, now=clock.now())

    with pytest.raises(team_moves.NotThere):
        team_moves.move_all(session, team=ward.team, to=south, actor=SYSTEM, now=clock.now())


def test_patients_do_not_go_where_nobody_calls(session: Session, ward: Ward) -> None:
    south, patient = ward.another_team(), ward.red()
    ward.person(Role.ENROLLER, team=south)

    with pytest.raises(team_moves.NotThere) as refused:
        team_moves.move_all(session, team=ward.team, to=south, actor=SYSTEM, now=clock.now())

    assert "Nobody works in %(team)s who could call." in refused.value.sentence.message
    assert ward.callback(patient).team_id == ward.team.id


def test_the_last_who_calls_stays_while_somebody_is_followed(app: Flask, session: Session, ward: Ward) -> None:
    client, alone = enter(app, ward, Role.SUPERVISOR, language="en"), ward.person(Role.SUPERVISOR)
    ward.red()

    post(client, of(ward.team), {"leaves": alone.public_id}, to=f"{of(ward.team)}/people")

    assert "is the last of Nord who calls" in client.get(of(ward.team)).text
    session.expire_all()
    assert ward.team in alone.teams
    ward.person(Role.OPERATOR)
    post(client, of(ward.team), {"leaves": alone.public_id}, to=f"{of(ward.team)}/people")
    session.expire_all()
    assert ward.team not in alone.teams


def test_people_are_put_into_a_team_and_taken_out(app: Flask, session: Session, ward: Ward) -> None:
    client, nurse = (
        enter(app, ward, Role.SUPERVISOR, language="en"),
        ward.person(Role.OPERATOR, team=ward.another_team()),
    )

    post(client, of(ward.team), {"member-person": nurse.public_id}, to=f"{of(ward.team)}/people")
    session.expire_all()
    joined = [team.name for team in nurse.teams]
    post(client, of(ward.team), {"leaves": nurse.public_id}, to=f"{of(ward.team)}/people")

    assert ward.team.name in joined
    session.expire_all()
    assert ward.team.name not in [team.name for team in nurse.teams]


def test_a_supervisor_does_not_reach_the_team_of_another(app: Flask, session: Session, ward: Ward) -> None:
    client, south = enter(app, ward, Role.SUPERVISOR, language="en"), ward.another_team()

    answers = [client.get(of(south)), post(client, PAGE.removesuffix("/teams"), {}, to=f"{of(south)}/close")]

    assert [answer.status_code for answer in answers] == [404, 404]


def test_an_administrator_sees_every_team(app: Flask, session: Session, ward: Ward) -> None:
    ward.another_team("Est")
    client = sign_in(app, ward.person(Role.ADMINISTRATOR, language="en"))

    assert "Est" in client.get(PAGE).text
    assert session.query(Callback).count() == 0
