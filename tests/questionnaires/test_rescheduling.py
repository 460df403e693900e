"""A zone or a schedule changed in mid-follow-up, in every order: nobody is asked twice, nobody is left out."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from questionnaires import jobs, rescheduling
from questionnaires.models import Checkin
from records import audit_check, enrolment, programmes, texts
from records.audit import SYSTEM
from records.models import Enrolment
from records.programmes import ScheduleRefused
from tests.questionnaires import enrolments
from tests.questionnaires.enrolments import asked, programme, utc

MORNING = {"slot": "morning", "at": "08:00", "tier": "all"}
AFTERNOON = {"slot": "afternoon", "at": "15:00", "tier": "intensive"}
BEGAN = utc(3, 9, 7)
"""The follow-up of these patients: eight o'clock of 9 March in Paris, a Monday in winter time."""

OVER = date(2026, 2, 1)
"""An onset of which the intensive days are over and which is not too long ago to be corrected."""


def active(session: Session, **changes: Any) -> Enrolment:
    return enrolments.active(session, **({"activated_at": BEGAN, "onset_on": OVER} | changes))


def beat(session: Session, first: datetime, last: datetime) -> None:
    """A worker that beats every half hour."""
    while first <= last:
        jobs.open_checkins(session, now=first)
        session.commit()
        first += timedelta(minutes=30)


def told(session: Session, patient: Enrolment, since: datetime) -> list[str]:
    return [f"{day[8:]} {slot} {opens:%d %H:%M}" for day, slot, opens in asked(session, patient) if opens >= since]


def move(session: Session, patient: Enrolment, zone: str, now: datetime) -> None:
    application = replace(enrolment.application_of(patient), zone=zone)
    rescheduling.change_details(session, enrolment=patient, application=application, actor=SYSTEM, now=now)
    session.commit()


@pytest.mark.parametrize(
    ("zone", "changed", "expected"),
    [
        # before the morning of Paris (07:00): the morning there is still to come
        ("America/Cayenne", utc(3, 10, 5), ["10 morning 10 11:00", "11 morning 11 11:00"]),
        # it has passed there, at 04:00 and the night before: asked at once, at 09:00 and 17:00 by their own clock
        ("Indian/Reunion", utc(3, 10, 5), ["10 morning 10 05:00", "11 morning 11 04:00"]),
        ("Pacific/Noumea", utc(3, 10, 6), ["10 morning 10 06:00", "11 morning 10 21:00"]),
        # at the very minute in which both have come
        ("Indian/Reunion", utc(3, 10, 7), ["10 morning 10 07:00", "11 morning 11 04:00"]),
        # after it: asked already
        ("America/Cayenne", utc(3, 10, 9), ["10 morning 10 07:00", "11 morning 11 11:00"]),
        ("Indian/Reunion", utc(3, 10, 9), ["10 morning 10 07:00", "11 morning 11 04:00"]),
        ("Pacific/Noumea", utc(3, 10, 9), ["10 morning 10 07:00", "11 morning 10 21:00"]),
        # in the evening, when it is the next morning in Nouméa, and the next night in La Réunion
        ("Pacific/Noumea", utc(3, 10, 20), ["10 morning 10 07:00", "11 morning 10 21:00"]),
        ("Pacific/Noumea", utc(3, 10, 22), ["10 morning 10 07:00", "11 morning 10 22:00"]),
        ("Indian/Reunion", utc(3, 10, 21), ["10 morning 10 07:00", "11 morning 11 04:00"]),
        # 02:00 of the 11th in Paris is the evening of the 10th in Cayenne
        ("America/Cayenne", utc(3, 11, 1), ["10 morning 10 07:00", "11 morning 11 11:00"]),
    ],
)
def test_a_patient_who_moves_is_asked_once_on_each_day_of_their_own(
    session: Session, zone: str, changed: datetime, expected: list[str]
) -> None:
    programme(session)
    patient = active(session)
    beat(session, BEGAN, changed)
    move(session, patient, zone, changed)
    beat(session, changed, utc(3, 11, 12))

    assert told(session, patient, utc(3, 10)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([("Pacific/Noumea", utc(3, 10, 6)), ("Europe/Paris", utc(3, 10, 6, 20))], ["10 morning 10 06:00"]),
        ([("America/Cayenne", utc(3, 10, 5)), ("Europe/Paris", utc(3, 10, 8))], ["10 morning 10 08:00"]),
        ([("Indian/Reunion", utc(3, 10, 2)), ("Europe/Paris", utc(3, 10, 3))], ["10 morning 10 07:00"]),
    ],
    ids=["far and back", "west and back after the hour", "east and back before it"],
)
def test_a_zone_chosen_by_mistake_and_put_right_asks_once_that_day(
    session: Session, changes: list[tuple[str, datetime]], expected: list[str]
) -> None:
    programme(session)
    patient = active(session)
    beat(session, BEGAN, utc(3, 9, 20))
    for zone, now in changes:
        jobs.open_checkins(session, now=now)
        move(session, patient, zone, now)
    beat(session, changes[-1][1], utc(3, 11, 12))

    assert told(session, patient, utc(3, 10)) == [*expected, "11 morning 11 07:00"]


def test_a_worker_that_was_behind_when_the_zone_changed_leaves_nobody_out(session: Session) -> None:
    programme(session)
    patient = active(session)
    beat(session, BEGAN, utc(3, 9, 20))
    move(session, patient, "Indian/Reunion", utc(3, 10, 7, 10))
    beat(session, utc(3, 10, 7, 30), utc(3, 10, 20))

    assert told(session, patient, utc(3, 10)) == ["10 morning 10 07:10"]


def test_of_two_slots_that_a_move_puts_into_the_past_the_later_one_is_asked(session: Session) -> None:
    programme(session)
    patient = active(session, onset_on=None)
    beat(session, BEGAN, utc(3, 9, 20))
    move(session, patient, "Pacific/Noumea", utc(3, 10, 6))

    assert told(session, patient, utc(3, 10)) == ["10 afternoon 10 06:00"]
    assert session.scalars(sa.select(Checkin.closes_at).order_by(Checkin.id.desc())).first() == utc(3, 10, 10)


def test_a_patient_who_moves_between_the_two_looks_of_a_beat_stays_due(session: Session, engine: sa.Engine) -> None:
    """The slots of their new zone were not worked out: without them the next check-in would be in two days."""
    programme(session)
    patient = active(session)
    active(session)
    beat(session, BEGAN, utc(3, 9, 20))
    values = jobs.opening(session, now=utc(3, 10, 7), limit=10)
    with Session(engine) as other:
        other.execute(sa.update(Enrolment).where(Enrolment.id == patient.id).values(zone="Indian/Reunion"))
        other.commit()
    session.execute(jobs.OPEN, values)
    session.commit()

    assert jobs.more_due(session, now=utc(3, 10, 7))
    beat(session, utc(3, 10, 7), utc(3, 11, 5))
    assert told(session, patient, utc(3, 11)) == ["11 morning 11 04:00"]


SCHEDULES: list[Any] = [
    # (case, the new schedule, when, expected in Paris, in La Réunion, in Nouméa)
    ("earlier, after both", [{**MORNING, "at": "07:30"}], utc(3, 10, 9), "10 07:00", "10 04:00", "09 21:00"),
    ("earlier, between the two", [{**MORNING, "at": "07:30"}], utc(3, 10, 6, 40), "10 06:40", "10 04:00", "09 21:00"),
    ("earlier, before both", [{**MORNING, "at": "07:30"}], utc(3, 10, 5), "10 06:30", "10 04:00", "09 21:00"),
    ("later, after the old", [{**MORNING, "at": "10:00"}], utc(3, 10, 8), "10 07:00", "10 04:00", "09 21:00"),
    ("later, before the old", [{**MORNING, "at": "10:00"}], utc(3, 10, 5), "10 09:00", "10 04:00", "09 21:00"),
    ("later, between the two", [{**MORNING, "at": "10:00"}], utc(3, 10, 3), "10 09:00", "10 06:00", "09 21:00"),
    ("renamed", [{**MORNING, "slot": "dawn", "at": "07:30"}], utc(3, 10, 6, 40), "10 06:40", "10 04:00", "09 21:00"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("case", "schedule", "now", "paris", "reunion", "noumea"), SCHEDULES, ids=lambda c: str(c)[:30]
)
def test_a_schedule_moved_in_mid_morning_asks_everybody_once_that_day(
    session: Session, case: str, schedule: Any, now: datetime, paris: str, reunion: str, noumea: str
) -> None:
    course = programme(session, schedule=[MORNING])
    people = [
        active(session, activated_at=utc(3, 8, 12), zone=zone)
        for zone in ("Europe/Paris", "Indian/Reunion", "Pacific/Noumea")
    ]
    beat(session, utc(3, 8, 12), now)
    rescheduling.change_schedule(session, programme=course, schedule=schedule, actor=SYSTEM, now=now)
    session.commit()
    beat(session, now, utc(3, 10, 13))

    days = [[found for found in asked(session, one) if found[0] == "2026-03-10"] for one in people]
    assert [[f"{opens:%d %H:%M}" for _, _, opens in found] for found in days] == [[paris], [reunion], [noumea]]


@pytest.mark.parametrize(
    ("schedule", "now", "expected"),
    [
        # added: from its next hour on, for whoever was asked today
        ([MORNING, {**AFTERNOON, "tier": "all"}], utc(3, 10, 9), ["morning 07:00", "afternoon 14:00"]),
        ([MORNING, {"slot": "noon", "at": "12:00", "tier": "all"}], utc(3, 10, 14, 40), ["morning 07:00"]),
        # removed: what is open stays, what was to come is asked no more
        ([{**AFTERNOON, "tier": "all"}], utc(3, 10, 9), ["morning 07:00", "afternoon 14:00"]),
        # moved past the present while the morning was asked and answered
        ([MORNING, {**AFTERNOON, "tier": "all", "at": "13:00"}], utc(3, 10, 13), ["morning 07:00"]),
        # an intensive one is none of theirs
        ([MORNING, {**AFTERNOON, "at": "13:00"}], utc(3, 10, 13), ["morning 07:00"]),
    ],
)
def test_a_slot_added_or_removed_counts_from_its_next_hour(
    session: Session, schedule: Any, now: datetime, expected: list[str]
) -> None:
    course = programme(session, schedule=[MORNING])
    patient = active(session)
    beat(session, BEGAN, now)
    rescheduling.change_schedule(session, programme=course, schedule=schedule, actor=SYSTEM, now=now)
    session.commit()
    beat(session, now, utc(3, 10, 20))

    found = [f"{slot} {opens:%H:%M}" for day, slot, opens in asked(session, patient) if day == "2026-03-10"]
    assert found == expected


def test_the_afternoon_moved_past_the_present_is_asked_at_once_of_those_whom_it_is_for(session: Session) -> None:
    course = programme(session)
    people = [active(session, onset_on=onset) for onset in (None, OVER, date(2026, 3, 4))]
    beat(session, BEGAN, utc(3, 10, 13, 30))

    made = rescheduling.change_schedule(
        session,
        programme=course,
        schedule=[MORNING, {**AFTERNOON, "at": "14:00"}],
        actor=SYSTEM,
        now=utc(3, 10, 13, 30),
    )
    session.commit()

    assert made == 2
    assert [told(session, one, utc(3, 10, 12)) for one in people] == [
        ["10 afternoon 10 13:30"],
        [],
        ["10 afternoon 10 13:30"],
    ]


def test_a_change_of_schedule_is_audited_and_the_same_one_again_changes_nothing(session: Session) -> None:
    course = programme(session)
    patient = active(session)
    beat(session, BEGAN, utc(3, 9, 20))
    how = {"programme": course, "actor": SYSTEM, "now": utc(3, 9, 21)}
    before = audit_check.verify(session).entries

    rescheduling.change_schedule(session, schedule=[AFTERNOON, MORNING], **how)
    assert (patient.next_checkin_at, audit_check.verify(session).entries) == (utc(3, 10, 7), before)
    rescheduling.change_schedule(session, schedule=[{**MORNING, "at": "09:00"}], **how)
    session.commit()

    assert course.schedule == [{**MORNING, "at": "09:00"}]
    assert patient.next_checkin_at == utc(3, 9, 21)
    found = audit_check.verify(session)
    assert (found.entries, found.problems) == (before + 1, [])


@pytest.mark.parametrize(
    "schedule",
    [
        [],
        [AFTERNOON],
        [{**MORNING, "at": "8:00"}],
        [{**MORNING, "at": "24:00"}],
        [{**MORNING, "at": "06:59"}],
        [{**MORNING, "at": "16:00"}],
        [{**MORNING, "tier": "some"}],
        [{**MORNING, "slot": "extra-1"}],
        [{**MORNING, "slot": "Morning"}],
        [MORNING, {**MORNING, "at": "09:00"}],
        [MORNING, {**MORNING, "slot": "again"}],
        [{"slot": "morning", "at": "08:00"}],
        [{**MORNING, "slot": f"s{n}", "at": f"1{n}:00"} for n in range(5)],
    ],
)
def test_a_schedule_that_cannot_be_asked_is_refused_and_the_old_one_stays(schedule: Any) -> None:
    course = programmes.Programme(
        schedule=[MORNING], silent_after_minutes=240, opens=datetime.min.time().replace(hour=8),
        closes=datetime.min.time().replace(hour=20),
    )  # fmt: skip

    with pytest.raises(ScheduleRefused) as refused:
        programmes.set_schedule(course, schedule)

    assert course.schedule == [MORNING]
    assert refused.value.text(texts.translator("fr")) != refused.value.text(texts.translator("en"))


def test_a_schedule_waits_for_the_beat_that_opens_by_the_old_one(session: Session, engine: sa.Engine) -> None:
    """Or that beat would look for the next check-in by hours that are no more, and the earlier one would be lost."""
    course = programme(session, schedule=[{**MORNING, "at": "10:00"}])
    patient = active(session)
    beat(session, BEGAN, utc(3, 9, 20))
    begun = threading.Event()

    def change() -> None:
        with Session(engine) as other:
            mine = other.get_one(programmes.Programme, course.id)
            begun.set()
            now = utc(3, 10, 9)
            rescheduling.change_schedule(other, programme=mine, schedule=[MORNING], actor=SYSTEM, now=now)
            other.commit()

    values = jobs.opening(session, now=utc(3, 10, 9), limit=10)
    admin = threading.Thread(target=change)
    admin.start()
    assert begun.wait(30)
    admin.join(0.2)  # it may have come as far as it can; whether it has changes nothing
    session.execute(jobs.OPEN, values)
    session.commit()
    admin.join(30)
    beat(session, utc(3, 10, 9), utc(3, 11, 8))

    assert told(session, patient, utc(3, 10)) == ["10 morning 10 09:00", "11 morning 11 07:00"]
