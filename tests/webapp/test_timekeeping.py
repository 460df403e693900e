"""The machine's clock set back a day and on a day while a worker, a web process and the database share it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from sqlalchemy.orm import Session, sessionmaker

from records import clock, heartbeats
from records.models import Heartbeat
from tests.factories import NOW
from webapp import health, timekeeping, worker
from webapp.timekeeping import HELD_SECONDS, ClockSetBack, ClockSetOn, ClockWatch, SoonAgain

A_DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)


@pytest.fixture
def sessions(session: Session, engine: sa.Engine) -> sessionmaker[Session]:
    return sessionmaker(engine)


class Machine:
    """A clock that can be set, and one that cannot."""

    def __init__(self) -> None:
        self.now, self.up = NOW, 1000.0

    def go(self, seconds: float, *, set_by: timedelta = timedelta()) -> None:
        self.up += seconds
        self.now += timedelta(seconds=seconds) + set_by

    def watch(self) -> ClockWatch:
        return ClockWatch(lambda: self.now, lambda: self.up)


def is_held(watch: ClockWatch) -> bool:
    try:
        watch.check()
    except ClockSetOn:
        return True
    return False


@pytest.mark.parametrize(
    ("steps", "held"),
    [
        ([], [False]),
        ([6 * HOUR / SECOND], [False, False]),  # asleep for six hours: the clock was not set
        ([A_DAY], [False, True]),
        ([4 * timedelta(minutes=1)], [False, False]),
        ([5 * timedelta(minutes=1)], [False, True]),
        ([-A_DAY], [False, False]),
        ([A_DAY, -A_DAY], [False, True, False]),  # mended in time
        ([-A_DAY, A_DAY], [False, False, False]),  # mended: the time is known again
        ([A_DAY, A_DAY], [False, True, True]),
        ([A_DAY, HELD_SECONDS - 11.0], [False, True, True]),
        ([A_DAY, HELD_SECONDS + 0.0], [False, True, False]),  # nobody objected
        ([A_DAY, HELD_SECONDS + 0.0, A_DAY], [False, True, False, True]),
        ([SECOND] * 4 + [0.0], [False] * 6),  # slewed, a second at a time
    ],
    ids=str,
)
def test_a_clock_set_on_is_not_believed_for_a_quarter_of_an_hour_and_one_set_back_is(
    steps: list[timedelta | float], held: list[bool]
) -> None:
    machine = Machine()
    watch = machine.watch()
    found = [is_held(watch)]
    for step in steps:
        if isinstance(step, timedelta):
            machine.go(1, set_by=step)
        else:
            machine.go(step)
        watch.look()
        found.append(is_held(watch))

    assert found == held


def test_a_year_of_slewing_is_no_setting_and_a_step_is_told_once() -> None:
    machine = Machine()
    watch = machine.watch()
    for _ in range(400):
        machine.go(1, set_by=SECOND)
        assert watch.look() is None
    assert not is_held(watch)

    machine.go(1, set_by=-A_DAY)

    assert watch.look() == -A_DAY
    machine.go(1)
    assert watch.look() is None


def test_a_clock_set_on_by_a_year_leaves_one_run_and_not_a_year_of_them() -> None:
    trigger, then = SoonAgain(5), NOW + timedelta(days=365)

    assert trigger.get_next_fire_time(NOW, then) == then + timedelta(seconds=5)


@pytest.mark.parametrize("by", [-A_DAY, A_DAY], ids=str)
def test_the_beats_of_a_running_worker_go_on_when_the_clock_is_set(
    sessions: sessionmaker[Session], by: timedelta
) -> None:
    """Without `wake` the scheduler sleeps until tomorrow, which is today by a clock set back."""
    beaten = threading.Event()

    class Dog(worker.Watchdog):
        def fed(self, run):
            return lambda: (run(), beaten.set())

    with time_machine.travel(datetime(2026, 3, 10, 12, tzinfo=UTC)) as traveller:
        watch = ClockWatch()
        scheduler = worker.beating({"messages": lambda *_: 0}, sessions, watch=watch, dog=Dog())
        scheduler.start()
        try:
            assert beaten.wait(30)
            beaten.clear()
            traveller.shift(by)
            worker.wake(scheduler, watch)

            assert beaten.wait(30)
        finally:
            scheduler.shutdown(wait=True)


def test_no_job_runs_while_a_clock_set_on_is_not_believed_and_every_one_says_so(
    session: Session, sessions: sessionmaker[Session]
) -> None:
    """The database has the same wrong clock here, so that nothing but the watch can find it."""
    ran: list[datetime] = []
    machine = Machine()
    machine.now = clock.now()
    watch = machine.watch()
    machine.go(1, set_by=A_DAY)

    worker.beat(sessions, "messages", lambda _, now: ran.append(now) or 1, watch=watch)

    assert ran == []
    assert session.scalars(sa.select(Heartbeat.error)).all() == ["ClockSetOn"]
    machine.go(1, set_by=-A_DAY)
    worker.beat(sessions, "messages", lambda _, now: ran.append(now) or 1, watch=watch)
    assert len(ran) == 1


def test_a_beat_before_the_last_one_is_told_once_also_by_a_worker_that_was_started_since(
    session: Session, sessions: sessionmaker[Session]
) -> None:
    job, last = timekeeping.compare_with_last_beat, clock.now() + A_DAY
    heartbeats.beat(session, job=timekeeping.JOB, now=last, took_ms=1, done=0)
    session.commit()

    assert job(sessions, last - 2 * SECOND) == 0  # another machine's clock, near enough
    with pytest.raises(ClockSetBack):
        job(sessions, clock.now())
    for error in ("ClockSetBack", None):
        worker.beat(sessions, timekeeping.JOB, job)
        session.rollback()
        told = session.scalars(sa.select(Heartbeat)).one()
        assert (told.error if told.failed_at == told.beat_at else None) == error
    assert told.error == "ClockSetBack", "the health page tells it for two days"


@pytest.mark.parametrize(
    ("by", "code", "status"),
    [(timedelta(), 200, "ok"), (A_DAY, 503, "clock"), (-A_DAY, 503, "clock"), (10 * SECOND, 200, "clock")],
    ids=str,
)
def test_a_web_process_whose_clock_is_wrong_says_so_and_is_given_no_more_requests(
    app: Flask, monkeypatch: pytest.MonkeyPatch, by: timedelta, code: int, status: str
) -> None:
    right = clock.now
    monkeypatch.setattr(health.clock, "now", lambda: right() + by)

    answer = app.test_client().get("/health")

    assert (answer.status_code, answer.json["status"]) == (code, status)
    assert ("seconds_off" in answer.json) is bool(by)
