"""A worse reason while somebody holds the call, the next call for one of many, a list handed over, and who is told."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.orm import Session

from records.models import Role, Staff, StaffSession
from tests.factories import NOW, make_enrolment, make_team
from tests.triage.scene import ORANGE, RED, WELL, Scene, at_once, set_scene
from triage import callbacks, notices
from triage.callbacks import Filters, holdings, next_call
from triage.callbacks.claims import let_go
from triage.duty import people
from triage.levels import Level
from triage.models import AlertKind, Callback, CallbackEvent, Duty, EventKind, Notice, NoticeKind, Shift
from triage.refusals import AllBusy, ClaimEnded, ColleagueElsewhere, NoSuchColleague, NothingToHandOver, TakenBy

MINUTE = timedelta(minutes=1)
SOON = NOW + 3 * MINUTE
TWO = SOON + 2 * MINUTE
INSTANT = timedelta(microseconds=1)


def claimed(scene: Scene, staff: Staff | None = None, *, now: datetime = NOW) -> callbacks.Claimed:
    found = callbacks.claim(scene.session, callback=scene.callback().public_id, staff=staff or scene.person(), now=now)
    scene.session.commit()
    return found


def another_patient(scene: Scene, answers: object = ORANGE, *, now: datetime = NOW) -> uuid.UUID:
    """A further call-back of the same team."""
    other = make_enrolment(scene.session, programme=scene.programme, team=scene.team)
    scene.session.commit()
    scene.submit(answers, enrolment_id=other.id, now=now)
    return scene.session.scalars(select(Callback.public_id).where(Callback.enrolment_id == other.id)).one()


def happened(scene: Scene) -> list[str]:
    found = select(CallbackEvent.kind).order_by(CallbackEvent.at, CallbackEvent.id)
    return list(scene.session.scalars(found))


# --- a worse reason -------------------------------------------------------------------------------------------------


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


def raised(scene: Scene, rank: Level, key: str, now: datetime) -> None:
    given = {"kind": AlertKind.ASKED, "rank": rank, "key": f"asked:{key}", "reasons": [{"code": "asked"}], "now": now}
    callbacks.raise_alert(scene.session, enrolment=scene.enrolment, **given)
    scene.session.commit()


# --- the next call --------------------------------------------------------------------------------------------------


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


def handed_up(scene: Scene, *, now: datetime) -> None:
    about = {"callback": scene.callback().public_id, "staff": scene.person(), "now": now}
    callbacks.dispose(scene.session, **about, kind="to-physician", seen_alerts=())
    scene.session.commit()


def next_for(scene: Scene, now: datetime, role: str = Role.OPERATOR) -> uuid.UUID | None:
    found = callbacks.claim_next(scene.session, staff=scene.person(role), now=now)
    scene.session.rollback()
    return found.callback if found else None


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
    signed_in(scene, scene.person(Role.PHYSICIAN), seen_at=SOON)
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


def until_empty(session: Session, staff_id: int) -> list[uuid.UUID]:
    """Claims until nothing is left, each in a transaction of its own."""
    won: list[uuid.UUID] = []
    while True:
        taken = callbacks.claim_next(session, staff=session.get_one(Staff, staff_id), now=SOON)
        session.commit()
        if taken is None:
            return won
        won.append(taken.callback)


# --- renewal, and what is written down ------------------------------------------------------------------------------


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


# --- the end of a shift ---------------------------------------------------------------------------------------------


def test_a_whole_list_goes_to_a_colleague_who_is_told_once(scene: Scene):
    scene.submit(ORANGE)
    claimed(scene)
    second = another_patient(scene)
    holder, colleague = scene.person(), scene.another()
    callbacks.claim(scene.session, callback=second, staff=holder, now=NOW)

    done = callbacks.hand_over(scene.session, from_staff=holder, to_staff=colleague, now=SOON)
    scene.session.commit()

    assert set(done.callbacks) == {scene.callback().public_id, second}
    assert {one.holder.id for one in holdings.held(scene.session, staff=holder, now=SOON)} == {colleague.id}
    assert {one.until for one in holdings.held(scene.session, staff=holder, now=SOON)} == {SOON + 15 * MINUTE}
    (told,) = notices.unseen(scene.session, staff=colleague)
    assert (told.kind, told.by, told.details) == (NoticeKind.HANDED_OVER, holder.name, {"number": 2})
    with pytest.raises(TakenBy):
        callbacks.renew(scene.session, callback=second, staff=holder, now=SOON)


def test_only_the_chosen_ones_go_and_what_is_not_ones_own_stays(scene: Scene):
    scene.submit(ORANGE)
    claimed(scene)
    theirs = another_patient(scene)
    callbacks.claim(scene.session, callback=theirs, staff=scene.another(), now=NOW)
    given = {"from_staff": scene.person(), "to_staff": scene.another(), "now": SOON}

    with pytest.raises(NothingToHandOver):
        callbacks.hand_over(scene.session, **given, callbacks=[theirs])
    done = callbacks.hand_over(scene.session, **given, callbacks=[theirs, scene.callback().public_id])

    assert done.callbacks == (scene.callback().public_id,)


def test_a_list_goes_to_nobody_who_cannot_work_it(scene: Scene):
    scene.submit(ORANGE)
    claimed(scene)
    gone, stranger = scene.another(), scene.another(teams=[make_team(scene.session)])
    gone.disabled_at = NOW
    refused = [
        (gone, NoSuchColleague),
        (scene.person(), NoSuchColleague),
        (scene.another(Role.ENROLLER), NoSuchColleague),
        (stranger, ColleagueElsewhere),
    ]

    for person, refusal in refused:
        with pytest.raises(refusal):
            callbacks.hand_over(scene.session, from_staff=scene.person(), to_staff=person, now=SOON)
    assert scene.callback().claimed_by_id == scene.person().id
    assert gone not in holdings.colleagues(scene.session, staff=scene.person())


def test_a_worse_reason_that_nobody_has_seen_goes_on_waiting_with_the_colleague(scene: Scene):
    scene.submit(ORANGE)
    claimed(scene)
    scene.submit(RED, now=SOON)

    callbacks.hand_over(scene.session, from_staff=scene.person(), to_staff=scene.another(), now=SOON + MINUTE)

    assert (scene.callback().worsened_at, scene.callback().claim_ends_at) == (SOON, SOON + 3 * MINUTE)


# --- who can be asked -----------------------------------------------------------------------------------------------


def test_who_answers_is_on_call_or_was_seen_a_moment_ago(scene: Scene):
    at_work, on_call = (scene.another(Role.PHYSICIAN) for _ in range(2))
    scene.another(Role.PHYSICIAN)  # neither
    signed_in(scene, at_work)
    shift = {"from_at": NOW - MINUTE, "until_at": NOW + MINUTE, "created_at": NOW, "created_by_id": on_call.id}
    scene.session.add(Shift(public_id=uuid.uuid4(), team=scene.team, staff=on_call, duty=Duty.ON_CALL, **shift))
    scene.session.commit()

    def names(now: datetime) -> list[tuple[str, bool]]:
        found = people.answering(scene.session, team_id=scene.team.id, now=now)
        return [(one.name, one.on_call) for one in found]

    assert names(NOW) == [(on_call.name, True), (at_work.name, False)]
    assert names(NOW + 30 * MINUTE) == []


def signed_in(scene: Scene, person: Staff, *, seen_at: datetime = NOW) -> None:
    given = {"created_at": NOW, "seen_at": seen_at, "ends_at": NOW + timedelta(hours=8), "assurance": 1}
    scene.session.add(StaffSession(staff_id=person.id, token_digest=uuid.uuid4().bytes, **given))
