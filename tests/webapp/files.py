"""A patient's file on the clinic's pages, and a call of theirs in hand."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from records.models import Enrolment, Role
from tests.webapp.signing import post
from tests.webapp.ward import Ward, enter


def file(enrolment: Enrolment, language: str = "fr") -> str:
    return f"/{language}/patients/{enrolment.public_id}"


def state(ward: Ward, enrolment: Enrolment) -> str:
    ward.session.expire_all()
    return ward.session.get_one(Enrolment, enrolment.id).state


def taken(app: Flask, ward: Ward, role: str = Role.PHYSICIAN) -> tuple[FlaskClient, Enrolment, str]:
    """A red call in the hands of the person signed in: browser, patient, address of the call-back."""
    enrolment = ward.red()
    client = enter(app, ward, role)
    call = f"/fr/callbacks/{ward.callback(enrolment).public_id}"
    post(client, "/fr/queue", {}, to=f"{call}/claim")
    return client, enrolment, call


def reach(client: FlaskClient, enrolment: Enrolment, call: str, outcome: str = "reached", note: str = ""):
    said = {"attempt-outcome": outcome, "attempt-verified": "y", "attempt-note": note}
    return post(client, file(enrolment), said, to=f"{call}/attempts")


def seen(ward: Ward, enrolment: Enrolment) -> str:
    return ",".join(str(alert.public_id) for alert in ward.alerts(enrolment))
