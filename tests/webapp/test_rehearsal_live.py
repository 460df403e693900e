"""A rehearsal that people look on at: one fast clock for everybody, and for this process alone."""

from __future__ import annotations

import socket
import threading
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from records import clock
from records.clock_check import check_clock
from records.models import Role, Staff, Team
from tests.factories import make_staff
from triage import callbacks
from triage.models import Callback
from webapp import rehearsal
from webapp.config import Settings
from webapp.rehearsal.live import FastClock, served

MORNING = datetime(2026, 11, 20, 9, 20, tzinfo=UTC)


class Ticks:
    """A clock of the machine that moves when somebody waits for it."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Waits(threading.Event):
    def __init__(self, ticks: Ticks) -> None:
        super().__init__()
        self.ticks = ticks

    def wait(self, timeout: float | None = None) -> bool:
        self.ticks.seconds += timeout or 0
        return self.is_set()


def test_the_clock_stands_until_somebody_waits_and_then_runs_fast() -> None:
    ticks = Ticks()
    fast = FastClock(MORNING, speed=60, ticks=ticks)
    ticks.seconds += 500
    stood = fast.present()

    shown = fast.wait(MORNING + timedelta(minutes=3), Waits(ticks))

    assert stood == MORNING
    assert shown == fast.present() == MORNING + timedelta(minutes=3)
    assert ticks.seconds == 1503


def test_pages_live_by_the_fast_clock_and_the_process_goes_back_to_its_own(
    app: Flask, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    with served(app, host="127.0.0.1", port=port, fast=FastClock(MORNING, speed=60)):
        inside = clock.now()
        check_clock(session, clock.now)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/fr/staff/sign-in", timeout=20) as answer:
            status = answer.status

    assert (inside, status) == (MORNING, 200)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert [line for line in caplog.records if line.name == "werkzeug"] == [], "an address may hold a patient's link"


def test_a_rehearsal_goes_on_at_the_pace_of_whoever_looks_on(session: Session, settings: Settings) -> None:
    ticks = Ticks()
    fast = FastClock(MORNING, speed=60, ticks=ticks)
    ends_at = MORNING + timedelta(minutes=20)

    table = rehearsal.rehearse(
        session, settings, patients=4, days=1, seed=3, ends_at=ends_at, pace=fast, callers=1, stop=Waits(ticks)
    )

    assert table["patients"] == "4"
    assert fast.present() == ends_at
    assert ticks.seconds == 1020


class Meddler(FastClock):
    """Whoever looks on takes every call from who has it, each minute."""

    def meddle(self, session: Session) -> None:
        self.session, self.taken = session, 0

    def wait(self, until: datetime, stop: threading.Event) -> datetime:
        now = super().wait(until, stop)
        held = sa.select(Callback).where(Callback.claim_ends_at > now, Callback.state == "open")
        with Session(self.session.get_bind()) as own:
            me = own.scalars(sa.select(Staff).where(Staff.role == Role.SUPERVISOR)).first()
            team = own.scalars(sa.select(Team)).one()
            me = me or make_staff(own, Role.SUPERVISOR, teams=[team], now=MORNING)
            for callback in own.scalars(held.where(sa.func.coalesce(Callback.claimed_by_id, 0) != me.id)).all():
                callbacks.take_over(own, callback=callback.public_id, staff=me, now=now)
                self.taken += 1
            own.commit()
        return now


@pytest.mark.drill
def test_a_call_that_is_taken_by_whoever_looks_on_is_left_to_them(session: Session, settings: Settings) -> None:
    ticks = Ticks()
    pace = Meddler(MORNING, speed=60, ticks=ticks)
    pace.meddle(session)
    ends_at = MORNING + timedelta(minutes=40)

    rehearsal.rehearse(
        session, settings, patients=24, days=1, seed=3, ends_at=ends_at, pace=pace, callers=2, stop=Waits(ticks)
    )

    assert pace.taken
    assert pace.present() == ends_at
