from __future__ import annotations

import uuid

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from questionnaires.models import Response
from tests.webapp.patient_room import GREEN, as_form, enter, hidden, make_followed
from triage.models import Assessment


def test_a_form_sent_twice_is_one_report(client: FlaskClient, session: Session) -> None:
    enrolment = make_followed(session)
    enter(client, session, enrolment)
    page = client.get("/fr/checkin").text
    fields = as_form(GREEN, csrf_token=hidden(page, "csrf_token"), key=hidden(page, "key"))

    first, second = (client.post("/fr/checkin/answers", data=fields) for _ in range(2))

    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert session.scalar(select(func.count()).select_from(Response)) == 1
    assert client.get(first.location).status_code == 200
