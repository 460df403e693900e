"""Sixty-four callers who take what comes from one queue: each call-back once, none left, the urgent ones first."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.orm import Session

from records.db import engine_options
from records.models import Staff
from tests.factories import NOW, make_enrolment
from tests.triage.scene import Scene, at_once, set_scene
from triage import callbacks
from triage.callbacks import Raise
from triage.levels import Level
from triage.models import AlertKind, Callback
from triage.refusals import AllBusy

CALLERS, WAITING = 64, 320
CALL = 0.5
"""Seconds of a call: whoever has just got one is not the next to ask."""
LONGEST_WAIT, MOST_SECONDS = 20, 55
"""Of 64 threads on one or two cores."""
SOON = NOW + timedelta(minutes=1)
RANKS = (Level.RED, Level.ORANGE, Level.ORANGE, Level.SILENT)


@pytest.fixture
def pool(settings, database) -> Iterator[sa.Engine]:
    """One connection for each caller; the server allows a hundred."""
    wide = sa.create_engine(settings.database_url, **engine_options(pool_size=CALLERS))
    yield wide
    wide.dispose()


def crowd(scene: Scene, count: int) -> None:
    """Patients to call, a quarter of them urgent."""
    raised = []
    for number in range(count):
        enrolment = make_enrolment(scene.session, programme=scene.programme, team=scene.team)
        rank = RANKS[number % len(RANKS)]
        given = {"reasons": [{"code": "asked"}], "due_at": NOW + timedelta(minutes=number % 7)}
        key = f"crowd:{number}"
        raised.append(Raise(key, enrolment.id, scene.team.id, AlertKind.ASKED, rank, **given))
    callbacks.raise_alerts(scene.session, alerts=raised, now=NOW)
    scene.session.commit()


@pytest.mark.drill
def test_sixty_four_callers_empty_one_queue_and_nobody_is_called_twice_or_never(session: Session, pool: sa.Engine):
    scene = set_scene(session)
    crowd(scene, WAITING)
    ranks = dict(session.execute(select(Callback.public_id, Callback.rank)).all())
    people = [scene.another().id for _ in range(CALLERS)]

    waits: list[float] = []

    def work(session: Session, number: int) -> list[uuid.UUID]:
        won, asked = [], time.monotonic()
        while True:
            try:
                taken = callbacks.claim_next(session, staff=session.get_one(Staff, people[number]), now=SOON)
                session.commit()
            except AllBusy:  # told so, and they ask again
                session.rollback()
                continue
            waits.append(time.monotonic() - asked)
            if taken is None:
                return won
            won.append(taken.callback)
            time.sleep(CALL)
            asked = time.monotonic()

    began = time.monotonic()
    results = at_once(pool, CALLERS, work)
    lasted = time.monotonic() - began

    faults = [result for result in results if isinstance(result, Exception)]
    assert faults == [], "no deadlock, no time-out"
    won = [public_id for result in results for public_id in result]
    assert sorted(won) == sorted(ranks), "each call-back once, and none is left"
    assert all(results), "nobody was left without a call while there were five for each"
    assert max(waits) < LONGEST_WAIT
    assert lasted < MOST_SECONDS
    for mine in results:
        urgent = [ranks[public_id] == Level.RED for public_id in mine]
        assert urgent == sorted(urgent, reverse=True), "nobody was given a lesser one while an urgent one waited"
