"""A worse reason while somebody holds the call, an open page that holds on, and who is told of a call lost."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from tests.factories import NOW
from tests.triage.calling import claimed
from tests.triage.scene import ORANGE, RED, WELL, Scene
from triage import callbacks, notices
from triage.callbacks.claims import let_go
from triage.levels import Level
from triage.models import AlertKind, CallbackEvent, EventKind, Notice, NoticeKind
from triage.refusals import ClaimEnded, TakenBy

MINUTE = timedelta(minutes=1)
SOON = NOW + 3 * MINUTE
TWO = SOON + 2 * MINUTE
INSTANT = timedelta(microseconds=1)


def happened(scene: Scene) -> list[str]:
    found = select(CallbackEvent.kind).order_by(CallbackEvent.at, CallbackEvent.id)
    return list(scene.session.scalars(found))


def raised(scene: Scene, rank: Level, key: str, now: datetime) -> None:
    given = {"kind": AlertKind.ASKED, "rank": rank, "key": f"asked:{key}", "reasons": [{"code": "asked"}], "now": now}
    callbacks.raise_alert(scene.session, enrolment=scene.enrolment, **given)
    scene.session.commit()


@pytest.mark.parametrize("second", [WELL, ORANGE])
def test_what_is_not_worse_leaves_a_claim_as_it_is(scene: Scene, second):
    scene.submit(ORANGE)
    claimed(scene)

    scene.submit(second, now=SOON)

    assert (scene.callback().worsened_at, scene.callback().claim_ends_at) == (None, NOW + 15 * MINUTE)


def test_a_worse_reason_leaves_its_holder_two_minutes_and_not_an_instant_more(scene: Scene):
    scene.submit(ORANGE)
    claimed(scene)
    public_id, holder, other = scene.callback().public_id, scene.person(), scene.another()

    scene.submit(RED, now=SOON)

    assert (scene.callback().worsened_at, scene.callback().claim_ends_at) == (SOON, TWO)
    with pytest.raises(TakenBy):
        callbacks.claim(scene.session, callback=public_id, staff=other, now=TWO - INSTANT)
    scene.session.rollback()
    assert callbacks.claim(scene.session, callback=public_id, staff=other, now=TWO)
    assert scene.callback().worsened_at is None, "who claims it has the worse reason before them"
    (told,) = notices.unseen(scene.session, staff=holder)
    assert (told.kind, told.by) == (NoticeKind.WORSENED, other.name)


def test_an_open_page_alone_does_not_hold_what_got_worse(scene: Scene):
    scene.submit(ORANGE)
    claimed(scene)
    scene.submit(RED, now=SOON)

    kept = callbacks.renew(scene.session, callback=scene.callback().public_id, staff=scene.person(), now=SOON + MINUTE)

    assert (kept.worsened_at, kept.claim_ends_at) == (SOON, TWO)


def test_saying_that_one_saw_it_holds_on_and_can_be_said_twice(scene: Scene):
    scene.submit(ORANGE)
    claimed(scene)
    scene.submit(RED, now=SOON)
    about = {"callback": scene.callback().public_id, "staff": scene.person()}

    kept = callbacks.acknowledge(scene.session, **about, now=TWO - INSTANT)
    again = callbacks.acknowledge(scene.session, **about, now=TWO - INSTANT)
    scene.session.commit()

    assert kept == again
    assert (kept.worsened_at, kept.claim_ends_at) == (None, TWO - INSTANT + 15 * MINUTE)
    assert happened(scene).count(EventKind.ACKNOWLEDGED) == 1


def test_saying_it_too_late_claims_nothing(scene: Scene):
    scene.submit(ORANGE)
    claimed(scene)
    scene.submit(RED, now=SOON)

    with pytest.raises(ClaimEnded):
        callbacks.acknowledge(scene.session, callback=scene.callback().public_id, staff=scene.person(), now=TWO)


def test_a_second_worse_reason_leaves_no_more_than_the_first_did(scene: Scene):
    scene.submit(ORANGE)
    claimed(scene)
    raised(scene, Level.SILENT_URGENT, "one", SOON)

    raised(scene, Level.RED, "two", SOON + MINUTE)

    assert (scene.callback().worsened_at, scene.callback().claim_ends_at) == (SOON, TWO)


@pytest.mark.parametrize("held", ["nobody's", "run out"])
def test_a_worse_reason_changes_no_claim_that_does_not_count(scene: Scene, held: str):
    scene.submit(ORANGE)
    if held == "run out":
        claimed(scene, now=NOW - 20 * MINUTE)
    ends = scene.callback().claim_ends_at

    scene.submit(RED, now=SOON)

    assert (scene.callback().worsened_at, scene.callback().claim_ends_at) == (None, ends)


def test_a_worse_reason_wakes_what_was_put_off(scene: Scene):
    scene.submit(ORANGE)
    callback = scene.callback()
    callback.next_try_at, callback.next_step = NOW + timedelta(hours=1), "call-contact"
    scene.session.commit()

    raised(scene, Level.ORANGE, "same", SOON)
    assert scene.callback().next_step == "call-contact"
    scene.submit(RED, now=SOON)

    assert (scene.callback().next_try_at, scene.callback().next_step) == (None, "call-patient")


def test_an_open_page_holds_on_without_anybody_seeing_a_change(scene: Scene):
    scene.submit(ORANGE)
    claimed(scene)
    version = scene.callback().version

    kept = callbacks.renew(scene.session, callback=scene.callback().public_id, staff=scene.person(), now=SOON)
    scene.session.commit()

    assert kept.claim_ends_at == scene.callback().claim_ends_at == SOON + 15 * MINUTE
    assert scene.callback().version == version
    assert happened(scene) == [EventKind.CLAIMED]


def test_a_laptop_that_slept_is_told_and_holds_nothing(scene: Scene):
    scene.submit(ORANGE)
    claimed(scene)
    awake, about = NOW + timedelta(hours=1), {"callback": scene.callback().public_id, "staff": scene.person()}

    with pytest.raises(ClaimEnded):
        callbacks.renew(scene.session, **about, now=awake)
    other = scene.another()
    claimed(scene, other, now=awake)
    with pytest.raises(TakenBy) as told:
        callbacks.renew(scene.session, **about, now=awake)

    assert told.value.name == other.name
    assert happened(scene) == [EventKind.CLAIMED, EventKind.EXPIRED, EventKind.CLAIMED]
    ended = scene.session.scalars(select(CallbackEvent).where(CallbackEvent.kind == EventKind.EXPIRED)).one()
    assert (ended.at, ended.staff_id) == (NOW + 15 * MINUTE, scene.person().id)


def test_who_loses_a_call_to_a_colleague_is_told_once(scene: Scene):
    scene.submit(ORANGE)
    claimed(scene)
    holder, other = scene.person(), scene.another()

    callbacks.take_over(scene.session, callback=scene.callback().public_id, staff=other, now=SOON)
    scene.session.commit()

    (told,) = notices.unseen(scene.session, staff=holder)
    assert (told.kind, told.by, told.enrolment) == (NoticeKind.TAKEN_OVER, other.name, scene.enrolment.public_id)
    notices.saw(scene.session, notice=told.public_id, staff=other, now=SOON)
    assert notices.unseen(scene.session, staff=holder) == [told], "nobody puts somebody else's notice away"
    notices.saw(scene.session, notice=told.public_id, staff=holder, now=SOON)
    assert notices.unseen(scene.session, staff=holder) == []
    assert happened(scene) == [EventKind.CLAIMED, EventKind.TAKEN_OVER]


def test_what_ran_out_is_taken_over_from_nobody(scene: Scene):
    scene.submit(ORANGE)
    claimed(scene)

    callbacks.take_over(
        scene.session, callback=scene.callback().public_id, staff=scene.another(), now=NOW + 15 * MINUTE
    )

    assert scene.count(Notice) == 0
    assert happened(scene) == [EventKind.CLAIMED, EventKind.EXPIRED, EventKind.CLAIMED]


def test_letting_go_of_what_nobody_holds_changes_nothing(scene: Scene):
    scene.submit(ORANGE)
    version = scene.callback().version

    assert not let_go(scene.session, scene.callback(), now=NOW)
    assert scene.callback().version == version
