"""When check-ins open: the beat that makes them, on a real database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from questionnaires import jobs
from records.models import Staff
from tests.questionnaires.enrolments import active, asked, programme, utc

HALF_HOUR = timedelta(minutes=30)


def beat(session: Session, first: datetime, last: datetime) -> None:
    """A worker that beats every half hour from `first` to `last`."""
    now = first
    while now <= last:
        jobs.open_checkins(session, now=now)
        session.commit()
        now += HALF_HOUR


@pytest.mark.parametrize(
    ("zone", "first", "expected"),
    [
        ("Europe/Paris", date(2026, 10, 24), ["10-24 06:00", "10-25 07:00", "10-26 07:00"]),
        ("Europe/Paris", date(2026, 3, 28), ["03-28 07:00", "03-29 06:00", "03-30 06:00"]),
        ("America/Cayenne", date(2026, 3, 28), ["03-28 11:00", "03-29 11:00", "03-30 11:00"]),
        ("Indian/Reunion", date(2026, 3, 28), ["03-28 04:00", "03-29 04:00", "03-30 04:00"]),
        ("Pacific/Noumea", date(2026, 3, 28), ["03-27 21:00", "03-28 21:00", "03-29 21:00"]),
    ],
)
def test_eight_in_the_morning_is_that_of_the_patient_once_a_day_when_clocks_change_too(
    session: Session, zone: str, first: date, expected: list[str]
) -> None:
    programme(session)
    midnight = datetime.combine(first, datetime.min.time(), UTC) - timedelta(hours=6)
    patient = active(session, zone=zone, activated_at=midnight)
    beat(session, midnight, midnight + timedelta(days=2, hours=18))

    found = asked(session, patient)

    assert [f"{opens:%m-%d %H:%M}" for _, _, opens in found] == expected
    assert [day for day, _, _ in found] == [(first + timedelta(days=n)).isoformat() for n in range(3)]


@pytest.mark.parametrize(
    ("night", "expected"),
    [
        (date(2026, 3, 29), utc(3, 29, 1, 30)),  # 02:30 does not exist: 03:30 by the new clock
        (date(2026, 10, 25), utc(10, 25, 0, 30)),  # 02:30 comes twice: the first one
    ],
)
def test_an_hour_that_is_skipped_or_comes_twice_is_asked_exactly_once(
    session: Session, night: date, expected: datetime
) -> None:
    programme(session, schedule=[{"slot": "night", "at": "02:30", "tier": "all"}])
    before = expected - timedelta(hours=6)
    patient = active(session, activated_at=before)
    beat(session, before, before + timedelta(hours=20))

    assert asked(session, patient) == [(night.isoformat(), "night", expected)]


@pytest.mark.parametrize(
    ("changes", "slots"),
    [
        ({"onset_on": date(2026, 3, 5)}, 1),  # day 5 of illness
        ({"onset_on": date(2026, 3, 4)}, 2),  # day 6
        ({"onset_on": date(2026, 2, 26)}, 2),  # day 12
        ({"onset_on": date(2026, 2, 25)}, 1),  # day 13
        ({"onset_on": None}, 2),
        ({"onset_on": date(2026, 2, 25), "risk_tier": "high"}, 2),
        ({"onset_on": date(2026, 3, 10)}, 1),  # day 0
    ],
)
def test_the_afternoon_is_asked_of_high_risk_unknown_onset_and_days_six_to_twelve(
    session: Session, changes: dict[str, Any], slots: int
) -> None:
    programme(session)
    patient = active(session, activated_at=utc(3, 10), **changes)
    beat(session, utc(3, 10), utc(3, 10, 22))

    assert [slot for _, slot, _ in asked(session, patient)] == ["morning", "afternoon"][:slots]


def test_day_six_and_day_twelve_are_counted_in_the_patients_zone(session: Session) -> None:
    """At 21:00 UTC on 9 March it is the morning of 10 March in Nouméa: day 6 of an illness that began on 4 March."""
    programme(session)
    patient = active(session, zone="Pacific/Noumea", activated_at=utc(3, 8, 12), onset_on=date(2026, 3, 4))
    beat(session, utc(3, 8, 12), utc(3, 10, 12))

    assert [(day, slot) for day, slot, _ in asked(session, patient)] == [
        ("2026-03-09", "morning"),
        ("2026-03-10", "morning"),
        ("2026-03-10", "afternoon"),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "paused", "paused_at": utc(3, 2), "pause_review_on": date(2026, 3, 20), "pause_reason": "asked"},
        {"state": "discharged", "end_reason": "admitted"},
        {"state": "invited"},
        {"state": "held", "hold_reason": "pregnancy"},
        {"state": "enrolled"},
    ],
    ids=lambda changes: changes["state"],
)
def test_only_those_who_are_followed_now_are_asked(session: Session, changes: dict[str, Any]) -> None:
    programme(session)
    if changes["state"] == "paused":
        changes = {**changes, "pause_owner_id": owner(session)}
    patient = active(session, **changes)
    beat(session, utc(3, 10), utc(3, 11))

    assert asked(session, patient) == []
    assert not jobs.more_due(session, now=utc(3, 11))


def owner(session: Session) -> int:
    person = Staff(email="o@vigidom.example", name="Owner", role="physician", language="fr", invited_at=utc(3, 1))
    session.add(person)
    session.commit()
    return person.id


def test_what_fell_in_a_pause_is_not_asked_afterwards(session: Session) -> None:
    programme(session)
    patient = active(session, activated_at=utc(3, 1), next_checkin_at=utc(3, 9, 12))
    beat(session, utc(3, 9, 12), utc(3, 10, 12))

    assert [day for day, _, _ in asked(session, patient)] == ["2026-03-10"]


def test_the_last_day_is_asked_and_the_day_after_is_not(session: Session) -> None:
    programme(session)
    patient = active(session, activated_at=utc(3, 8), ends_on=date(2026, 3, 10))
    beat(session, utc(3, 8), utc(3, 13))

    assert [day for day, _, _ in asked(session, patient)] == ["2026-03-08", "2026-03-09", "2026-03-10"]


@pytest.mark.parametrize(("activated", "first"), [(utc(3, 10, 7), "2026-03-10"), (utc(3, 10, 7, 1), "2026-03-11")])
def test_a_slot_that_opened_before_the_patient_joined_is_not_held_against_them(
    session: Session, activated: datetime, first: str
) -> None:
    programme(session)
    patient = active(session, activated_at=activated)
    beat(session, activated, utc(3, 11, 12))

    assert asked(session, patient)[0][0] == first


def test_an_unknown_zone_is_asked_at_the_centres_hours_and_silences_nobody_else(session: Session) -> None:
    programme(session)
    lost = active(session, activated_at=utc(3, 10), zone="Atlantis/Capital")
    other = active(session, activated_at=utc(3, 10), zone="Indian/Reunion")
    beat(session, utc(3, 10), utc(3, 10, 12))

    assert asked(session, lost) == [("2026-03-10", "morning", utc(3, 10, 7))]
    assert asked(session, other) == [("2026-03-10", "morning", utc(3, 10, 4))]
