"""A list handed over at the end of a shift, and who can be asked."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest

from records.models import Role, Staff
from tests.factories import NOW, make_screen, make_team
from tests.triage.calling import another_patient, claimed
from tests.triage.scene import ORANGE, RED, Scene
from triage import callbacks, notices
from triage.callbacks import holdings
from triage.duty import people
from triage.models import Duty, NoticeKind, Shift
from triage.refusals import ColleagueAway, ColleagueElsewhere, NoSuchColleague, NothingToHandOver, TakenBy

MINUTE = timedelta(minutes=1)
SOON = NOW + 3 * MINUTE
TWO = SOON + 2 * MINUTE
LEFT = {
    "signed out": {"revoked_at": NOW + MINUTE},
    "shift over": {"ends_at": SOON},
    "screen left alone": {"created_at": NOW - 60 * MINUTE, "seen_at": SOON - 30 * MINUTE},
}
INSTANT = timedelta(microseconds=1)


def at_work(scene: Scene, **given: Any) -> Staff:
    person = scene.another(**given)
    make_screen(scene.session, person)
    return person


def test_a_whole_list_goes_to_a_colleague_who_is_told_once(scene: Scene):
    scene.submit(ORANGE)
    claimed(scene)
    second = another_patient(scene)
    holder, colleague = scene.person(), at_work(scene)
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
    given = {"from_staff": scene.person(), "to_staff": at_work(scene), "now": SOON}

    with pytest.raises(NothingToHandOver):
        callbacks.hand_over(scene.session, **given, callbacks=[theirs])
    done = callbacks.hand_over(scene.session, **given, callbacks=[theirs, scene.callback().public_id])

    assert done.callbacks == (scene.callback().public_id,)


def test_a_list_goes_to_nobody_who_cannot_work_it(scene: Scene):
    scene.submit(ORANGE)
    claimed(scene)
    gone, stranger = scene.another(), at_work(scene, teams=[make_team(scene.session)])
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
    assert gone not in [one.person for one in holdings.colleagues(scene.session, staff=scene.person(), now=SOON)]


@pytest.mark.parametrize("left", [None, *LEFT], ids=["never came", *LEFT])
def test_a_list_goes_to_nobody_who_is_not_at_work(scene: Scene, left: str | None):
    scene.submit(ORANGE)
    claimed(scene)
    away, here = scene.another(), at_work(scene)
    if left is not None:
        make_screen(scene.session, away, **LEFT[left])

    with pytest.raises(ColleagueAway):
        callbacks.hand_over(scene.session, from_staff=scene.person(), to_staff=away, now=SOON)

    assert scene.callback().claimed_by_id == scene.person().id
    offered = holdings.colleagues(scene.session, staff=scene.person(), now=SOON)
    assert [(one.person, one.at_work) for one in offered] == [(here, True), (away, False)]


def test_a_worse_reason_that_nobody_has_seen_goes_on_waiting_with_the_colleague(scene: Scene):
    scene.submit(ORANGE)
    claimed(scene)
    scene.submit(RED, now=SOON)

    callbacks.hand_over(scene.session, from_staff=scene.person(), to_staff=at_work(scene), now=SOON + MINUTE)

    assert (scene.callback().worsened_at, scene.callback().claim_ends_at) == (SOON, SOON + 3 * MINUTE)


def test_who_answers_is_on_call_or_was_seen_a_moment_ago(scene: Scene):
    here, on_call = (scene.another(Role.PHYSICIAN) for _ in range(2))
    scene.another(Role.PHYSICIAN)  # neither
    make_screen(scene.session, here)
    shift = {"from_at": NOW - MINUTE, "until_at": NOW + MINUTE, "created_at": NOW, "created_by_id": on_call.id}
    scene.session.add(Shift(public_id=uuid.uuid4(), team=scene.team, staff=on_call, duty=Duty.ON_CALL, **shift))
    scene.session.commit()

    def names(now: datetime) -> list[tuple[str, bool]]:
        found = people.answering(scene.session, team_id=scene.team.id, now=now)
        return [(one.name, one.on_call) for one in found]

    assert names(NOW) == [(on_call.name, True), (here.name, False)]
    assert names(NOW + 30 * MINUTE) == []
