"""The page and the file of mistaken answers; what the phone says of opened instructions."""

from __future__ import annotations

import csv
import uuid
from io import StringIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires.models import Response
from records import clock
from records.models import Role
from tests.webapp.patient_room import GREEN, as_json, make_followed
from tests.webapp.patient_room import enter as enter_patient
from tests.webapp.ward import ORANGE, Ward, enter, open_ward
from triage import callbacks
from triage.models import DispositionKind
from webapp.patient import reception

PAGE = "/en/admin/protocol/entry-errors"


@pytest.fixture
def ward(session: Session) -> Ward:
    """One alert that a caller found to be a mistake."""
    made = open_ward(session)
    enrolment = made.patient()
    made.answer(enrolment, ORANGE)
    about = {"callback": made.callback(enrolment).public_id, "staff": made.person(Role.OPERATOR), "now": clock.now()}
    callbacks.add_attempt(session, outcome="reached", verified=True, **about)
    seen = [alert.public_id for alert in made.alerts(enrolment)]
    callbacks.dispose(session, kind=DispositionKind.ENTRY_ERROR, seen_alerts=seen, **about)
    session.commit()
    return made


def test_the_page_counts_by_question(app: Flask, ward: Ward) -> None:
    html = enter(app, ward, Role.ADMINISTRATOR).get(PAGE).text

    row = html.partition(">Temperature</th>")[2].partition("</tr>")[0]
    assert "1/1" in row
    assert "too few" in row


def test_the_file_has_the_same_counts(app: Flask, ward: Ward) -> None:
    answer = enter(app, ward, Role.ADMINISTRATOR).get(f"{PAGE}.csv")

    rows = list(csv.DictReader(StringIO(answer.data.decode("utf-8-sig"))))
    warm = next(row for row in rows if row["question"] == "temperature")
    assert (warm["all_mistaken"], warm["all_answers"], warm["unknown_answers"]) == ("1", "1", "1")
    assert warm["seen_low"] == ""
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")


@pytest.mark.parametrize("address", [PAGE, f"{PAGE}.csv"])
def test_days_that_cannot_be_read_are_asked_again(app: Flask, ward: Ward, address: str) -> None:
    browser = enter(app, ward, Role.SUPERVISOR)

    assert browser.get(f"{address}?since=2026-03-02&until=2026-03-01").status_code == 422
    assert enter(app, ward, Role.OPERATOR).get(address).status_code == 403


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"how_to": ["temperature", "no-such", 7, "heart-rate"]}, ["heart-rate", "temperature"]),
        ({"how_to": []}, []),
        ({"how_to": "temperature"}, None),
        ({}, None),
    ],
)
def test_the_phone_says_whose_instructions_were_opened(
    client: FlaskClient, session: Session, said: dict[str, object], kept: list[str] | None
) -> None:
    enrolment = make_followed(session)
    enter_patient(client, session, enrolment)
    body = {"owner": reception.owner_of(enrolment), "version": "1.0.0", "language": "fr", "answers": as_json(GREEN)}
    headers = {"Sec-Fetch-Site": "same-origin", "Idempotency-Key": str(uuid.uuid4())}

    assert client.post("/api/answers", json=body | said, headers=headers).status_code == 201

    found = session.scalars(select(Response.how_to)).one()
    assert (sorted(found) if found is not None else None) == kept
