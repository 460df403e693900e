"""The worker: APScheduler beats, the packages' jobs ask the database what is due.

Nothing is scheduled in memory but the beat itself, so a worker may die or sleep at any moment and lose nothing.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from notifications import jobs as notification_jobs
from notifications.providers import Provider
from questionnaires import jobs as questionnaire_jobs
from records import clock, heartbeats, housekeeping
from records.db import db
from triage import jobs as triage_jobs
from triage import reliving
from webapp.providers import chosen

log = structlog.get_logger(__name__)

BEAT_SECONDS = 5
SILENCE_LIMIT_SECONDS = 120
SKEW_LIMIT = timedelta(seconds=2)
CHUNK = 5_000
LANES = 4  # texts that wait for the provider at once; each needs a connection of the pool
ROUNDS = 50

Sessions = sessionmaker[Session]
Job = Callable[[Sessions, datetime], int]
Clock = Callable[[], datetime]


class ClockSkew(RuntimeError):
    """This machine's clock and the database's differ too much for claims and deadlines to mean anything; `there` is the
    database's instant.
    """

    def __init__(self, there: datetime, skew: timedelta) -> None:
        super().__init__(f"{skew.total_seconds():.0f} s apart from the database")
        self.there = there


def in_rounds(step: Callable[..., int]) -> Job:
    """A job of chunks: each in its own transaction, until a chunk comes back short (bounded, the next beat goes on)."""

    def run(sessions: Sessions, now: datetime) -> int:
        done = 0
        for _ in range(ROUNDS):
            with sessions.begin() as session:
                made = step(session, now=now, limit=CHUNK)
            done += made
            if made < CHUNK:
                break
        return done

    return run


def open_checkins(sessions: Sessions, now: datetime) -> int:
    """Chunks of enrolments, while any is due: a chunk may make no check-in at all and still have moved on."""
    done = 0
    for _ in range(ROUNDS):
        with sessions.begin() as session:
            done += questionnaire_jobs.open_checkins(session, now=now)
            if not questionnaire_jobs.more_due(session, now=now):
                break
    return done


def relive(sessions: Sessions, now: datetime) -> int:
    """One chunk a beat: looking back must never keep what is due now waiting."""
    with sessions.begin() as session:
        return reliving.relive(session, now=now)


def jobs(
    provider: Provider, public_url: str, *, present: Clock | None = clock.now, lanes: int = LANES
) -> dict[str, Job]:
    """Every job by the name under which the health page shows it.

    `present` tells the instant during a long beat of texts; None lets a beat live at its `now` throughout.
    """
    worker = f"{socket.gethostname()}:{os.getpid()}"

    def messages(sessions: Sessions, now: datetime) -> int:
        counts = notification_jobs.run(
            sessions, provider, now=now, clock=present, lanes=lanes, worker=worker, public_url=public_url
        )
        return sum(counts.values())

    return {
        "open-checkins": open_checkins,
        "close-checkins": in_rounds(questionnaire_jobs.close_checkins),
        "silences": in_rounds(triage_jobs.raise_silences),
        "never-invited": in_rounds(triage_jobs.raise_never_invited),
        "never-activated": in_rounds(triage_jobs.raise_never_activated),
        "reviews-due": in_rounds(triage_jobs.raise_reviews_due),
        "limits-due": in_rounds(triage_jobs.raise_limits_due),
        "follow-up-ends": in_rounds(triage_jobs.end_follow_ups),
        "messages": messages,
        "reliving": relive,
        "housekeeping": in_rounds(housekeeping.tidy),
    }


def check_clock(session: Session, present: Clock) -> None:
    """Raise ClockSkew when this machine's clock, before and after asking, is not the database's.

    Both, or a connection that took its time would count as a wrong clock.
    """
    before = present()
    there = session.scalar(text("SELECT clock_timestamp()"))
    assert there is not None
    skew = max(before - there, there - present())
    if skew > SKEW_LIMIT:
        raise ClockSkew(there, skew)


def beat(sessions: Sessions, name: str, job: Job, *, present: Clock = clock.now) -> None:
    """Run one job once and leave its heartbeat, whether it worked or not; an error ends this beat, never the worker."""
    started, failure, done = time.monotonic(), None, 0
    try:
        with sessions.begin() as session:
            check_clock(session, present)
        done = job(sessions, present())
    except Exception as error:
        failure = error
        log.error("job_failed", job=name, error=type(error).__name__, exc_info=not isinstance(error, ClockSkew))
    took = int((time.monotonic() - started) * 1000)
    # By a wrong clock, a heartbeat would look fresh for as long as that clock is ahead.
    now = failure.there if isinstance(failure, ClockSkew) else present()
    try:
        with sessions.begin() as session:
            heartbeats.beat(session, job=name, now=now, took_ms=took, done=done, error=failure)
    except SQLAlchemyError as error:
        log.error("heartbeat_not_written", job=name, error=type(error).__name__)


class Watchdog:
    """Ends the process when no job has beaten for too long on a clock that no one can set back.

    A beat that fails is a beat: while the database is away nothing is gained by starting again and again.
    """

    def __init__(self, present: Callable[[], float] = time.monotonic) -> None:
        self.present = present
        self.last = present()

    def fed(self, run: Callable[[], None]) -> Callable[[], None]:
        def feeding() -> None:
            run()
            self.last = self.present()

        return feeding

    def is_silent(self) -> bool:
        return self.present() - self.last > SILENCE_LIMIT_SECONDS

    def guard(self, stop: threading.Event, *, every: float = 1, end: Callable[[int], object] = os._exit) -> None:
        while not stop.wait(every):
            if self.is_silent():
                log.error("watchdog_ends_worker", silent_for=SILENCE_LIMIT_SECONDS)
                end(3)


def run(app: Flask) -> None:
    """Beat until SIGTERM or SIGINT, then finish what is under way."""
    settings = app.config["VIGIDOM"]
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with app.app_context():
        engine = db.engine
        sessions = sessionmaker(engine)
        provider = chosen(settings, sessions)
    scheduler, dog = BackgroundScheduler(timezone="UTC"), Watchdog()
    for name, job in jobs(provider, settings.public_url).items():
        scheduler.add_job(
            dog.fed(lambda name=name, job=job: beat(sessions, name, job)),  # type: ignore[misc]
            "interval",
            seconds=BEAT_SECONDS,
            id=name,
            next_run_time=clock.now(),
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
        )
    scheduler.start()
    log.info("worker_started", jobs=len(scheduler.get_jobs()))
    dog.guard(stop)
    scheduler.shutdown(wait=True)
    engine.dispose()
