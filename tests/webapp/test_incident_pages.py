"""The pages of incidents: who waits by risk, claiming from there, raising one; within one's teams."""

from __future__ import annotations

import csv
import io
import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from records import clock
from records.models import Role
from tests.webapp.patient_room import hidden
from tests.webapp.ward import Ward, enter, open_ward
from triage import incidents, jobs
from triage.models import Callback, Incident

HOUR = timedelta(hours=1)


@pytest.fixture
def ward(session: Session) -> Ward:
    """Two silent patients, one of whom lives alone, and a supervisor's incident of both."""
    made = open_ward(session)
    for alone in (False, True):
        made.missed(made.patient(lives_alone=alone, days_ago=2), ago=5 * HOUR)
    raise_one(made)
    return made


def raise_one(ward: Ward) -> None:
    now = clock.now()
    jobs.raise_silences(ward.session, now=now)
    about = {"programme": ward.programme, "staff": ward.person(Role.SUPERVISOR), "now": now}
    incidents.raise_by_hand(ward.session, began_at=now - 6 * HOUR, **about)
    incidents.run(ward.session, now=now)
    ward.session.commit()


def incident(ward: Ward) -> uuid.UUID:
    return ward.session.scalars(sa.select(Incident.public_id)).one()


def test_an_incident_lists_its_patients_by_risk_with_cause_and_deadline(app: Flask, ward: Ward) -> None:
    page = enter(app, ward, Role.OPERATOR).get(f"/en/incidents/{incident(ward)}")

    assert page.status_code == 200
    rows = page.text.split("<tbody>")[1].split("<tr>")[1:]
    assert len(rows) == 2
    assert "Lives alone" in rows[0]
    assert "Lives alone" not in rows[1]
    assert all("No text was sent: the service was not at work" in row and " left" in row for row in rows)
    assert "0 of 2 heard of or reached" in page.text


def test_a_patient_of_an_incident_is_claimed_from_its_page_and_stands_with_its_holder(app: Flask, ward: Ward) -> None:
    browser = enter(app, ward, Role.OPERATOR)
    page = browser.get(f"/en/incidents/{incident(ward)}").text
    callback = ward.session.scalars(sa.select(Callback.public_id).order_by(Callback.rank.desc())).first()

    token = {"csrf_token": hidden(page, "csrf_token")}
    assert browser.post(f"/en/callbacks/{callback}/claim", data=token).status_code == 302

    row = browser.get(f"/en/incidents/{incident(ward)}").text.split("<tbody>")[1].split("<tr>")[1]
    assert ward.person(Role.OPERATOR).name in row
    assert "/claim" not in row


def test_another_teams_patients_are_not_listed_nor_counted(app: Flask, ward: Ward) -> None:
    south = ward.another_team()
    browser = enter(app, ward, Role.OPERATOR, "Soline Sud", team=south)

    page = browser.get(f"/en/incidents/{incident(ward)}").text
    file = browser.get(f"/en/incidents/{incident(ward)}.csv").text

    assert "None of your patients is in this incident yet." in page
    assert len(file.splitlines()) == 1


def test_the_list_leads_to_each_incident_and_a_supervisor_raises_one(app: Flask, ward: Ward) -> None:
    browser = enter(app, ward, Role.SUPERVISOR)
    page = browser.get("/en/incidents").text
    assert f"/en/incidents/{incident(ward)}" in page

    form = {"csrf_token": hidden(page, "csrf_token"), "programme": ward.programme.slug, "since": "12"}
    raised = browser.post("/en/incidents", data=form)

    assert raised.status_code == 303
    assert raised.headers["Location"].endswith(f"/en/incidents/{incident(ward)}"), "the one that stands takes it in"
    wrong = browser.post("/en/incidents", data=form | {"since": "1000"})
    assert wrong.status_code == 422


def test_an_operator_reads_incidents_and_raises_none(app: Flask, ward: Ward) -> None:
    browser = enter(app, ward, Role.OPERATOR)
    page = browser.get("/en/incidents").text

    assert "Raise an incident" not in page
    assert (
        browser.post(
            "/en/incidents", data={"csrf_token": hidden(browser.get("/en/queue").text, "csrf_token")}
        ).status_code
        == 403
    )


def test_the_file_holds_every_patient_without_a_name(app: Flask, ward: Ward) -> None:
    answer = enter(app, ward, Role.SUPERVISOR).get(f"/en/incidents/{incident(ward)}.csv")

    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row["level"] for row in rows] == ["silent_urgent", "silent"]
    assert {row["cause"] for row in rows} == {"not-sent"}
    assert not any(row["settled_by"] for row in rows)


def test_an_incident_that_is_none_is_not_found(app: Flask, ward: Ward) -> None:
    browser = enter(app, ward, Role.OPERATOR)

    for path in (f"/en/incidents/{uuid.uuid4()}", f"/en/incidents/{uuid.uuid4()}.csv"):
        answer = browser.get(path)
        assert (answer.status_code, "There is no such incident" in answer.text) == (404, True)
    assert browser.get(f"/en/incidents/{incident(ward)}?page=900").status_code == 200
    assert browser.get(f"/en/incidents/{incident(ward)}?page=x").status_code == 200
