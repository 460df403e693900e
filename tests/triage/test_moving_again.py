"""What comes in again, or is corrected, while answers are moved and after: it follows them."""

from __future__ import annotations

import threading
import time
import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires.models import Checkin, CheckinState, Response
from records.audit import SYSTEM
from records.models import Enrolment, Role
from tests.factories import NOW
from tests.triage.movers import LATER, SOON, alerts_of, move
from tests.triage.scene import ORANGE, RED, WELL, Scene
from triage import intake, moving
from triage.levels import Level
from triage.models import MovedAnswer


def test_corrections_move_with_the_first_answers(scene: Scene, right: Enrolment):
    key = uuid.uuid4()
    scene.submit(RED, key=key)
    correction = scene.submit(WELL, key=key, now=NOW + timedelta(minutes=5))

    moved = move(scene, right, correction.response)

    assert moved.answers == 2
    assert {one.enrolment_id for one in scene.session.scalars(select(Response))} == {right.id}
    assert {alert.rank for alert in alerts_of(scene.session, right)} == {Level.RED, Level.SILENT}


def test_the_same_move_again_changes_nothing(scene: Scene, right: Enrolment):
    scene.submit(RED)
    move(scene, right)

    again = move(scene, right)

    assert again == moving.Moved(scene.enrolment.public_id, right.public_id, 0)
    assert (scene.count(MovedAnswer), len(alerts_of(scene.session, right))) == (1, 1)


def test_answers_sent_again_after_the_move_are_the_moved_ones(scene: Scene, right: Enrolment):
    """A phone whose receipt was lost keeps sending."""
    key = uuid.uuid4()
    checkin = scene.checkin()
    first = scene.submit(RED, key=key, checkin=checkin.public_id)
    move(scene, right)

    again = scene.submit(RED, key=key, checkin=checkin.public_id, now=SOON)

    assert (again.response, again.duplicate) == (first.response, True)
    assert scene.session.scalars(select(Response)).one().enrolment_id == right.id
    assert scene.session.get_one(Checkin, checkin.id).state == CheckinState.OPEN
    assert alerts_of(scene.session, scene.enrolment) == []


def test_a_correction_from_the_same_page_follows_what_it_corrects(scene: Scene, right: Enrolment):
    key = uuid.uuid4()
    scene.submit(WELL, key=key)
    move(scene, right)

    receipt = scene.submit(RED, key=key, now=SOON)

    assert receipt.amends
    assert {one.enrolment_id for one in scene.session.scalars(select(Response))} == {right.id}
    assert [alert.rank for alert in alerts_of(scene.session, right)][-1] == Level.RED
    assert alerts_of(scene.session, scene.enrolment) == []


def test_what_was_moved_on_or_back_is_found_where_it_stands(scene: Scene, right: Enrolment):
    key = uuid.uuid4()
    first = scene.submit(WELL, key=key)
    move(scene, right)
    move(scene, scene.enrolment, now=SOON + timedelta(minutes=1))

    assert scene.submit(WELL, key=key, now=LATER).duplicate
    move(scene, right, first.response, now=LATER)
    assert scene.submit(WELL, key=key, now=LATER).response == first.response


@pytest.mark.parametrize("answers", [WELL, RED], ids=["green", "red"])
def test_a_correction_that_comes_in_while_answers_are_moved_follows_them(
    scene: Scene, right: Enrolment, engine: sa.Engine, answers
):
    key = uuid.uuid4()
    first = scene.submit(ORANGE, key=key)
    given = {"staff": scene.person(Role.OPERATOR), "reason": "Même téléphone", "response": first.response}
    moving.move_answer(scene.session, to_enrolment=right.public_id, now=SOON, **given)
    submission = scene.submission(answers, key=key)
    said: list[object] = []

    def correct() -> None:
        with Session(engine) as other:
            try:
                said.append(intake.submit(other, submission=submission, actor=SYSTEM, now=SOON))
                other.commit()
            except Exception as error:
                said.append(error)

    thread = threading.Thread(target=correct)
    thread.start()
    time.sleep(0.3)
    scene.session.commit()
    thread.join(timeout=20)

    assert [getattr(one, "amends", one) for one in said] == [True]
    scene.session.expire_all()
    assert {one.enrolment_id for one in scene.session.scalars(select(Response))} == {right.id}
