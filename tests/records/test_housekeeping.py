"""Stale counts and sessions go, what is in use stays, and patients' records are never touched."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from records import doors, housekeeping, throttles
from records.models import EnrolmentState, PatientSession, Throttle
from records.throttles import Door
from tests.factories import NOW, make_enrolment


@pytest.mark.parametrize(("age", "left"), [(timedelta(hours=23), 1), (timedelta(hours=25), 0)])
def test_counted_tries_are_forgotten_after_a_day(session: Session, age: timedelta, left: int) -> None:
    throttles.failed(session, door=Door.CODE, subject="192.0.2.1", now=NOW - age)

    housekeeping.tidy(session, now=NOW)

    assert session.scalar(sa.select(sa.func.count()).select_from(Throttle)) == left


@pytest.mark.parametrize(("age", "left"), [(timedelta(days=29), 1), (timedelta(days=31), 0)])
def test_a_patients_session_is_forgotten_a_month_after_its_end_and_the_patient_is_not(
    session: Session, age: timedelta, left: int
) -> None:
    enrolment = make_enrolment(session, EnrolmentState.ACTIVE)
    doors.start_session(session, enrolment=enrolment, now=NOW - age - doors.SESSION_LASTS)

    gone = housekeeping.tidy(session, now=NOW)

    assert session.scalar(sa.select(sa.func.count()).select_from(PatientSession)) == left
    assert gone == 1 - left
    session.refresh(enrolment)
    assert enrolment.state == EnrolmentState.ACTIVE


def test_a_large_heap_goes_in_chunks(session: Session) -> None:
    for number in range(7):
        throttles.failed(session, door=Door.CODE, subject=f"192.0.2.{number}", now=NOW - timedelta(days=2))

    assert [housekeeping.tidy(session, now=NOW, limit=3) for _ in range(4)] == [3, 3, 1, 0]
