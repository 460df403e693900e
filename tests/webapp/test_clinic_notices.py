"""What a file says by itself when the usual limits or the usual hours do not fit its patient."""

from __future__ import annotations

from datetime import time
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from records import clock
from records.models import Enrolment, Role
from tests.webapp.ward import Ward, enter, open_ward
from triage import followup

OWN_LIMITS = "needs limits of its own, and none is in force"
CLOSED = "the centre is closed when a silence of this patient is to be called"


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


def page(app: Flask, ward: Ward, enrolment: Enrolment) -> str:
    return enter(app, ward).get(f"/en/patients/{enrolment.public_id}").text


@pytest.mark.parametrize(("conditions", "told"), [(["home-oxygen"], True), (["diabetes"], False)])
def test_a_condition_that_needs_own_limits_is_told_for_as_long_as_there_are_none(
    app: Flask, ward: Ward, conditions: list[str], told: bool
) -> None:
    enrolment = ward.patient()
    enrolment.conditions = conditions
    ward.session.commit()
    assert (OWN_LIMITS in page(app, ward, enrolment)) is told

    how = {"physician": ward.person(Role.PHYSICIAN), "reason": "usually 90 %", "now": clock.now()}
    limits = {"spo2_red": Decimal(86), "spo2_orange": Decimal(88), "spo2_first": Decimal(88)}
    followup.set_own_limits(ward.session, enrolment=enrolment, limits=limits, **how)
    ward.session.commit()
    assert OWN_LIMITS not in page(app, ward, enrolment)


@pytest.mark.parametrize(("zone", "told"), [("Europe/Paris", False), ("America/Martinique", True)])
def test_a_zone_whose_silences_fall_into_the_night_of_the_centre_is_told(
    app: Flask, ward: Ward, zone: str, told: bool
) -> None:
    ward.programme.opens, ward.programme.closes = time(8), time(20)
    ward.session.commit()

    assert (CLOSED in page(app, ward, ward.patient(zone=zone))) is told
