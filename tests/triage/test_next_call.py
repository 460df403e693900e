"""The next call for one of many: the most urgent that nobody has, and never what is somebody else's."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from records.models import Role, Staff
from tests.factories import NOW, make_screen, make_team
from tests.triage.calling import another_patient
from tests.triage.scene import ORANGE, RED, Scene, at_once, set_scene
from triage import callbacks
from triage.callbacks import Filters, next_call
from triage.models import Callback
from triage.refusals import AllBusy

MINUTE = timedelta(minutes=1)
SOON = NOW + 3 * MINUTE
TWO = SOON + 2 * MINUTE
INSTANT = timedelta(microseconds=1)


def handed_up(scene: Scene, *, now: datetime) -> None:
    about = {"callback": scene.callback().public_id, "staff": scene.person(), "now": now}
    callbacks.dispose(scene.session, **about, kind="to-physician", seen_alerts=())
    scene.session.commit()


def next_for(scene: Scene, now: datetime, role: str = Role.OPERATOR) -> uuid.UUID | None:
    found = callbacks.claim_next(scene.session, staff=scene.person(role), now=now)
    scene.session.rollback()
    return found.callback if found else None


def until_empty(session: Session, staff_id: int) -> list[uuid.UUID]:
    """Claims until nothing is left, each in a transaction of its own."""
    won: list[uuid.UUID] = []
    while True:
        taken = callbacks.claim_next(session, staff=session.get_one(Staff, staff_id), now=SOON)
        session.commit()
        if taken is None:
            return won
        won.append(taken.callback)


def test_the_next_call_is_the_most_urgent_one_that_nobody_has(scene: Scene):
    first = another_patient(scene, ORANGE)
    red = another_patient(scene, RED, now=SOON)
    later = another_patient(scene, ORANGE, now=SOON)
    people = [scene.another() for _ in range(4)]

    given = [callbacks.claim_next(scene.session, staff=person, now=SOON) for person in people]

    assert [one and one.callback for one in given] == [red, first, later, None]


def test_the_next_call_is_not_what_is_put_off_nor_what_a_physician_decides(scene: Scene):
    scene.submit(RED)
    callback = scene.callback()
    handed_up(scene, now=SOON)
    put_off = another_patient(scene)
    scene.session.execute(
        sa.update(Callback).where(Callback.public_id == put_off).values(next_try_at=NOW + timedelta(minutes=30))
    )
    scene.session.commit()

    assert callbacks.claim_next(scene.session, staff=scene.person(), now=SOON) is None
    for_doctor = callbacks.claim_next(scene.session, staff=scene.person(Role.PHYSICIAN), now=SOON)
    assert for_doctor is not None
    assert for_doctor.callback == callback.public_id
    due = callbacks.claim_next(scene.session, staff=scene.person(), now=NOW + timedelta(minutes=30))
    assert due is not None
    assert due.callback == put_off


def test_a_red_that_came_since_the_call_was_handed_up_is_the_next_call_of_whoever_is_there(scene: Scene):
    scene.submit(RED)
    handed_up(scene, now=SOON)
    assert next_for(scene, SOON + MINUTE) is None, "a person handed it up with that red before them"
    scene.submit(RED, now=SOON + MINUTE)
    own = scene.callback().public_id
    assert next_for(scene, SOON + 2 * MINUTE) == own, "no physician is at work: somebody calls"
    callbacks.add_attempt(
        scene.session, callback=own, staff=scene.person(), now=SOON + 2 * MINUTE, outcome="reached", verified=True
    )
    scene.session.commit()
    assert next_for(scene, SOON + 3 * MINUTE) is None, "called: what is left is the physician's"


def test_a_physician_at_work_has_the_red_until_its_call_is_due(scene: Scene):
    scene.submit(ORANGE)
    handed_up(scene, now=SOON)
    make_screen(scene.session, scene.person(Role.PHYSICIAN), at=SOON)
    scene.submit(RED, now=SOON + INSTANT)
    own, due = scene.callback().public_id, scene.callback().due_at
    assert [next_for(scene, SOON + MINUTE), next_for(scene, SOON + MINUTE, Role.PHYSICIAN)] == [None, own]
    assert [next_for(scene, due - INSTANT), next_for(scene, due)] == [None, own]


def test_what_is_red_only_because_nobody_was_reached_stays_the_physicians(scene: Scene):
    scene.submit(RED)
    for number in range(3):
        at = SOON + number * timedelta(hours=1)
        callbacks.claim(scene.session, callback=scene.callback().public_id, staff=scene.person(), now=at)
        about = {"callback": scene.callback().public_id, "staff": scene.person(), "now": at + MINUTE}
        whom = "contact" if number == 2 else "patient"
        callbacks.add_attempt(scene.session, **about, outcome="no-answer", called=whom)
        callbacks.release(scene.session, callback=about["callback"], staff=about["staff"], now=at + 2 * MINUTE)
        scene.session.commit()
    scene.session.execute(sa.update(Callback).values(for_physician=True, next_try_at=None))
    assert next_for(scene, SOON + timedelta(hours=4)) is None
    scene.submit(RED, now=SOON + timedelta(hours=4))
    assert scene.callback().next_step == "call-patient", "they have just answered"
    assert next_for(scene, SOON + timedelta(hours=4)) == scene.callback().public_id


def test_the_next_call_is_of_ones_own_teams_and_within_the_filters(scene: Scene):
    scene.submit(ORANGE)
    stranger = scene.another(teams=[make_team(scene.session)])

    assert callbacks.claim_next(scene.session, staff=stranger, now=SOON) is None
    assert callbacks.claim_next(scene.session, staff=scene.person(), now=SOON, filters=Filters(level="red")) is None
    assert callbacks.claim_next(scene.session, staff=scene.person(), now=SOON, filters=Filters(level="orange"))


def test_who_finds_everything_in_other_hands_is_not_told_that_nobody_waits(
    scene: Scene, engine: sa.Engine, monkeypatch
):
    monkeypatch.setattr(next_call, "TRIES", 2)
    scene.submit(RED)
    person = scene.person()
    with Session(engine) as other:
        other.execute(sa.select(Callback.id).with_for_update())

        with pytest.raises(AllBusy):
            callbacks.claim_next(scene.session, staff=person, now=SOON)


def test_eight_callers_empty_a_queue_of_twelve_and_each_is_taken_once(session: Session, pool: sa.Engine):
    scene = set_scene(session)
    waiting = [another_patient(scene, RED if number % 3 == 0 else ORANGE) for number in range(12)]
    people = [scene.another().id for _ in range(8)]

    won = [one for result in at_once(pool, 8, lambda s, n: until_empty(s, people[n])) for one in result]

    assert sorted(won) == sorted(waiting)
