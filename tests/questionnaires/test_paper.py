"""When a sheet of paper was filled in, and which check-in it answers."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy.orm import Session

from questionnaires import paper
from questionnaires.models import Checkin
from records.refusals import FieldErrors
from tests.factories import NOW, make_enrolment

PARIS = "Europe/Paris"
ENROLLED = datetime(2026, 3, 1, 9, tzinfo=UTC)
LONG_AFTER = datetime(2026, 12, 1, tzinfo=UTC)


def filled(day: date, at: time, *, now: datetime = LONG_AFTER, second: bool | None = None) -> datetime:
    return paper.filled_at(day, at, PARIS, enrolled_at=ENROLLED, now=now, second=second)


def test_the_hour_on_a_sheet_is_the_one_on_the_patients_wall() -> None:
    assert filled(date(2026, 7, 10), time(8)) == datetime(2026, 7, 10, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "at", "field"),
    [
        (date(2026, 3, 29), time(2, 30), "filled_hour"),
        (date(2026, 10, 25), time(2, 30), "passing"),
        (date(2026, 2, 28), time(23, 59), "filled_on"),
        (date(2026, 12, 2), time(0), "filled_on"),
        (date(2026, 12, 1), time(8), "filled_hour"),
        (date.min, time(0), "filled_on"),
        (date.max, time(0), "filled_on"),
    ],
    ids=["skipped", "shown twice", "before", "tomorrow", "later today", "the first day of all", "the last"],
)
def test_a_time_that_cannot_be_or_is_not_sure_is_refused_on_its_field(day: date, at: time, field: str) -> None:
    with pytest.raises(FieldErrors) as refused:
        filled(day, at)

    assert list(refused.value.errors) == [field]


@pytest.mark.parametrize(("second", "hour"), [(False, 0), (True, 1)])
def test_which_of_two_hours_is_what_the_patient_says(second: bool, hour: int) -> None:
    assert filled(date(2026, 10, 25), time(2, 30), second=second) == datetime(2026, 10, 25, hour, 30, tzinfo=UTC)


def test_a_sheet_of_the_day_of_enrolment_is_taken_whatever_the_hour() -> None:
    assert filled(date(2026, 3, 1), time(7)) < ENROLLED


MORNING = datetime(2026, 3, 9, 7, tzinfo=UTC)
EVENING = MORNING + timedelta(hours=15)
"""08:00 and 23:00 in Paris: the evening's silence is counted from 03:00 on the next day."""


@pytest.mark.parametrize(
    ("hour", "expected"),
    [
        (timedelta(hours=-1), "morning"),
        (timedelta(minutes=10), "morning"),
        (timedelta(hours=8), "morning"),
        (timedelta(hours=15), "evening"),
        (timedelta(hours=17, minutes=30), "evening"),
        (timedelta(hours=24), None),
        (timedelta(hours=-24), None),
    ],
    ids=["before breakfast", "at once", "late", "evening", "after midnight", "the day after", "the day before"],
)
def test_a_sheet_answers_the_check_in_of_its_day_and_hour(
    session: Session, hour: timedelta, expected: str | None
) -> None:
    enrolment = make_enrolment(session)
    for slot, opens_at in (("morning", MORNING), ("evening", EVENING)):
        closes_at = opens_at + timedelta(hours=4)
        session.add(
            Checkin(
                enrolment_id=enrolment.id, local_on=date(2026, 3, 9), slot=slot, opens_at=opens_at, closes_at=closes_at
            )
        )
    session.flush()
    moment = MORNING + hour
    day = (moment + timedelta(hours=1)).date()

    found = paper.checkin_of(session, enrolment_id=enrolment.id, moment=moment, day=day, now=NOW)

    assert (found.slot if found else None) == expected
