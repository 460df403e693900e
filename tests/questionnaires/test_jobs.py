"""The beats under what happens to workers and schedules: twice, at once, asleep, changed in mid-morning."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from questionnaires import jobs
from questionnaires.models import Checkin
from records import enrolment as enrolments
from records.audit import SYSTEM
from records.models import Enrolment
from tests.factories import make_enrolment
from tests.questionnaires.enrolments import active, asked, programme, states, utc


def opened(session: Session, *moments: object) -> int:
    made = 0
    for now in moments:
        made += jobs.open_checkins(session, now=now)
        session.commit()
    return made


def look_again(session: Session, enrolment: Enrolment, **changes: object) -> None:
    """What every change of schedule, zone, tier or onset does besides its own columns."""
    now = changes.pop("now")
    for name, value in changes.items():
        setattr(enrolment, name, value)
    enrolment.next_checkin_at = min(enrolment.next_checkin_at, now)
    session.commit()


def test_a_second_beat_at_the_same_moment_makes_nothing(session: Session) -> None:
    programme(session)
    patient = active(session, activated_at=utc(3, 10))

    assert opened(session, utc(3, 10, 7)) == 1
    look_again(session, patient, now=utc(3, 10))

    assert opened(session, utc(3, 10, 7), utc(3, 10, 7)) == 0
    assert len(asked(session, patient)) == 1


def test_a_worker_leaves_alone_what_another_one_is_doing(session: Session, engine: sa.Engine) -> None:
    programme(session)
    active(session, activated_at=utc(3, 10))
    with Session(engine) as other:
        assert jobs.open_checkins(other, now=utc(3, 10, 7)) == 1
        assert jobs.open_checkins(session, now=utc(3, 10, 7)) == 0
        other.commit()
    session.commit()

    assert opened(session, utc(3, 10, 7)) == 0
    assert states(session) == ["open"]


def test_workers_that_beat_at_once_make_each_check_in_once(session: Session, engine: sa.Engine) -> None:
    programme(session)
    people = [active(session, activated_at=utc(3, 10), onset_on=None) for _ in range(12)]
    ready, made = threading.Barrier(3), []

    def work() -> None:
        with Session(engine) as mine:
            ready.wait()
            for _ in range(8):
                made.append(jobs.open_checkins(mine, now=utc(3, 10, 20), limit=5))
                mine.commit()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sum(made) == 24
    assert all(len(asked(session, patient)) == 2 for patient in people)


def test_chunks_reach_everybody(session: Session) -> None:
    programme(session)
    for _ in range(5):
        active(session, activated_at=utc(3, 10))

    assert jobs.open_checkins(session, now=utc(3, 10, 7), limit=2) == 2
    assert jobs.more_due(session, now=utc(3, 10, 7))
    assert jobs.open_checkins(session, now=utc(3, 10, 7), limit=2) == 2
    assert jobs.open_checkins(session, now=utc(3, 10, 7), limit=2) == 1
    assert not jobs.more_due(session, now=utc(3, 10, 7))


@pytest.mark.parametrize("later", ["10:00", "06:00"])
def test_a_schedule_changed_in_mid_morning_asks_nobody_twice_that_day(session: Session, later: str) -> None:
    course = programme(session)
    patient = active(session, activated_at=utc(3, 10))
    opened(session, utc(3, 10, 7))
    course.schedule = [{"slot": "morning", "at": later, "tier": "all"}]
    look_again(session, patient, now=utc(3, 10, 8))

    opened(session, utc(3, 10, 8), utc(3, 10, 9), utc(3, 10, 12), utc(3, 11, 9))

    assert [day for day, _, _ in asked(session, patient)] == ["2026-03-10", "2026-03-11"]
    assert asked(session, patient)[1][2] == utc(3, 11, int(later[:2]) - 1)


@pytest.mark.parametrize(
    ("zone", "next_opening"), [("America/Cayenne", utc(3, 11, 11)), ("Pacific/Noumea", utc(3, 10, 21))]
)
def test_a_patient_who_changes_zone_is_asked_once_per_local_day(session: Session, zone: str, next_opening) -> None:
    programme(session)
    patient = active(session, activated_at=utc(3, 10))
    opened(session, utc(3, 10, 7))
    look_again(session, patient, now=utc(3, 10, 9), zone=zone)
    now = utc(3, 10, 9)
    while now <= utc(3, 11, 12):
        opened(session, now)
        now += timedelta(hours=1)

    assert asked(session, patient) == [
        ("2026-03-10", "morning", utc(3, 10, 7)),
        ("2026-03-11", "morning", next_opening),
    ]


def test_a_worker_asleep_for_six_hours_makes_the_check_in_late_and_it_counts_as_silence(session: Session) -> None:
    programme(session)
    patient = active(session, activated_at=utc(3, 10), next_checkin_at=utc(3, 10, 7))

    assert opened(session, utc(3, 10, 13)) == 1
    assert jobs.close_checkins(session, now=utc(3, 10, 13)) == 1
    session.commit()

    assert asked(session, patient) == [("2026-03-10", "morning", utc(3, 10, 7))]
    assert states(session) == ["missed"]


def test_a_worker_asleep_for_three_days_makes_every_day_that_was_missed(session: Session) -> None:
    programme(session)
    patient = active(session, activated_at=utc(3, 10))

    assert opened(session, utc(3, 13, 8)) == 4
    jobs.close_checkins(session, now=utc(3, 13, 8))
    session.commit()

    assert states(session) == ["missed", "missed", "missed", "open"]
    assert asked(session, patient)[-1][0] == "2026-03-13"


def test_a_check_in_closes_at_its_very_minute_and_an_answered_one_never(session: Session) -> None:
    programme(session)
    active(session, activated_at=utc(3, 10))
    active(session, activated_at=utc(3, 10))
    opened(session, utc(3, 10, 7))
    first = session.scalars(sa.select(Checkin).order_by(Checkin.id)).first()
    assert first is not None
    first.state, first.closed_at = "answered", utc(3, 10, 8)
    session.commit()
    closing = utc(3, 10, 11)

    assert jobs.close_checkins(session, now=closing - timedelta(microseconds=1)) == 0
    assert jobs.close_checkins(session, now=closing) == 1
    session.commit()

    rows = session.scalars(sa.select(Checkin).order_by(Checkin.id)).all()
    assert [(row.state, row.closed_at) for row in rows] == [("answered", utc(3, 10, 8)), ("missed", closing)]


def test_closing_goes_by_chunks_the_longest_over_first(session: Session) -> None:
    programme(session)
    active(session, activated_at=utc(3, 8))
    opened(session, utc(3, 10, 8))

    assert jobs.close_checkins(session, now=utc(3, 10, 12), limit=2) == 2
    session.commit()

    assert states(session) == ["missed", "missed", "open"]


def test_the_check_in_after_the_last_one_is_looked_for_when_it_opens_and_not_before(session: Session) -> None:
    programme(session)
    patient = active(session, activated_at=utc(3, 10), onset_on=date(2026, 3, 5))
    opened(session, utc(3, 10, 7))
    session.expire_all()

    assert patient.next_checkin_at == utc(3, 11, 7)


def test_a_change_made_while_the_worker_is_behind_loses_no_check_in(session: Session) -> None:
    patient = make_enrolment(session, now=utc(3, 10, 6))
    session.commit()
    changed = replace(enrolments.application_of(patient), risk_tier="high")
    enrolments.change_details(session, enrolment=patient, application=changed, actor=SYSTEM, now=utc(3, 10, 7, 10))
    session.commit()

    opened(session, utc(3, 10, 7, 30))

    assert asked(session, patient) == [("2026-03-10", "morning", utc(3, 10, 7))]


def test_nobody_is_asked_when_there_is_nobody(session: Session) -> None:
    assert opened(session, utc(3, 10, 7)) == 0


def test_the_number_of_statements_does_not_grow_with_the_patients(session: Session, engine: sa.Engine) -> None:
    programme(session)
    active(session, activated_at=utc(3, 10))
    active(session, activated_at=utc(3, 10), zone="Indian/Reunion")
    with counted(engine) as few:
        opened(session, utc(3, 10, 7))
        jobs.close_checkins(session, now=utc(3, 10, 11))
    session.commit()
    for n in range(40):
        active(session, activated_at=utc(3, 10), zone=("Europe/Paris", "Indian/Reunion")[n % 2])
    with counted(engine) as many:
        opened(session, utc(3, 10, 7))
        jobs.close_checkins(session, now=utc(3, 10, 11))
    session.commit()

    assert len(states(session)) == 42
    assert len(many) == len(few) <= 5


CROWD = 5_000
MORE_PATIENTS = """
    INSERT INTO patients (public_id, family_name, given_name, birth_date, phone, language, rehearsal, created_at,
        updated_at)
    SELECT gen_random_uuid(), family_name, given_name, birth_date, phone, language, rehearsal, created_at, updated_at
    FROM patients, generate_series(2, :crowd)
"""
ALL_ENROLLED = """
    INSERT INTO enrolments (public_id, patient_id, programme_id, team_id, state, zone, conditions, risk_tier,
        lives_alone, has_oximeter, consent, enrolled_at, activated_at, ends_on, next_checkin_at, updated_at)
    SELECT gen_random_uuid(), p.id, programme_id, team_id, state,
        (ARRAY['Europe/Paris', 'Indian/Reunion', 'America/Cayenne', 'Pacific/Noumea'])[1 + p.id % 4], conditions,
        risk_tier, lives_alone, has_oximeter, consent, enrolled_at, activated_at, ends_on, next_checkin_at, e.updated_at
    FROM enrolments e, patients p WHERE p.id <> e.patient_id
"""


def handled(plan: dict[str, Any]) -> float:
    """Rows that a plan and everything below it produced or threw away."""
    thrown = sum(plan.get(f"Rows Removed by {how}", 0) for how in ("Filter", "Join Filter"))
    own = (plan["Actual Rows"] + thrown) * plan["Actual Loops"]
    return own + sum(handled(part) for part in plan.get("Plans", ()))


def test_the_work_of_a_beat_grows_with_those_due_and_not_with_their_square(
    session: Session, superuser: sa.Engine
) -> None:
    """Looking up each one's next slot among those of all made 10,000 due at eight o'clock run into the time limit; and
    joining the two lists did the same whenever the planner knew nothing of these patients yet, as here.
    """
    with superuser.connect() as line:  # what other tests left: pages that the planner would take for full of nothing
        line.execute(sa.text("VACUUM enrolments"))
    programme(session)
    active(session, activated_at=utc(3, 10))
    session.execute(sa.text(MORE_PATIENTS), {"crowd": CROWD})
    session.execute(sa.text(ALL_ENROLLED))
    values = jobs.opening(session, now=utc(3, 11), limit=CROWD)

    explained = sa.text(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {jobs.OPEN.text}")
    plan = session.execute(explained, values).scalar_one()[0]["Plan"]

    assert session.scalar(sa.select(sa.func.count()).select_from(Checkin)) >= CROWD
    assert handled(plan) < 500 * CROWD


@contextmanager
def counted(engine: sa.Engine) -> Iterator[list[str]]:
    """The statements that the database is sent meanwhile."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
