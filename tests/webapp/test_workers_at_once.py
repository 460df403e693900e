"""Several workers on one database: whichever jobs they beat at the same moment, each thing is done once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from notifications.models import Message
from questionnaires.models import Checkin
from records.models import Enrolment, Role
from tests.factories import NOW, make_enrolment
from tests.notifications.conftest import URL, Scripted
from tests.triage.scene import WELL, Scene, set_scene
from triage.models import Alert, Callback
from webapp import worker

WORKERS, PEOPLE = 3, 6
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

NEVER_INVITED = "UPDATE enrolments SET state = 'enrolled', updated_at = :now - interval '2 days'"
NEVER_ACTIVATED = "UPDATE enrolments SET state = 'invited', invited_at = :now - interval '2 days'"
PAUSED = """
    UPDATE enrolments SET state = 'paused', paused_at = :now, pause_owner_id = :staff, pause_review_on = '2026-03-01'
"""
WITHOUT_LIMITS = """
    UPDATE enrolments SET state = 'active', paused_at = NULL, conditions = '["home-oxygen"]', next_checkin_at = :later
"""
OVER = "UPDATE enrolments SET conditions = '[]', ends_on = '2026-03-01'"
UNLIVED = "UPDATE assessments SET relived_at = NULL, relived_same = NULL"
STALE = """
    INSERT INTO throttles (door, subject_digest, failures, window_started_at)
    SELECT 'code', sha256(int8send(n)), 1, :now - interval '9 days' FROM generate_series(1, :people) n
"""
PUT_OFF = """
    INSERT INTO snoozes
        (public_id, enrolment_id, assessment_id, rule, facts, condition, reason, author_id, from_at, until_at)
    SELECT gen_random_uuid(), enrolment_id, max(id), 'a_rule', '{}', '{}', '', :staff, :now - interval '5 hours',
        :now - interval '1 hour'
    FROM assessments GROUP BY enrolment_id
"""
TAKEN = """
    UPDATE callbacks SET claimed_by_id = :staff, claimed_at = :now, claim_ends_at = :now + interval '5 minutes'
"""
LATE = """
    UPDATE callbacks SET claimed_by_id = NULL, claimed_at = NULL, claim_ends_at = NULL, incident_id = NULL,
        next_try_at = NULL, due_at = :now - interval '1 hour'
"""
GIVEN_BACK = "UPDATE callbacks SET claimed_by_id = NULL, claimed_at = NULL, claim_ends_at = NULL"
BEATS: tuple[tuple[str, timedelta, str], ...] = (
    ("open-checkins", -HOUR / 2, "UPDATE enrolments SET next_checkin_at = :now - interval '3 hours'"),
    ("close-checkins", 6 * HOUR, ""),
    ("silences", 6 * HOUR, ""),
    ("announcements", 6 * HOUR, TAKEN),
    ("never-invited", 6 * HOUR, NEVER_INVITED),
    ("never-activated", 6 * HOUR, NEVER_ACTIVATED),
    ("reviews-due", 6 * HOUR, PAUSED),
    ("limits-due", 6 * HOUR, WITHOUT_LIMITS),
    ("follow-up-ends", 6 * HOUR, OVER),
    ("escalations", 6 * HOUR, LATE),
    ("reliving", 6 * HOUR, UNLIVED),
    ("snoozes", 6 * HOUR, PUT_OFF),
    ("housekeeping", 6 * HOUR, STALE),
)
"""What makes a job's work, in the order in which one leads to the next. Everybody stays one enrolment throughout."""


ELSEWHERE = {"messages", "replays", "incidents", "teams"}
"""Texts go out with the check-ins; of replays each worker takes one a beat; an incident is of more patients than these,
and teams are moved by hand: all are held in tests/triage.
"""


class House:
    def __init__(self, session: Session, engine: sa.Engine) -> None:
        self.session, self.sessions = session, sessionmaker(engine)
        scene = set_scene(session)
        self.staff = scene.person(Role.PHYSICIAN).id
        for _ in range(PEOPLE - 1):
            made = make_enrolment(session, programme=scene.programme, team=scene.team)
            Scene(session, scene.programme, scene.team, scene.version_id, made).submit(WELL)
        scene.submit(WELL)
        session.execute(sa.text("UPDATE enrolments SET activated_at = :then"), {"then": NOW - DAY})
        session.commit()

    def prepare(self, statement: str, now: datetime) -> None:
        given = {"now": now, "later": now + DAY, "staff": self.staff, "people": PEOPLE}
        prepared = sa.text(statement)
        self.session.execute(prepared, {name: given[name] for name in prepared._bindparams})
        self.session.commit()

    def beat(self, name: str, provider: Scripted, now: datetime) -> int:
        """How many things the workers did together."""
        together = threading.Barrier(WORKERS)

        def work(_: int) -> int:
            job = worker.jobs(provider, URL, present=None)[name]
            together.wait(30)
            return job(self.sessions, now)

        with ThreadPoolExecutor(WORKERS) as threads:
            return sum(threads.map(work, range(WORKERS)))

    def count(self, column: Any) -> tuple[int, int]:
        """Rows, and how many of them are about different things."""
        self.session.rollback()
        return tuple(self.session.execute(sa.select(sa.func.count(), sa.func.count(column.distinct()))).one())


@pytest.fixture
def house(session: Session, engine: sa.Engine) -> House:
    return House(session, engine)


def test_whatever_workers_beat_at_the_same_moment_is_done_once(house: House) -> None:
    provider, done = Scripted(), {}
    for name, later, statement in BEATS:
        if statement:
            house.prepare(statement, NOW + later)
        done[name] = house.beat(name, provider, NOW + later)
        if name == "open-checkins":
            house.beat("messages", provider, NOW + later)
            assert house.count(Message.checkin_id) == (PEOPLE, PEOPLE)
            assert len(provider.messages) == len(set(provider.messages)) == PEOPLE

    assert done == dict.fromkeys(done, PEOPLE)
    assert set(done) | ELSEWHERE == set(worker.jobs(provider, URL)), "a job that nobody beats here"
    assert house.count(Checkin.enrolment_id) == (PEOPLE, PEOPLE)
    assert house.count(Callback.enrolment_id) == (PEOPLE, PEOPLE)
    assert house.count(Alert.kind) == (6 * PEOPLE, 6)
    assert house.count(Enrolment.id) == (PEOPLE, PEOPLE)
