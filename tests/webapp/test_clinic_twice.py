"""Double clicks on the patient's page: each form that was shown is taken once."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from records.models import Enrolment, Role
from tests.webapp.signing import post
from tests.webapp.ward import Ward, enter, open_ward
from triage.models import Attempt, CallbackState, Disposition


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


def file(enrolment: Enrolment) -> str:
    return f"/fr/patients/{enrolment.public_id}"


def shown(html: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', html)
    assert found is not None
    return found.group(1)


def test_a_double_click_writes_one_call_and_one_decision_and_is_answered_alike(app: Flask, ward: Ward) -> None:
    enrolment = ward.red()
    client = enter(app, ward, Role.PHYSICIAN)
    call = f"/fr/callbacks/{ward.callback(enrolment).public_id}"
    post(client, "/fr/queue", {}, to=f"{call}/claim")
    html = client.get(file(enrolment)).text
    said = {"attempt-outcome": "reached", "attempt-verified": "y", "attempt-key": shown(html, "attempt-key")}

    calls = [post(client, file(enrolment), said, to=f"{call}/attempts").location for _ in range(2)]

    assert calls == [file(enrolment)] * 2
    assert len(ward.session.scalars(sa.select(Attempt)).all()) == 1
    html = client.get(file(enrolment)).text
    assert shown(html, "attempt-key") != said["attempt-key"], "the next call is another one"

    names = ("disposition-key", "disposition-seen")
    decided = {"disposition-kind": "advice"} | {name: shown(html, name) for name in names}
    ends = [post(client, file(enrolment), decided, to=f"{call}/dispositions").location for _ in range(2)]

    assert ends == ["/fr/queue"] * 2
    assert len(ward.session.scalars(sa.select(Disposition)).all()) == 1
    assert ward.callback(enrolment).state == CallbackState.CLOSED


def test_a_form_that_is_shown_again_for_a_mistake_keeps_its_key(app: Flask, ward: Ward) -> None:
    enrolment = ward.red()
    client = enter(app, ward, Role.PHYSICIAN)
    call = f"/fr/callbacks/{ward.callback(enrolment).public_id}"
    post(client, "/fr/queue", {}, to=f"{call}/claim")
    key = shown(client.get(file(enrolment)).text, "attempt-key")

    again = post(client, file(enrolment), {"attempt-key": key, "attempt-note": "x" * 3000}, to=f"{call}/attempts")

    assert (again.status_code, shown(again.text, "attempt-key")) == (422, key)
