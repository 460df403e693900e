"""The worker's replays: one at a time, each done once, whatever becomes of the worker."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from psycopg.errors import InvalidTextRepresentation
from sqlalchemy.orm import Session, sessionmaker

from records.models import Heartbeat
from tests.factories import NOW
from tests.triage.replaying import COVID, FROM, TO, answered, bind, draft, with_temperature
from tests.triage.replaying import replay as replayed_at_once
from tests.triage.scene import Scene, set_scene
from triage import protocols, replay
from triage.drafting_models import ProtocolReplay
from triage.models import Assessment, ProtocolVersion
from triage.protocols import kept
from triage.replay import running, waiting

Sessions = sessionmaker[Session]
LATER = NOW + timedelta(days=7)


@pytest.fixture
def sessions(session: Session, engine: sa.Engine) -> Sessions:
    return sessionmaker(engine)


@pytest.fixture
def scene(session: Session) -> Scene:
    """One answer that the draft would no longer call about."""
    made = set_scene(session)
    answered(made, made.enrolment, with_temperature("39.2"))
    return made


def asked(scene: Scene) -> ProtocolReplay:
    document = draft(temperature_orange_high="39.5")
    version = kept.store(scene.session, document, based_on=None, reason="tried", author=None, now=NOW)
    days = {"from_on": FROM, "to_on": TO}
    made = replay.request(
        scene.session, version=version, programme=scene.programme, staff=scene.person(), now=NOW, **days
    )
    scene.session.commit()
    return made


def again(session: Session, made: ProtocolReplay) -> ProtocolReplay:
    session.rollback()
    session.refresh(made)
    return made


def test_what_was_asked_for_is_done_against_the_version_in_force(scene: Scene, sessions: Sessions) -> None:
    made = asked(scene)
    assert replay.run_waiting(sessions, LATER) == 1
    assert replay.run_waiting(sessions, LATER) == 0

    found = again(scene.session, made)
    in_force = protocols.bound(scene.session, programme_id=scene.programme.id, now=NOW)
    assert (found.state, found.rows, found.against_id) == ("done", 1, in_force.id if in_force else None)
    assert (found.started_at, found.finished_at, found.lease_until, found.failure) == (LATER, LATER, None, None)
    assert found.result is not None
    assert (found.result["lost"], found.result["draft"]["number"], found.result["against"]["number"]) == (1, 2, 1)
    version = scene.session.get_one(ProtocolVersion, made.version_id)
    assert replay.latest(scene.session, version=version) is found


def test_replays_are_done_in_the_order_in_which_they_were_asked_for(scene: Scene, sessions: Sessions) -> None:
    first, second = asked(scene), asked(scene)
    replay.run_waiting(sessions, LATER)

    assert (again(scene.session, first).state, again(scene.session, second).state) == ("done", "waiting")


def test_a_lost_workers_replay_is_taken_up_again_once_its_lease_has_run_out(
    scene: Scene, sessions: Sessions, monkeypatch: Any
) -> None:
    made = asked(scene)

    class Killed(BaseException):
        """As a process that ends: nothing after it runs."""

    def killed(*_args: Any, **_given: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(running, "run", killed)
        with pytest.raises(Killed):
            replay.run_waiting(sessions, LATER)
    assert (again(scene.session, made).state, made.tries) == ("running", 1)

    assert replay.run_waiting(sessions, LATER + waiting.LEASE / 2) == 0
    assert again(scene.session, made).state == "running"
    assert replay.run_waiting(sessions, LATER + waiting.LEASE) == 1
    assert (again(scene.session, made).state, made.tries) == ("done", 2)


def test_a_replay_that_cannot_be_done_has_failed_after_three_tries_and_says_of_what_kind_the_error_was(
    scene: Scene, sessions: Sessions
) -> None:
    made = asked(scene)
    damaged = {"temperature": {"status": "known", "value": "warm", "text": "", "origin": ""}}
    scene.session.execute(sa.update(Assessment).values(facts=damaged))
    scene.session.commit()

    for number in range(3):
        with pytest.raises(InvalidTextRepresentation):
            replay.run_waiting(sessions, LATER + number * timedelta(minutes=1))
        assert again(scene.session, made).state == ("failed" if number == 2 else "waiting")
    assert replay.run_waiting(sessions, LATER + timedelta(hours=1)) == 0
    assert (made.failure, made.tries, made.result) == ("InvalidTextRepresentation", 3, None)
    assert made.finished_at == LATER + timedelta(minutes=2)


def test_one_whose_workers_were_lost_three_times_has_failed(scene: Scene, sessions: Sessions) -> None:
    made = asked(scene)
    made.state, made.tries, made.lease_until = "running", 3, LATER
    scene.session.commit()

    assert replay.run_waiting(sessions, LATER) == 0
    assert (again(scene.session, made).state, made.failure) == ("failed", "WorkerLost")


def test_a_worker_that_is_told_to_end_gives_its_replay_back_and_the_try_does_not_count(
    scene: Scene, sessions: Sessions
) -> None:
    made = asked(scene)

    assert replay.run_waiting(sessions, LATER, stopping=lambda: True) == 0
    assert (again(scene.session, made).state, made.tries, made.lease_until) == ("waiting", 0, None)
    assert replay.run_waiting(sessions, LATER) == 1


def test_a_worker_that_was_thought_lost_writes_nothing_over_what_the_next_one_does(
    scene: Scene, sessions: Sessions
) -> None:
    made, moments = asked(scene), iter([LATER, LATER])

    def overtaken() -> datetime:
        with sessions.begin() as session:
            session.execute(sa.update(ProtocolReplay).values(tries=ProtocolReplay.tries + 1))
        return next(moments)

    assert replay.run_waiting(sessions, LATER, clock=overtaken) == 0
    assert (again(scene.session, made).state, made.result, made.tries) == ("running", None, 2)


def test_a_long_replay_renews_its_lease_and_its_heartbeat(scene: Scene, sessions: Sessions) -> None:
    made = asked(scene)
    for number in range(3):
        answered(scene, scene.enrolment, with_temperature("39.2"), at=NOW + number * timedelta(days=2))
    seen: list[tuple[datetime | None, int | None]] = []
    moments: Iterator[datetime] = (LATER + number * waiting.RENEWED_EVERY for number in range(100))

    def clock() -> datetime:
        with sessions() as session:
            seen.append(tuple(session.execute(sa.select(ProtocolReplay.lease_until, ProtocolReplay.rows)).one()))
        return next(moments)

    assert replay.run_waiting(sessions, LATER, clock=clock) == 1
    assert seen[0] == (LATER + waiting.LEASE, None)
    assert [lease for lease, _ in seen[1:]] == [
        LATER + number * waiting.RENEWED_EVERY + waiting.LEASE for number in range(len(seen) - 1)
    ]
    assert [rows for rows in dict.fromkeys(rows for _, rows in seen) if rows] == [2, 3, 4]
    assert scene.session.get(Heartbeat, replay.JOB) is not None
    assert again(scene.session, made).rows == 4


def test_until_a_version_is_signed_a_replay_is_held_against_the_one_bound_last(scene: Scene) -> None:
    later = bind(scene, COVID, at=NOW + timedelta(days=1))
    version = scene.session.get_one(ProtocolVersion, asked(scene).version_id)
    days = {"from_on": FROM, "to_on": TO}
    made = replay.request(
        scene.session, version=version, programme=scene.programme, staff=None, now=NOW + timedelta(days=2), **days
    )

    assert made.against_id == later.id


def test_days_without_an_answer_renew_the_lease_too(scene: Scene) -> None:
    told: list[int] = []
    days = {"first": TO + timedelta(days=30), "last": TO + timedelta(days=60)}

    found = replayed_at_once(scene, COVID, **days, tell=told.append)

    assert found["rows"] == 0
    assert len(told) >= 4  # slices of a week at most
