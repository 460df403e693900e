"""The worker under wrong clocks, a silent scheduler, an absent database and foreign time zones."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from notifications.models import Message
from questionnaires.models import Checkin
from records import clock
from records.db import engine_options
from records.models import Enrolment, Heartbeat
from tests import factories
from tests.notifications.conftest import URL, Scripted
from tests.triage.scene import WELL, set_scene
from triage.models import Alert, Assessment
from webapp import worker
from webapp.config import Settings

Sessions = sessionmaker[Session]
A_DAY = timedelta(days=1)


@pytest.fixture
def sessions(session: Session, engine: sa.Engine) -> Sessions:
    return sessionmaker(engine)


def shifted(by: timedelta) -> Callable[[], datetime]:
    """A machine's clock that goes wrong by so much."""
    return lambda: clock.now() + by


def heartbeat(session: Session, job: str = "messages") -> Heartbeat:
    session.rollback()
    return session.scalars(sa.select(Heartbeat).where(Heartbeat.job == job)).one()


@pytest.fixture
def owed(session: Session) -> Enrolment:
    """An invited patient whose text is due, whatever day the machine's clock shows."""
    made = factories.make_enrolment(session, "invited", now=clock.now() - timedelta(minutes=1), zone="UTC")
    session.commit()
    return made


@pytest.mark.parametrize("by", [A_DAY, -A_DAY, timedelta(seconds=4), timedelta(seconds=-4)], ids=str)
def test_a_process_whose_clock_is_wrong_claims_nothing_and_says_so(
    session: Session, sessions: Sessions, owed: Enrolment, by: timedelta
) -> None:
    provider, present = Scripted(), shifted(by)
    jobs = worker.jobs(provider, URL, present=present)
    for name, job in jobs.items():
        worker.beat(sessions, name, job, present=present)

    assert provider.taken == []
    assert session.scalar(sa.select(sa.func.count(Message.id))) == 0
    for name in jobs:
        told = heartbeat(session, name)
        assert told.error == "ClockSkew"
        assert abs(told.beat_at - clock.now()) < timedelta(minutes=1)  # by the database's clock, not by the wrong one


def test_a_clock_within_two_seconds_is_right(session: Session, sessions: Sessions) -> None:
    seen: list[datetime] = []
    for by in (timedelta(seconds=1), timedelta(seconds=-1), timedelta()):
        worker.beat(sessions, "messages", lambda _, now: seen.append(now) or 1, present=shifted(by))

    assert len(seen) == 3
    assert (heartbeat(session).error, heartbeat(session).done) == (None, 1)


def test_a_database_that_is_slow_to_answer_is_no_wrong_clock(session: Session) -> None:
    started = clock.now()
    instants = iter([started - timedelta(seconds=30), started + timedelta(seconds=30)])

    worker.check_clock(session, lambda: next(instants))


def test_a_failing_job_leaves_its_error_and_the_next_beat_works(session: Session, sessions: Sessions) -> None:
    def fails(_: Sessions, now: datetime) -> int:
        raise ZeroDivisionError("quotes what nobody should read")

    worker.beat(sessions, "messages", fails)
    assert heartbeat(session).error == "ZeroDivisionError"
    worker.beat(sessions, "messages", lambda *_: 7)

    told = heartbeat(session)
    assert told.done == 7
    assert told.failed_at < told.beat_at


def test_the_worker_beats_every_job_that_looks_after_patients(session: Session, sessions: Sessions) -> None:
    """One round of all its jobs over patients of whom each is due for another."""
    scene = set_scene(session)
    scene.submit(WELL)
    how = {"programme": scene.programme, "team": scene.team, "onset_on": factories.NOW.date()}
    for state in ("enrolled", "invited", "paused"):
        factories.make_enrolment(session, state, **how)
    factories.make_enrolment(session, conditions=("home-oxygen",), **how)
    factories.make_enrolment(session, **how).ends_on = factories.NOW.date()
    session.commit()

    provider = Scripted()
    for job in worker.jobs(provider, URL, present=None).values():
        job(sessions, factories.NOW + timedelta(days=3))

    kinds = {"silence", "never-invited", "never-activated", "review-due", "limits-due", "follow-up-ends"}
    assert set(session.scalars(sa.select(Alert.kind))) == kinds
    assert session.scalars(sa.select(Assessment.relived_same)).all() == [True]
    assert provider.taken


class Ticks:
    """A monotonic clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def test_the_watchdog_ends_a_worker_whose_beats_stop_and_no_other() -> None:
    ticks, ended, stop = Ticks(), [], threading.Event()
    dog = worker.Watchdog(ticks)
    beats = dog.fed(lambda: None)
    for _ in range(10):
        ticks.at += worker.SILENCE_LIMIT_SECONDS
        assert not dog.is_silent()
        beats()
    ticks.at += worker.SILENCE_LIMIT_SECONDS + 1

    dog.guard(stop, every=0, end=lambda code: (ended.append(code), stop.set()))

    assert ended == [3]


def test_a_worker_without_its_database_goes_on_beating(cluster: object) -> None:
    away = sa.create_engine("postgresql+psycopg://nobody@/nothing?host=/nowhere", poolclass=sa.NullPool)
    ticks = Ticks()
    dog = worker.Watchdog(ticks)
    ran: list[datetime] = []
    beats = dog.fed(lambda: worker.beat(sessionmaker(away), "messages", lambda _, now: ran.append(now) or 0))
    ticks.at += worker.SILENCE_LIMIT_SECONDS + 1

    beats()

    assert ran == []
    assert not dog.is_silent()


@pytest.fixture(params=["Pacific/Noumea", "America/Cayenne", "Europe/Paris"])
def elsewhere(request: pytest.FixtureRequest, session: Session, settings: Settings) -> Iterator[Sessions]:
    """A database whose connections live in another zone than the process (Nouméa) and the service (UTC)."""
    options = engine_options()
    given = options["connect_args"]["options"]
    options["connect_args"] |= {"options": given.replace("timezone=UTC", f"timezone={request.param}")}
    engine = sa.create_engine(settings.database_url or "", **options)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SHOW timezone")).scalar_one() == request.param
    yield sessionmaker(engine)
    engine.dispose()


def test_the_zone_of_the_database_changes_no_hour(session: Session, elsewhere: Sessions) -> None:
    """A check-in at eight in Paris on the day of the autumn change, made and told at the same instants everywhere."""
    activated = datetime(2026, 10, 24, 18, 0, tzinfo=UTC)
    made = factories.make_enrolment(session, now=activated, onset_on=activated.date(), zone="Europe/Paris")
    session.commit()
    eight = datetime(2026, 10, 25, 7, 0, tzinfo=UTC)
    provider = Scripted()
    jobs = worker.jobs(provider, URL, present=None)

    for now in (eight - timedelta(seconds=1), eight):
        jobs["open-checkins"](elsewhere, now)
        jobs["messages"](elsewhere, now)

    [checkin] = session.scalars(sa.select(Checkin).where(Checkin.enrolment_id == made.id))
    [message] = session.scalars(sa.select(Message))
    assert (checkin.opens_at, checkin.local_on.isoformat()) == (eight, "2026-10-25")
    assert (message.sent_at, message.expires_at) == (eight, eight + timedelta(hours=2))
    assert provider.messages == [str(message.public_id)]
