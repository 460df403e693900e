"""A patient's file on the clinic's pages, and a call of theirs in hand."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from records import clock
from records.models import Enrolment, Role
from tests.webapp.signing import post
from tests.webapp.ward import Ward, enter
from triage import callbacks
from triage.models import Attempt, Callback


def file(enrolment: Enrolment, language: str = "fr") -> str:
    return f"/{language}/patients/{enrolment.public_id}"


def state(ward: Ward, enrolment: Enrolment) -> str:
    ward.session.expire_all()
    return ward.session.get_one(Enrolment, enrolment.id).state


def call_of(ward: Ward, enrolment: Enrolment) -> str:
    return f"/fr/callbacks/{ward.callback(enrolment).public_id}"


def taken(app: Flask, ward: Ward, role: str = Role.PHYSICIAN, **given: str) -> tuple[FlaskClient, Enrolment, str]:
    """A red call in the hands of the person signed in: browser, patient, address of the call-back."""
    enrolment = ward.red(**given)
    client = enter(app, ward, role)
    call = call_of(ward, enrolment)
    post(client, "/fr/queue", {}, to=f"{call}/claim")
    return client, enrolment, call


def attempts(ward: Ward) -> list[Attempt]:
    return list(ward.session.scalars(sa.select(Attempt), execution_options={"populate_existing": True}))


def let_go(ward: Ward, enrolment: Enrolment, to: str = "") -> None:
    """The claim has ended long ago; `to` is the name of a colleague who has taken the call since."""
    ended = {"claimed_at": clock.now() - timedelta(hours=1), "claim_ends_at": clock.now() - timedelta(minutes=45)}
    ward.session.execute(sa.update(Callback).values(**ended))
    ward.session.commit()
    if to:
        colleague = ward.person(Role.OPERATOR, to)
        about = {"callback": ward.callback(enrolment).public_id, "staff": colleague, "now": clock.now()}
        callbacks.claim(ward.session, **about)
        ward.session.commit()


def reach(client: FlaskClient, enrolment: Enrolment, call: str, outcome: str = "reached", note: str = ""):
    said = {"attempt-outcome": outcome, "attempt-verified": "y", "attempt-note": note}
    return post(client, file(enrolment), said, to=f"{call}/attempts")


def seen(ward: Ward, enrolment: Enrolment) -> str:
    return ",".join(str(alert.public_id) for alert in ward.alerts(enrolment))
