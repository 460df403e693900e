"""A centre that makes the calls for its callers, and one call through it from asking to its end."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications import voice
from notifications.providers import Outcome, OutcomeKind
from notifications.providers.voice import Leg
from records import clock
from records.audit import SYSTEM
from records.models import Enrolment, Role
from records.staff import telephones
from tests.webapp.test_hooks import door, post  # noqa: F401 - fixtures
from tests.webapp.ward import Ward, enter
from triage import callbacks
from triage.models import BridgedCall

OWN = "+33612000001"


def calling(app: Flask, ward: Ward, patient: Enrolment) -> FlaskClient:
    """An operator of a centre that calls for them, with the patient's call-back in hand."""
    ward.programme.calls_by, ward.programme.shown_number = "bridge", "+33155667788"
    staff = ward.person(Role.OPERATOR)
    telephones.set_phone(ward.session, staff=staff, typed=OWN, actor=SYSTEM, now=clock.now())
    callbacks.claim(ward.session, callback=ward.callback(patient).public_id, staff=staff, now=clock.now())
    ward.session.commit()
    return enter(app, ward, Role.OPERATOR)


def page(client: FlaskClient, enrolment: Enrolment) -> str:
    answer = client.get(f"/en/patients/{enrolment.public_id}")
    assert answer.status_code == 200
    return answer.text


def send(client: FlaskClient, enrolment: Enrolment, path: str, **data: str) -> str:
    token = re.search(r'name="csrf_token" (?:type="hidden" )?value="([^"]+)"', client.get("/en/patients").text)
    assert token is not None
    answer = client.post(path, data={"csrf_token": token[1], **data}, follow_redirects=True)
    assert answer.status_code == 200
    return answer.text


def bridge(client: FlaskClient, ward: Ward, enrolment: Enrolment, tail: str = "", **data: str) -> str:
    path = f"/en/callbacks/{ward.callback(enrolment).public_id}/bridge{tail}"
    return send(client, enrolment, path, **data)


def last(session: Session) -> BridgedCall:
    session.rollback()
    return session.scalars(select(BridgedCall).order_by(BridgedCall.id.desc()).limit(1)).one()


def asked(ward: Ward, patient: Enrolment) -> BridgedCall:
    staff, public_id = ward.person(Role.OPERATOR), ward.callback(patient).public_id
    made = voice.ask(ward.session, callback=public_id, staff=staff, called="patient", now=clock.now())
    ward.session.commit()
    return made


def settled(ward: Ward, call: BridgedCall, outcome: Outcome) -> BridgedCall:
    voice.settle(ward.session, public_id=call.public_id, outcome=outcome, now=clock.now())
    ward.session.commit()
    return last(ward.session)


def speaking(ward: Ward, patient: Enrolment) -> BridgedCall:
    """A call in which the operator and the patient speak."""
    call = settled(ward, asked(ward, patient), Outcome(OutcomeKind.ACCEPTED, provider_id="CA1"))
    voice.hear(ward.session, public_id=call.public_id, leg=Leg.CALLED, status="in-progress", now=clock.now())
    ward.session.commit()
    return call


def take_over(ward: Ward, patient: Enrolment, role: str = Role.PHYSICIAN) -> None:
    staff = ward.person(role)
    telephones.set_phone(ward.session, staff=staff, typed="+33612000009", actor=SYSTEM, now=clock.now())
    callbacks.take_over(ward.session, callback=ward.callback(patient).public_id, staff=staff, now=clock.now())
    ward.session.commit()
