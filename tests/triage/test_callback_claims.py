"""One call-back, one caller: claims that end by themselves, are taken over and given back."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.orm import Session

from records.models import AuditEntry, Staff
from records.texts import translator
from tests.factories import NOW, make_enrolment, make_team
from tests.triage.calling import LATER, called, disposed
from tests.triage.scene import ORANGE, RED, Scene, at_once, set_scene
from triage import callbacks
from triage.models import Callback
from triage.refusals import (
    CallbackClosed,
    NotFound,
    TakenBy,
)


def test_sixteen_callers_claim_each_callback_once(session: Session, pool: sa.Engine):
    scene = set_scene(session)
    people = [scene.another().id for _ in range(16)]
    for _ in range(3):
        other = make_enrolment(session, programme=scene.programme, team=scene.team)
        session.commit()
        scene.submit(ORANGE, enrolment_id=other.id)
    ids = list(session.scalars(select(Callback.public_id)))

    def take_all(session: Session, number: int) -> list[uuid.UUID]:
        won = []
        for public_id in ids[number % 3 :] + ids[: number % 3]:
            staff = session.get_one(Staff, people[number])
            try:
                callbacks.claim(session, callback=public_id, staff=staff, now=NOW)
                won.append(public_id)
            except TakenBy:
                lost.append(public_id)
            session.commit()
        return won

    lost: list[uuid.UUID] = []
    results = at_once(pool, 16, take_all)

    won = [public_id for result in results for public_id in result]
    assert sorted(won) == sorted(ids)
    assert len(lost) == 15 * 3


def test_the_loser_is_told_who_won_and_until_when(scene: Scene):
    scene.submit(RED)
    public_id, winner, loser = scene.callback().public_id, scene.person(), scene.another()
    callbacks.claim(scene.session, callback=public_id, staff=winner, now=NOW)

    with pytest.raises(TakenBy) as told:
        callbacks.claim(scene.session, callback=public_id, staff=loser, now=NOW + timedelta(minutes=14, seconds=59))

    assert (told.value.name, told.value.until) == (winner.name, NOW + timedelta(minutes=15))
    assert winner.name in told.value.text(translator("fr"))


def test_a_claim_ends_by_itself(scene: Scene):
    scene.submit(RED)
    public_id, second = scene.callback().public_id, scene.another()
    callbacks.claim(scene.session, callback=public_id, staff=scene.person(), now=NOW)

    taken = callbacks.claim(scene.session, callback=public_id, staff=second, now=NOW + timedelta(minutes=15))

    assert taken.claim_ends_at == NOW + timedelta(minutes=30)
    assert scene.callback().claimed_by_id == second.id


def test_claiming_again_holds_on(scene: Scene):
    scene.submit(RED)
    public_id = scene.callback().public_id
    callbacks.claim(scene.session, callback=public_id, staff=scene.person(), now=NOW)

    again = callbacks.claim(scene.session, callback=public_id, staff=scene.person(), now=LATER)

    assert again.claim_ends_at == LATER + timedelta(minutes=15)


def test_a_claim_is_taken_over_with_both_names_on_record(scene: Scene):
    scene.submit(RED)
    public_id, first, second = scene.callback().public_id, scene.person(), scene.another()
    callbacks.claim(scene.session, callback=public_id, staff=first, now=NOW)

    callbacks.take_over(scene.session, callback=public_id, staff=second, now=LATER)

    assert scene.callback().claimed_by_id == second.id
    entry = scene.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first().canonical.decode()
    assert "callback.taken-over" in entry
    assert str(first.public_id) in entry
    assert str(second.public_id) in entry
    with pytest.raises(TakenBy):
        callbacks.renew(scene.session, callback=public_id, staff=first, now=LATER)


def test_a_released_callback_is_anybodys(scene: Scene):
    scene.submit(RED)
    public_id, other = scene.callback().public_id, scene.another()
    callbacks.claim(scene.session, callback=public_id, staff=scene.person(), now=NOW)
    with pytest.raises(TakenBy):
        callbacks.release(scene.session, callback=public_id, staff=other, now=LATER)

    callbacks.release(scene.session, callback=public_id, staff=scene.person(), now=LATER)

    assert callbacks.claim(scene.session, callback=public_id, staff=other, now=LATER)


@pytest.mark.parametrize("act", [callbacks.claim, callbacks.renew, callbacks.release, callbacks.take_over])
def test_another_teams_callback_is_not_there(scene: Scene, act):
    scene.submit(RED)
    stranger = scene.another(teams=[make_team(scene.session)])

    with pytest.raises(NotFound):
        act(scene.session, callback=scene.callback().public_id, staff=stranger, now=NOW)
    assert scene.callback().claimed_by_id is None


def test_a_closed_callback_cannot_be_claimed(scene: Scene):
    scene.submit(ORANGE)
    called(scene)
    disposed(scene)

    with pytest.raises(CallbackClosed):
        callbacks.claim(scene.session, callback=scene.callback().public_id, staff=scene.person(), now=LATER)
