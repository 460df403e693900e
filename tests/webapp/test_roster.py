"""The week of callers: typed in a table, filled in rows, saved once by each who saw the same."""

from __future__ import annotations

import re
from datetime import time

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from records import clock
from records.models import AuditEntry, Programme, Role, Staff
from tests.webapp.signing import make_person, post, sign_in
from triage import roster
from webapp import firstrun

PAGE = "/en/admin/roster"


@pytest.fixture
def programme(session: Session) -> Programme:
    made = firstrun.load_programme(session, clock.now())
    session.commit()
    return made


@pytest.fixture
def supervisor(session: Session, programme: Programme) -> Staff:
    return make_person(session, role=Role.SUPERVISOR, language="en")


def shown(page: str) -> dict[str, str]:
    found = re.findall(r'<input[^>]*name="(c\d-\d+|seen)"[^>]*value="([^"]*)"', page)
    seen = re.findall(r'<input[^>]*value="([^"]*)"[^>]*name="seen"', page)
    return dict(found) | ({"seen": seen[0]} if seen else {})


def save(client: FlaskClient, **changes: str):
    typed = shown(client.get(PAGE).text) | {"act": "save"} | {key.replace("_", "-"): v for key, v in changes.items()}
    return post(client, PAGE, typed, to=PAGE)


def stored(session: Session, programme: Programme) -> dict:
    session.expire_all()
    return roster.roster(session, programme_id=programme.id)


def test_a_supervisor_saves_who_is_at_work_and_sees_it_again(
    app: Flask, session: Session, programme: Programme, supervisor: Staff
) -> None:
    client = sign_in(app, supervisor)

    answer = save(client, c0_8="12", c6_19="٣")

    assert answer.status_code == 302
    assert stored(session, programme) == {(0, 8): 12, (6, 19): 3}
    assert shown(client.get(PAGE).text)["c0-8"] == "12"
    assert session.query(AuditEntry).filter(AuditEntry.canonical.contains(b"roster.changed")).count() == 1


def test_filling_many_hours_changes_the_table_and_saves_nothing(
    app: Flask, session: Session, programme: Programme, supervisor: Staff
) -> None:
    client = sign_in(app, supervisor)
    choice = {"act": "fill", "days": "weekend", "begin": "10", "end": "12", "callers": "4"}

    page = post(client, PAGE, shown(client.get(PAGE).text) | choice, to=PAGE)

    filled = {name for name, value in shown(page.text).items() if value == "4"}
    assert filled == {"c5-10", "c5-11", "c6-10", "c6-11"}
    assert stored(session, programme) == {}


@pytest.mark.parametrize("typed", ["-1", "2.5", "many", "10000"])
def test_what_is_no_number_of_callers_is_marked_and_kept(
    app: Flask, session: Session, programme: Programme, supervisor: Staff, typed: str
) -> None:
    answer = save(sign_in(app, supervisor), c0_8=typed, c1_9="7")

    assert answer.status_code == 422
    assert "Type a whole number of callers" in answer.text
    assert {"c0-8": typed, "c1-9": "7"}.items() <= shown(answer.text).items()
    assert answer.text.count('aria-invalid="true"') == 1
    assert stored(session, programme) == {}


def test_the_second_of_two_who_saw_the_same_week_writes_over_nothing_unseen(
    app: Flask, session: Session, programme: Programme, supervisor: Staff
) -> None:
    other = make_person(session, role=Role.SUPERVISOR, email="other@centre.example", language="en")
    first, second = sign_in(app, supervisor), sign_in(app, other)
    old = shown(second.get(PAGE).text)
    save(first, c0_8="12")

    late = post(second, PAGE, old | {"c0-8": "5", "act": "save"}, to=PAGE)

    assert late.status_code == 422
    assert "Somebody else has changed these hours" in late.text
    assert stored(session, programme) == {(0, 8): 12}
    again = post(second, PAGE, shown(late.text) | {"act": "save"}, to=PAGE)
    assert again.status_code == 302
    assert stored(session, programme) == {(0, 8): 5}


def test_hours_begin_and_end_with_the_centre_also_when_it_closes_in_the_middle_of_one(programme: Programme) -> None:
    programme.opens, programme.closes = time(8, 30), time(19, 15)

    assert list(roster.open_hours(programme)) == list(range(8, 20))


def test_nobody_is_at_work_while_the_centre_is_closed(
    session: Session, programme: Programme, supervisor: Staff
) -> None:
    with pytest.raises(roster.RosterOutOfHours):
        roster.save(
            session, programme=programme, callers={(0, 3): 1}, seen=roster.mark({}), staff=supervisor, now=clock.now()
        )


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ENROLLER])
def test_who_plans_no_shift_does_not_get_in(app: Flask, session: Session, programme: Programme, role: Role) -> None:
    assert sign_in(app, make_person(session, role=role)).get(PAGE).status_code == 403
