"""The worker: APScheduler beats, the packages' jobs ask the database what is due.

Nothing is scheduled in memory but the beat itself, so a worker may die or sleep at any moment and lose nothing.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from notifications import announcing
from notifications import jobs as notification_jobs
from notifications.providers import Provider
from questionnaires import jobs as questionnaire_jobs
from records import clock, heartbeats, housekeeping
from records.clock_check import ClockSkew, check_clock
from records.db import db
from triage import incidents, reliving, replay, team_moves
from triage import jobs as triage_jobs
from triage.duty import escalations
from webapp import timekeeping
from webapp.providers import chosen
from webapp.timekeeping import ClockWatch

log = structlog.get_logger(__name__)

BEAT_SECONDS = 5
SILENCE_LIMIT_SECONDS = 120
CHUNK = 5_000
LANES = 4  # texts that wait for the provider at once, and so how many a crash leaves in doubt
ROUNDS = 50

WRONG_CLOCK = (ClockSkew, timekeeping.ClockSetOn, timekeeping.ClockSetBack)

Sessions = sessionmaker[Session]
Job = Callable[[Sessions, datetime], int]
Clock = Callable[[], datetime]


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


def escalate(sessions: Sessions, now: datetime) -> int:
    """One chunk a beat: whoever is told of many is told of the rest five seconds later."""
    with sessions.begin() as session:
        return escalations.escalate(session, now=now)


def relive(sessions: Sessions, now: datetime) -> int:
    """One chunk a beat: looking back must never keep what is due now waiting."""
    with sessions.begin() as session:
        return reliving.relive(session, now=now)


def jobs(
    provider: Provider,
    public_url: str,
    *,
    present: Clock | None = clock.now,
    lanes: int = LANES,
    stopping: Callable[[], bool] = lambda: False,
) -> dict[str, Job]:
    """Every job by the name under which the health page shows it.

    `present` tells the instant during a long beat; None lets a beat live at its `now` throughout. A replay may take
    minutes: it asks `stopping` now and then, and gives itself back to whoever comes next.
    """
    worker = f"{socket.gethostname()}:{os.getpid()}"

    def messages(sessions: Sessions, now: datetime) -> int:
        counts = notification_jobs.run(
            sessions, provider, now=now, clock=present, lanes=lanes, worker=worker, public_url=public_url
        )
        return sum(counts.values())

    def replays(sessions: Sessions, now: datetime) -> int:
        return replay.run_waiting(sessions, now, clock=present, stopping=stopping)

    return {
        "open-checkins": open_checkins,
        "close-checkins": in_rounds(questionnaire_jobs.close_checkins),
        "silences": in_rounds(triage_jobs.raise_silences),
        "incidents": in_rounds(incidents.run),
        "snoozes": in_rounds(triage_jobs.end_snoozes),
        "never-invited": in_rounds(triage_jobs.raise_never_invited),
        "never-activated": in_rounds(triage_jobs.raise_never_activated),
        "reviews-due": in_rounds(triage_jobs.raise_reviews_due),
        "limits-due": in_rounds(triage_jobs.raise_limits_due),
        "teams": in_rounds(team_moves.follow_teams),
        "follow-up-ends": in_rounds(triage_jobs.end_follow_ups),
        "announcements": in_rounds(announcing.announce_and_tell),
        "escalations": escalate,
        "messages": messages,
        "reliving": relive,
        replay.JOB: replays,
        "housekeeping": in_rounds(housekeeping.tidy),
    }


def beat(
    sessions: Sessions, name: str, job: Job, *, present: Clock = clock.now, watch: ClockWatch | None = None
) -> None:
    """Run one job once and leave its heartbeat, whether it worked or not; an error ends this beat, never the worker.

    By a clock that is not the database's, or that `watch` does not believe yet, the job is not run.
    """
    started, failure, done = time.monotonic(), None, 0
    try:
        with sessions.begin() as session:
            check_clock(session, present)
        if watch is not None:
            watch.check()
        done = job(sessions, present())
    except Exception as error:
        failure = error
        log.error("job_failed", job=name, error=type(error).__name__, exc_info=not isinstance(error, WRONG_CLOCK))
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

    def guard(
        self,
        stop: threading.Event,
        *,
        look: Callable[[], object] = lambda: None,
        every: float = 1,
        end: Callable[[int], object] = os._exit,
    ) -> None:
        """Until `stop`, `look` and see to it that somebody still beats."""
        while not stop.wait(every):
            look()
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
    watch, dog = ClockWatch(), Watchdog()
    known = {
        timekeeping.JOB: timekeeping.compare_with_last_beat,
        **jobs(provider, settings.public_url, stopping=stop.is_set),
    }
    scheduler = beating(known, sessions, watch=watch, dog=dog)
    scheduler.start()
    log.info("worker_started", jobs=len(scheduler.get_jobs()))
    dog.guard(stop, look=lambda: wake(scheduler, watch))
    scheduler.shutdown(wait=True)
    engine.dispose()


def beating(known: Mapping[str, Job], sessions: Sessions, *, watch: ClockWatch, dog: Watchdog) -> BackgroundScheduler:
    """A scheduler, not started, of one beat for each job."""
    scheduler = BackgroundScheduler(timezone="UTC")
    for name, job in known.items():
        scheduler.add_job(
            dog.fed(lambda name=name, job=job: beat(sessions, name, job, watch=watch)),  # type: ignore[misc]
            timekeeping.SoonAgain(BEAT_SECONDS),
            id=name,
            next_run_time=clock.now(),
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
        )
    return scheduler


def wake(scheduler: BackgroundScheduler, watch: ClockWatch) -> None:
    """After the clock was set, every job beats now: the scheduler itself would wait for the hour it had in mind, which
    a clock set back reaches a day later.
    """
    by = watch.look()
    if by is None:
        return
    log.error("clock_set", seconds=round(by.total_seconds()))
    for job in scheduler.get_jobs():
        job.modify(next_run_time=clock.now())
