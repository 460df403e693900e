"""The rota: shifts entered, cancelled and copied by the centre's clock; gaps shown; whoever was paged says so."""

from __future__ import annotations

import re
from datetime import time, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from records import clock
from records.models import Role
from tests.webapp.ward import Ward, enter, open_ward
from triage.duty import escalations
from triage.models import Escalation, Shift

TOMORROW = clock.local_day(clock.now(), "Europe/Paris") + timedelta(days=1)


@pytest.fixture
def ward(session: Session) -> Ward:
    ward = open_ward(session)
    ward.programme.opens, ward.programme.closes = time(8), time(20)
    ward.session.commit()
    return ward


def typed(ward: Ward, client: FlaskClient, **changed: str) -> dict[str, str]:
    doctor = ward.person(Role.PHYSICIAN, "Noé Garnier")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/en/rota").text)
    values = {
        "shift-duty": "on-call",
        "shift-person": str(doctor.public_id),
        "shift-from_on": f"{TOMORROW:%d/%m/%Y}",
        "shift-from_at": "20:00",
        "shift-until_on": f"{TOMORROW + timedelta(days=1):%d/%m/%Y}",
        "shift-until_at": "8h00",
        "csrf_token": token[1] if token else "",
    }
    return values | changed


def enter_shift(ward: Ward, client: FlaskClient, **changed: str) -> object:
    return client.post(
        f"/en/rota/{ward.team.public_id}/shifts", data=typed(ward, client, **changed), follow_redirects=True
    )


def shifts(ward: Ward) -> list[Shift]:
    ward.session.rollback()
    return list(ward.session.scalars(sa.select(Shift).order_by(Shift.id)))


def test_a_shift_across_midnight_is_entered_by_the_clock_of_the_centre_and_shown_on_both_days(
    app: Flask, ward: Ward
) -> None:
    client = enter(app, ward, Role.SUPERVISOR)
    answer = enter_shift(ward, client)

    assert "The shift is entered." in answer.text
    (made,) = shifts(ward)
    assert made.from_at == clock.instant(TOMORROW, time(20), ward.programme.zone)
    assert made.until_at == clock.instant(TOMORROW + timedelta(days=1), time(8), ward.programme.zone)
    assert answer.text.count("Noé Garnier") >= (2 if TOMORROW.weekday() < 6 else 1)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"shift-person": "nobody"}, "Choose among the choices shown"),
        ({"shift-from_at": "25:00"}, "Type an hour, for example 20:00"),
        ({"shift-from_on": "31/02/2026"}, "Type a day that exists"),
        ({"shift-until_on": "01/01/2026"}, "A shift ends after it begins"),
        ({"shift-until_on": "01/01/2199"}, "14 days at most"),
        ({"shift-from_on": "01/01/2026", "shift-until_on": "03/01/2026"}, "This shift would be over already"),
    ],
)
def test_what_cannot_be_entered_is_said_and_what_was_typed_stays(
    app: Flask, ward: Ward, changed: dict[str, str], said: str
) -> None:
    client = enter(app, ward, Role.SUPERVISOR)
    answer = enter_shift(ward, client, **changed)

    assert (answer.status_code, shifts(ward)) == (422, [])
    assert said in answer.text
    assert 'value="8h00"' in answer.text


def test_an_operator_leads_and_is_not_on_call(app: Flask, ward: Ward) -> None:
    client, operator = enter(app, ward, Role.SUPERVISOR), ward.person(Role.OPERATOR, "Zoé Payet")
    refused = enter_shift(ward, client, **{"shift-person": str(operator.public_id)})
    assert "Only a physician can be on call" in refused.text
    taken = enter_shift(ward, client, **{"shift-person": str(operator.public_id), "shift-duty": "lead"})
    assert taken.status_code == 200
    assert [shift.duty for shift in shifts(ward)] == ["lead"]


def test_hours_that_nobody_covers_are_marked_until_somebody_does(app: Flask, ward: Ward) -> None:
    client = enter(app, ward, Role.SUPERVISOR)
    monday = TOMORROW - timedelta(days=TOMORROW.weekday()) + timedelta(days=7)
    address = f"/en/rota?week={monday}"
    assert "8 gaps this week" in client.get(address).text, "each night, the first and the last cut by the week"

    hours = {"shift-from_on": f"{monday:%d/%m/%Y}", "shift-until_on": f"{monday + timedelta(days=1):%d/%m/%Y}"}
    enter_shift(ward, client, **hours)
    assert "7 gaps this week" in client.get(address).text


def test_a_cancelled_shift_leaves_the_page_and_stays_on_record(app: Flask, ward: Ward) -> None:
    client = enter(app, ward, Role.SUPERVISOR)
    enter_shift(ward, client)
    (made,) = shifts(ward)
    token = typed(ward, client)["csrf_token"]
    path = f"/en/rota/shifts/{made.public_id}/cancel"

    assert client.post(path, data={"csrf_token": token}).status_code == 302
    assert client.post(path, data={"csrf_token": token}).status_code == 404, "cancelled already"
    (kept,) = shifts(ward)
    assert kept.cancelled_at is not None
    assert kept.cancelled_by_id == ward.person(Role.SUPERVISOR).id


def test_the_week_before_is_copied_once_at_the_same_hours(app: Flask, ward: Ward) -> None:
    client = enter(app, ward, Role.SUPERVISOR)
    enter_shift(ward, client)
    monday = TOMORROW - timedelta(days=TOMORROW.weekday()) + timedelta(days=7)
    sent = {"csrf_token": typed(ward, client)["csrf_token"], "week": monday.isoformat()}
    path = f"/en/rota/{ward.team.public_id}/copy"

    assert "1 shift was copied" in client.post(path, data=sent, follow_redirects=True).text
    assert "nothing to copy" in client.post(path, data=sent, follow_redirects=True).text
    first, second = shifts(ward)
    assert clock.local(second.from_at, "Europe/Paris").time() == time(20)
    assert clock.local_day(second.from_at, "Europe/Paris") == TOMORROW + timedelta(days=7)
    assert first.staff_id == second.staff_id


def test_everybody_of_the_team_reads_it_and_only_supervisors_change_it(app: Flask, ward: Ward) -> None:
    enter_shift(ward, enter(app, ward, Role.SUPERVISOR))
    read = enter(app, ward, Role.OPERATOR).get("/en/rota").text
    assert "Enter a shift" not in read
    assert enter(app, ward, Role.ENROLLER).get("/en/rota").status_code == 403


def test_a_team_that_is_not_ones_own_gets_no_shift(app: Flask, ward: Ward) -> None:
    other, client = ward.another_team(), enter(app, ward, Role.SUPERVISOR)
    answer = client.post(f"/en/rota/{other.public_id}/shifts", data=typed(ward, client))
    assert (answer.status_code, shifts(ward)) == (404, [])


@pytest.mark.parametrize("week", ["", "9999-12-31", "0001-01-01", "yesterday", "2026-02-31"])
def test_a_week_that_no_calendar_has_is_this_one(app: Flask, ward: Ward, week: str) -> None:
    page = enter(app, ward, Role.OPERATOR).get(f"/en/rota?week={week}")
    assert page.status_code == 200
    assert str(TOMORROW.year) in page.text or str(TOMORROW.year - 1) in page.text


def test_whoever_was_paged_opens_the_link_and_says_that_they_are_on_it(app: Flask, ward: Ward) -> None:
    ward.programme.opens, ward.programme.closes = time(0), time(23, 59)
    supervisor, patient = ward.person(Role.SUPERVISOR), ward.red()
    late = ward.callback(patient).due_at
    ward.session.execute(sa.text("UPDATE callbacks SET due_at = :then"), {"then": clock.now() - timedelta(minutes=5)})
    escalations.escalate(ward.session, now=clock.now())
    ward.session.commit()
    asked = ward.session.scalars(sa.select(Escalation)).one()
    client = enter(app, ward, Role.SUPERVISOR)
    page = client.get(f"/en/p/{asked.public_id}").text

    assert late
    assert asked.staff_id == supervisor.id
    assert "Late call" in page
    assert "Who has been told" in page
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    answer = client.post(f"/en/p/{asked.public_id}/answer", data={"csrf_token": token[1] if token else ""})
    assert answer.headers["Location"].endswith(f"/patients/{patient.public_id}")
    ward.session.rollback()
    assert ward.session.scalars(sa.select(Escalation.acknowledged_at)).one() is not None
    assert enter(app, ward, Role.PHYSICIAN).get(f"/en/p/{asked.public_id}").status_code == 200
