"""Sixty-four callers who take what comes from one queue: each call-back once, none left, the urgent ones first; and the
same for a minute in which more comes in and callers walk off.
"""

from __future__ import annotations

import itertools
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

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
from triage.models import Alert, AlertKind, Callback, CallbackEvent, Disposition, EventKind
from triage.refusals import AllBusy, CallbackClosed, TakenBy

CALLERS, WAITING = 64, 320
CALL = 0.5
"""Seconds of a call: whoever has just got one is not the next to ask."""
SOON = NOW + timedelta(minutes=1)
RANKS = (Level.RED, Level.ORANGE, Level.ORANGE, Level.SILENT)


@pytest.fixture
def pool(settings, database) -> Iterator[sa.Engine]:
    """One connection for each caller; the server allows a hundred."""
    wide = sa.create_engine(settings.database_url, **engine_options(pool_size=CALLERS + 1))
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

    def work(session: Session, number: int) -> list[uuid.UUID]:
        won: list[uuid.UUID] = []
        while True:
            try:
                taken = callbacks.claim_next(session, staff=session.get_one(Staff, people[number]), now=SOON)
                session.commit()
            except AllBusy:  # told so, and they ask again
                session.rollback()
                continue
            if taken is None:
                return won
            won.append(taken.callback)
            time.sleep(CALL)

    results = at_once(pool, CALLERS, work)

    faults = [result for result in results if isinstance(result, Exception)]
    assert faults == [], "no deadlock, no time-out"
    won = [public_id for result in results for public_id in result]
    assert sorted(won) == sorted(ranks), "each call-back once, and none is left"
    assert all(results), "nobody was left without a call while there were five for each"
    for mine in results:
        urgent = [ranks[public_id] == Level.RED for public_id in mine]
        assert urgent == sorted(urgent, reverse=True), "nobody was given a lesser one while an urgent one waited"


FED_SECONDS, FASTER, NEW_A_SECOND, WALKS_OFF = 20, 60, 4, 8
"""A second of the test is a minute of the centre, so that whoever walks off loses their claim within a quarter of one;
every eighth call ends so. At 60 seconds it was sound, and lasted three minutes on two busy cores.
"""


def centre_clock(began: float) -> datetime:
    return SOON + FASTER * timedelta(seconds=time.monotonic() - began)


def feed(pool: sa.Engine, enrolments: list[tuple[int, int]], began: float, over: threading.Event) -> None:
    """New reasons of patients who wait already and of those who were called; every tenth a worse one."""
    with Session(pool) as session:
        for number in itertools.count():
            if time.monotonic() - began > FED_SECONDS:
                break
            enrolment_id, team_id = enrolments[number * 7 % len(enrolments)]
            rank = Level.RED if number % 10 == 0 else RANKS[1 + number % 3]
            given = {"reasons": [{"code": "asked"}], "due_at": centre_clock(began) + timedelta(minutes=20)}
            raised = Raise(f"more:{number}", enrolment_id, team_id, AlertKind.ASKED, rank, **given)
            callbacks.raise_alerts(session, alerts=[raised], now=centre_clock(began))
            session.commit()
            time.sleep(1 / NEW_A_SECOND)
    over.set()


def conclude(session: Session, own: uuid.UUID, person: Staff, began: float) -> None:
    """The patient is reached, and all that stands at that moment is decided."""
    about = {"callback": own, "staff": person, "now": centre_clock(began)}
    callbacks.add_attempt(session, **about, outcome="reached", verified=True)
    standing = select(Alert.public_id).join(Callback, Callback.id == Alert.callback_id)
    seen = list(session.scalars(standing.where(Callback.public_id == own, Alert.closed_at.is_(None))))
    callbacks.dispose(session, **about, kind="advice", seen_alerts=seen)
    session.commit()


@pytest.mark.drill
@pytest.mark.timeout(600)
def test_while_more_comes_in_and_callers_walk_off_nobody_is_called_twice_or_never(session: Session, pool: sa.Engine):
    scene = set_scene(session)
    crowd(scene, WAITING // 2)
    people = [scene.another().id for _ in range(CALLERS)]
    enrolments = [tuple(row) for row in session.execute(select(Callback.enrolment_id, Callback.team_id))]
    session.commit()
    began, over = time.monotonic(), threading.Event()
    feeder = threading.Thread(target=feed, args=(pool, enrolments, began, over))
    feeder.start()

    def work(session: Session, number: int) -> int:
        taken = 0
        while True:
            person = session.get_one(Staff, people[number])
            try:
                own = callbacks.claim_next(session, staff=person, now=centre_clock(began))
                session.commit()
                if own is None:
                    if over.is_set() and not session.scalar(
                        select(Callback.id).where(Callback.state == "open").limit(1)
                    ):
                        return taken
                    session.commit()
                    time.sleep(CALL)
                    continue
                taken += 1
                time.sleep(CALL)
                if taken % WALKS_OFF:
                    conclude(session, own.callback, session.get_one(Staff, people[number]), began)
            except (AllBusy, TakenBy, CallbackClosed):  # told so, and they ask for another one
                session.rollback()

    results = at_once(pool, CALLERS, work, patience=240)
    feeder.join(timeout=10)

    assert [result for result in results if isinstance(result, Exception)] == [], "no deadlock, no time-out"
    assert all(results), "nobody was left without a call"
    session.expire_all()
    assert session.scalars(select(Alert.id).where(Alert.closed_at.is_(None))).all() == [], "nobody is forgotten"
    events = select(CallbackEvent).order_by(CallbackEvent.callback_id, CallbackEvent.id)
    for _, told in itertools.groupby(session.scalars(events), key=lambda event: event.callback_id):
        claims = [event for event in told if event.kind in (EventKind.CLAIMED, EventKind.EXPIRED)]
        decided = session.scalars(select(Disposition).where(Disposition.callback_id == claims[0].callback_id)).all()
        kinds = Counter(event.kind for event in claims)
        assert kinds[EventKind.CLAIMED] == kinds[EventKind.EXPIRED] + len(decided), "each claim ended before the next"
        for one, following in itertools.pairwise(claims):
            if one.kind == EventKind.EXPIRED:
                assert (following.kind, following.at >= one.at) == (EventKind.CLAIMED, True), "never two callers"
