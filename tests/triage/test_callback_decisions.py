"""A decision closes what its author saw, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from records.models import Enrolment, Role, Staff
from tests.factories import NOW
from tests.triage.calling import LATER, called, disposed, seen
from tests.triage.scene import ORANGE, RED, Scene
from triage import callbacks
from triage.levels import Level
from triage.models import AlertKind, Disposition, DispositionKind
from triage.refusals import (
    CallbackClosed,
    NeedsAttempt,
    NeedsContactTried,
    NeedsReached,
    PhysicianOnly,
    UnknownCode,
)


def test_a_disposition_closes_the_callback_when_everything_was_seen(scene: Scene):
    scene.submit(ORANGE)
    called(scene)
    callbacks.claim(scene.session, callback=scene.callback().public_id, staff=scene.person(Role.PHYSICIAN), now=NOW)

    outcome = disposed(scene, note="Paracetamol")

    callback = scene.callback()
    assert (outcome.closed, outcome.remaining) == (True, 0)
    assert (callback.state, callback.closed_at, callback.claimed_by_id) == ("closed", LATER, None)
    assert scene.alerts() == []
    (detail,) = callbacks.detail(scene.session, enrolment=scene.enrolment, language="fr", now=LATER)
    assert [(line.code, line.note) for line in detail.dispositions] == [("advice", "Paracetamol")]


def test_what_its_author_did_not_see_stays_with_its_own_rank_and_time(scene: Scene):
    scene.submit(RED)
    known = seen(scene)
    called(scene)
    scene.submit(ORANGE, now=NOW + timedelta(minutes=3))
    version = scene.callback().version

    outcome = disposed(scene, seen_alerts=known)

    callback = scene.callback()
    assert (outcome.closed, outcome.remaining) == (False, 1)
    assert (callback.state, callback.rank, callback.due_at) == ("open", Level.ORANGE, NOW + timedelta(minutes=123))
    assert callback.version == version + 1
    assert [alert.rank for alert in scene.alerts()] == [Level.ORANGE]


def test_what_came_after_the_call_needs_a_call_of_its_own(scene: Scene):
    scene.submit(ORANGE)
    known = seen(scene)
    called(scene)
    scene.submit(RED, now=NOW + timedelta(minutes=3))
    disposed(scene, seen_alerts=known)

    with pytest.raises(NeedsReached):
        disposed(scene, "advice", now=LATER + timedelta(minutes=1))
    scene.session.rollback()
    called(scene, now=LATER + timedelta(minutes=2))
    assert disposed(scene, "advice", now=LATER + timedelta(minutes=3)).closed


@pytest.mark.parametrize("first", ["alert", "disposition"])
def test_an_alert_raised_during_the_disposition_is_not_swept_away(scene: Scene, pool: sa.Engine, first: str):
    """The second waits for the first; whichever that is, the red one stands in an open call-back afterwards."""
    scene.submit(ORANGE)
    called(scene)
    public_id, known, enrolment_id = scene.callback().public_id, seen(scene), scene.enrolment.id
    staff_id = scene.person(Role.PHYSICIAN).id

    def dispose(session: Session) -> None:
        mine = session.get_one(Staff, staff_id)
        callbacks.dispose(session, callback=public_id, staff=mine, kind="advice", seen_alerts=known, now=LATER)

    def raise_red(session: Session) -> None:
        callbacks.raise_alert(
            session,
            enrolment=session.get_one(Enrolment, enrolment_id),
            kind=AlertKind.WROTE,
            rank=Level.RED,
            key="wrote:1",
            reasons=[{"code": "wrote"}],
            now=LATER,
        )

    one, other = (raise_red, dispose) if first == "alert" else (dispose, raise_red)
    scene.session.commit()
    with Session(pool) as session:
        one(session)
        with ThreadPoolExecutor(1) as threads:
            waiting = threads.submit(in_own_session, pool, other)
            until_somebody_waits(pool)
            session.commit()
            waiting.result(timeout=30)

    assert [alert.kind for alert in scene.alerts()] == [AlertKind.WROTE]
    assert (scene.callback().state, scene.callback().rank) == ("open", Level.RED)


def in_own_session(pool: sa.Engine, act: Callable[[Session], None]) -> None:
    with Session(pool) as session:
        act(session)
        session.commit()


def until_somebody_waits(pool: sa.Engine) -> None:
    """Returns once a connection waits for a lock that another holds."""
    blocked = sa.text("SELECT count(*) FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0")
    with pool.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not connection.execute(blocked).scalar_one():
            pass


def test_a_red_entry_error_needs_a_call_that_reached_the_patient(scene: Scene):
    scene.submit(RED)
    with pytest.raises(NeedsReached):
        disposed(scene, "entry-error")
    scene.session.rollback()
    called(scene, "voicemail")
    with pytest.raises(NeedsReached):
        disposed(scene, "entry-error")
    assert scene.count(Disposition) == 0
    assert len(scene.alerts()) == 1


@pytest.mark.parametrize("kind", list(DispositionKind))
def test_only_some_outcomes_need_no_call(scene: Scene, kind: str):
    scene.submit(RED)
    details = {"hours": 2} if kind == "extra-checkin" else {}
    free = {"to-physician", "admitted", "deceased", "ambulance"}
    refusals = {"unreachable": NeedsAttempt, "welfare-check": NeedsContactTried, "wrong-patient": UnknownCode}

    if kind in free:
        disposed(scene, kind, details=details)
        assert scene.count(Disposition) == 1
    else:
        with pytest.raises(refusals.get(kind, NeedsReached)):
            disposed(scene, kind, details=details)
        assert scene.count(Disposition) == 0


@pytest.mark.parametrize("kind", ["ambulance", "unreachable"])
@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SUPERVISOR])
def test_only_a_physician_decides(scene: Scene, kind: str, role: str):
    scene.submit(RED)
    called(scene, "no-answer", role=role)

    with pytest.raises(PhysicianOnly):
        disposed(scene, kind, role=role)


def test_a_second_disposition_of_a_closed_callback_is_refused(scene: Scene):
    scene.submit(ORANGE)
    called(scene)
    known = seen(scene)
    disposed(scene)

    with pytest.raises(CallbackClosed):
        disposed(scene, seen_alerts=known)


def test_handing_over_closes_nothing_and_frees_the_claim(scene: Scene):
    scene.submit(ORANGE)
    callbacks.claim(scene.session, callback=scene.callback().public_id, staff=scene.person(), now=NOW)

    outcome = disposed(scene, "to-physician", role=Role.OPERATOR, seen_alerts=[])

    callback = scene.callback()
    assert (outcome.closed, outcome.remaining) == (False, 1)
    assert (callback.for_physician, callback.claimed_by_id, callback.state) == (True, None, "open")
