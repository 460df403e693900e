"""What staff reads of what a patient asked for: a call, a later reminder, no more texts, and who said so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from notifications import departures
from records import clock, contacts, patients
from records.audit import Actor
from records.models import Enrolment, Role
from tests.webapp.patient_room import make_checkin
from tests.webapp.ward import Ward, enter, open_ward
from triage import asked

HOUR = timedelta(hours=1)


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


@pytest.fixture
def read(app: Flask, ward: Ward) -> Callable[[str], str]:
    browser = enter(app, ward, Role.PHYSICIAN)
    return lambda page: unescape(browser.get(f"/en/{page}").text)


def stop(session: Session, enrolment: Enrolment) -> None:
    actor = Actor.patient(enrolment.patient)
    departures.stop(session, enrolment=enrolment, actor=actor, now=clock.now())
    session.commit()


def test_the_queue_says_that_somebody_asked_to_be_called_and_why(
    ward: Ward, session: Session, read: Callable[[str], str]
) -> None:
    enrolment = ward.patient()
    actor = Actor.patient(enrolment.patient)
    asked.ask_for_call(session, enrolment=enrolment, why="worse", actor=actor, now=clock.now())
    session.commit()

    assert "Asked to be called: feels worse" in read("queue")
    assert "Asked to be called: feels worse" in read(f"patients/{enrolment.public_id}")


def test_the_file_says_who_stopped_the_texts(ward: Ward, session: Session, read: Callable[[str], str]) -> None:
    mine, theirs = ward.patient(phone="+33639981234"), ward.patient(phone="+33639981234")
    stop(session, mine)

    assert "the patient stopped them on their own page" in read(f"patients/{mine.public_id}")
    assert "somebody else followed with this number stopped them" in read(f"patients/{theirs.public_id}")


@pytest.mark.parametrize(("source", "says"), [("sms", "STOP was written"), ("provider", "asked its operator")])
def test_the_file_says_how_the_texts_were_stopped_without_a_page(
    ward: Ward, session: Session, read: Callable[[str], str], source: str, says: str
) -> None:
    enrolment = ward.patient()
    phone = patients.reveal(enrolment.patient).phone
    contacts.opt_out(session, phone=phone or "", now=clock.now(), source=source)
    session.commit()

    assert says in read(f"patients/{enrolment.public_id}")


def test_the_file_says_until_when_a_reminder_was_put_off(
    ward: Ward, session: Session, read: Callable[[str], str]
) -> None:
    enrolment, now = ward.patient(), clock.now()
    make_checkin(session, enrolment, opened=now - HOUR, remind_at=now + HOUR / 2)

    assert "The patient asked to be reminded at" in read(f"patients/{enrolment.public_id}")
