"""Check-ins that moved answers leave empty, answer, or had answered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from questionnaires.models import Checkin, CheckinState, Response
from records.models import Enrolment
from tests.factories import NOW
from tests.triage.movers import LATER, SOON, alerts_of, level_of, move, place_of
from tests.triage.scene import ORANGE, RED, WELL, Scene
from triage import jobs
from triage.models import AlertKind, Callback


def test_the_emptied_checkin_is_asked_again_while_its_time_runs(scene: Scene, right: Enrolment):
    checkin = scene.checkin()
    scene.submit(WELL)

    move(scene, right)

    assert (scene.session.get_one(Checkin, checkin.id).state, checkin.closed_at) == (CheckinState.OPEN, None)


def test_the_emptied_checkin_becomes_a_silence(scene: Scene, right: Enrolment):
    checkin = scene.checkin()
    scene.submit(WELL)

    move(scene, right, now=LATER)
    assert (checkin.state, checkin.silence_raised_at) == (CheckinState.MISSED, None)
    jobs.raise_silences(scene.session, now=LATER)

    assert [alert.kind for alert in alerts_of(scene.session, scene.enrolment)] == [AlertKind.SILENCE]


def test_other_answers_to_the_same_checkin_keep_it_answered(scene: Scene, right: Enrolment):
    checkin = scene.checkin()
    first = scene.submit(WELL)
    scene.submit(WELL, now=SOON, checkin=checkin.public_id)

    move(scene, right, first.response, now=LATER)

    assert (checkin.state, checkin.closed_at) == (CheckinState.ANSWERED, SOON)


def test_a_checkin_of_the_right_patient_that_waited_is_answered(scene: Scene, right: Enrolment):
    waited = checkin_of(scene, right)
    scene.submit(WELL)

    move(scene, right, now=LATER)

    response = scene.session.scalars(select(Response)).one()
    assert (response.checkin_id, response.due_at, response.late) == (waited.id, waited.opens_at, False)
    assert (waited.state, waited.closed_at) == (CheckinState.ANSWERED, response.received_at)


def checkin_of(scene: Scene, enrolment: Enrolment, **given) -> Checkin:
    opens_at = NOW - timedelta(hours=1)
    values = {"local_on": opens_at.date(), "opens_at": opens_at, "closes_at": opens_at + timedelta(hours=4)}
    made = Checkin(enrolment_id=enrolment.id, slot="morning", **(values | given))
    scene.session.add(made)
    scene.session.commit()
    return made


def test_a_silence_that_was_raised_stands_until_a_person_closes_it(scene: Scene, right: Enrolment):
    waited = checkin_of(scene, right, state=CheckinState.MISSED, closed_at=LATER)
    jobs.raise_silences(scene.session, now=LATER)
    scene.submit(WELL)

    move(scene, right, now=LATER)

    kinds = {alert.kind for alert in alerts_of(scene.session, right)}
    assert (waited.state, kinds) == (CheckinState.ANSWERED, {AlertKind.SILENCE, AlertKind.MOVED})


@pytest.mark.parametrize("answers", [WELL, ORANGE, RED], ids=["green", "orange", "red"])
@pytest.mark.parametrize("asked", [True, False])
def test_there_and_back_restores_the_level_and_the_checkin(scene: Scene, right: Enrolment, answers, asked: bool):
    checkin = scene.checkin() if asked else None
    receipt = scene.submit(answers)
    was = place_of(scene.session), checkin and (checkin.state, checkin.closed_at)

    move(scene, right)
    move(scene, scene.enrolment, now=LATER)

    assert (place_of(scene.session), checkin and (checkin.state, checkin.closed_at)) == was
    assert level_of(scene.session, receipt.response) == receipt.level
    assert [alert.kind for alert in alerts_of(scene.session, right)] == []
    assert scene.session.scalars(select(Callback.state).where(Callback.enrolment_id == right.id)).all() == ["closed"]
