"""The health page: a worker that does not beat, a job that fails, messages that wait, each said in strong words."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

from notifications.models import Message, Purpose
from notifications.providers.console import ConsoleProvider
from records import clock, heartbeats
from records.models import Role
from tests.factories import make_enrolment
from tests.triage.scene import set_scene
from tests.webapp.signing import make_person, sign_in
from webapp import worker
from webapp.timekeeping import ClockSetBack, ClockSetOn

HEALTH = "/en/admin/health"


@pytest.fixture
def client(app: Flask, session: Session) -> FlaskClient:
    return sign_in(app, make_person(session, role=Role.SUPERVISOR))


def beat(session: Session, *, ago: int, job: str = "messages", error: Exception | None = None) -> None:
    now = clock.now() - timedelta(seconds=ago)
    heartbeats.beat(session, job=job, now=now, took_ms=12, done=3, error=error)
    session.commit()


def test_a_database_without_a_beat_says_that_no_worker_is_beating(client: FlaskClient) -> None:
    page = client.get(HEALTH).text

    assert "No worker is beating" in page
    assert "No job has ever run on this database." in page


@pytest.mark.parametrize(("ago", "silent"), [(2, False), (50, False), (70, True), (90_000, True)])
def test_a_worker_is_silent_after_a_minute(session: Session, client: FlaskClient, ago: int, silent: bool) -> None:
    beat(session, ago=ago)

    assert ("No worker is beating" in client.get(HEALTH).text) is silent


def test_a_job_is_shown_by_its_name_with_its_age_and_work(session: Session, client: FlaskClient) -> None:
    beat(session, ago=300, job="silences")
    beat(session, ago=1)

    page = client.get(HEALTH).text

    assert "Raise silences" in page
    assert "5 minutes ago" in page
    assert "Something needs to be looked at" in page, "one silent job is not hidden by the others"
    assert "Everything runs" not in page


def test_a_failing_job_says_its_error_until_it_works_again(session: Session, client: FlaskClient) -> None:
    beat(session, ago=2, error=ValueError("a name that nobody should read here"))
    page = client.get(HEALTH).text
    assert "fails: <bdi>ValueError</bdi>" in page
    assert "a name that" not in page

    beat(session, ago=0)

    page = client.get(HEALTH).text
    assert "fails: <bdi>ValueError</bdi>" not in page
    assert "last failure" in page


@pytest.mark.parametrize(
    ("error", "card"),
    [(ClockSetOn("by a day"), "machine was set on"), (ClockSetBack("by a day"), "machine was set back")],
)
def test_a_clock_that_was_set_is_told_for_two_days(
    session: Session, client: FlaskClient, error: Exception, card: str
) -> None:
    beat(session, ago=40, job="clock", error=error)
    beat(session, ago=1, job="clock")

    page = client.get(HEALTH).text

    assert card in page
    assert "Everything runs" not in page
    assert "fails: Clock" not in page, "it was one beat"


def test_a_worker_that_died_before_the_clock_was_set_back_does_not_look_alive(
    session: Session, client: FlaskClient
) -> None:
    beat(session, ago=-86_400)

    page = client.get(HEALTH).text

    assert "No worker is beating" in page
    assert "in what is now the future" in page


def test_a_failure_of_before_the_clock_was_set_back_does_not_last_until_its_hour_comes_again(
    session: Session, client: FlaskClient
) -> None:
    beat(session, ago=-86_400, error=ValueError("by the wrong clock"))
    beat(session, ago=1)

    page = client.get(HEALTH).text

    assert "fails: <bdi>ValueError</bdi>" not in page
    assert "Everything runs" in page


def test_a_web_process_whose_clock_is_wrong_says_so_on_its_page(
    session: Session, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = clock.now
    monkeypatch.setattr(clock, "now", lambda: right() + timedelta(seconds=40))
    beat(session, ago=1)

    page = client.get(HEALTH).text

    assert "The clock of this web server is wrong" in page
    assert "Everything runs" not in page


def test_messages_that_wait_too_long_are_counted(session: Session, client: FlaskClient) -> None:
    now, enrolment = clock.now(), make_enrolment(session)
    for number, wait in enumerate((600, 700, -600)):
        at = now - timedelta(seconds=wait)
        session.add(
            Message(
                key=f"test:{number}",
                purpose=Purpose.INVITATION,
                enrolment_id=enrolment.id,
                status_at=at,
                created_at=at,
                next_try_at=at,
                expires_at=now + timedelta(days=1),
            )
        )
    beat(session, ago=0)

    page = client.get(HEALTH).text

    assert '<dd>3 <span class="vd-late">2 overdue</span></dd>' in page
    assert "Something needs to be looked at" in page


def test_a_healthy_service_says_so_and_what_it_is(session: Session, client: FlaskClient) -> None:
    beat(session, ago=1)

    page = client.get(HEALTH).text

    assert "Everything runs" in page
    assert "reachable, PostgreSQL" in page
    assert "console (reaches nobody)" in page
    assert "demonstration" in page


def test_an_assessment_that_comes_out_differently_is_said_in_strong_words(
    session: Session, client: FlaskClient
) -> None:
    scene = set_scene(session)
    scene.submit()
    session.execute(sa.text("UPDATE assessments SET level = 'red'"))
    session.commit()
    sessions = sessionmaker(session.get_bind())
    worker.beat(sessions, "reliving", worker.jobs(ConsoleProvider(sessions), "http://localhost")["reliving"])

    page = client.get(HEALTH).text

    assert "Live assessments again" in page
    assert "1 assessment comes out differently" in page
    assert "Everything runs" not in page
