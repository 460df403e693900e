"""Answers given under the wrong patient: the right one is called and the other no more; what cannot be is refused."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from questionnaires.models import Response
from records.models import Enrolment, EnrolmentState, Role
from records.patients import reveal_text
from tests.factories import NOW, make_enrolment, make_team
from tests.triage.movers import LATER, SOON, alerts_of, level_of, move
from tests.triage.scene import ORANGE, RED, WELL, Scene
from triage import callbacks, moving
from triage.callbacks.clock import clock_of as callbacks_clock
from triage.levels import Level
from triage.models import AlertKind, CallbackState, Disposition, MovedAnswer
from triage.moving import AlreadyThere, AnswersNotFound, PatientElsewhere, RefusedPart, RehearsalApart
from triage.refusals import ReasonMissing, Refused


def test_a_moved_red_calls_the_right_patient_from_now_on_and_the_wrong_one_no_more(scene: Scene, right: Enrolment):
    receipt = scene.submit(RED)

    moved = move(scene, right)

    response = scene.session.scalars(select(Response)).one()
    assert (response.enrolment_id, response.patient_id) == (right.id, right.patient_id)
    assert moved == moving.Moved(scene.enrolment.public_id, right.public_id, 1)
    assert scene.callback().state == CallbackState.CLOSED
    alert = alerts_of(scene.session, right)[0]
    assert (alert.kind, alert.rank, alert.raised_at) == (AlertKind.ANSWERS, Level.RED, SOON)
    assert alert.due_at == SOON + timedelta(minutes=scene.programme.red_minutes)
    assert alert.reasons[-1] == {"code": "moved-here"}
    assert alert.reasons[0]["rule"]
    assert level_of(scene.session, receipt.response) == "red"


def test_what_is_closed_says_why_in_words_that_stay(scene: Scene, right: Enrolment):
    scene.submit(RED)
    before = callbacks.detail(scene.session, enrolment=scene.enrolment, language="fr", now=SOON)[0].alerts[0].words

    move(scene, right)

    alert = alerts_of(scene.session, scene.enrolment, standing=False)[0]
    decision = scene.session.get_one(Disposition, alert.disposition_id)
    opened = {"table": "dispositions", "column": "note", "public_id": decision.public_id}
    assert decision.kind == "wrong-patient"
    assert reveal_text(scene.enrolment.patient, decision.note, **opened) == "Même téléphone"
    shown = callbacks.detail(scene.session, enrolment=scene.enrolment, language="fr", now=SOON)[0].alerts[0]
    assert (shown.words, shown.assessment_id) == (before, None)


def test_green_answers_come_before_a_caller_too(scene: Scene, right: Enrolment):
    scene.submit(WELL)

    move(scene, right)

    alert = alerts_of(scene.session, right)[0]
    assert (alert.kind, alert.rank, alert.reasons) == (AlertKind.MOVED, Level.SILENT, [{"code": "moved-here"}])


def test_both_chains_tell_of_it(scene: Scene, right: Enrolment):
    scene.submit(RED)

    move(scene, right)

    named = text("SELECT subject_id FROM audit_entries WHERE convert_from(canonical, 'UTF8') LIKE '%answers.moved%'")
    assert set(scene.session.scalars(named)) == {scene.enrolment.public_id, right.public_id}


def refusals(scene: Scene, right: Enrolment) -> dict[type[Refused], dict]:
    session = scene.session
    elsewhere = make_enrolment(session, programme=scene.programme, team=make_team(session))
    real = make_enrolment(session, programme=scene.programme, team=scene.team, rehearsal=False)
    refused = make_enrolment(session, EnrolmentState.REFUSED, programme=scene.programme, team=scene.team)
    session.commit()
    return {
        ReasonMissing: {"to": right, "reason": " "},
        PatientElsewhere: {"to": elsewhere},
        RefusedPart: {"to": refused},
        RehearsalApart: {"to": real},
        AlreadyThere: {"to": scene.enrolment},
        AnswersNotFound: {"to": right, "response": uuid.uuid4()},
    }


@pytest.mark.parametrize(
    "refusal", [ReasonMissing, PatientElsewhere, RefusedPart, RehearsalApart, AlreadyThere, AnswersNotFound]
)
def test_what_cannot_be_moved_is_refused_and_stays(scene: Scene, right: Enrolment, refusal: type[Refused]):
    scene.submit(RED)
    said = refusals(scene, right)[refusal]

    with pytest.raises(refusal):
        move(scene, said.pop("to"), said.pop("response", None), **said)
    scene.session.rollback()

    assert (scene.count(MovedAnswer), len(alerts_of(scene.session, scene.enrolment))) == (0, 1)


def test_answers_of_another_team_are_nobodys(scene: Scene, right: Enrolment):
    scene.submit(RED)
    stranger = scene.another(Role.PHYSICIAN, teams=[make_team(scene.session)])

    with pytest.raises(AnswersNotFound):
        move(scene, right, staff=stranger)


def test_who_else_works_on_what_is_left_goes_on(scene: Scene, right: Enrolment):
    first, caller = scene.submit(RED), scene.another(Role.OPERATOR)
    scene.submit(ORANGE, now=NOW + timedelta(minutes=2))
    callbacks.claim(scene.session, callback=scene.callback().public_id, staff=caller, now=SOON)

    move(scene, right, first.response, now=SOON)

    left = scene.callback()
    assert (left.state, left.claimed_by_id, left.rank) == (CallbackState.OPEN, caller.id, Level.ORANGE)


def test_who_held_a_call_that_a_move_closed_is_on_its_clock(scene: Scene, right: Enrolment):
    scene.submit(RED)
    callback, caller = scene.callback(), scene.another(Role.OPERATOR)
    callbacks.claim(scene.session, callback=callback.public_id, staff=caller, now=NOW)
    scene.session.commit()

    move(scene, right, now=NOW + timedelta(minutes=16))

    told = callbacks_clock(scene.session, callback=callback.public_id, staff=caller, now=LATER)
    assert "expired" in [str(moment.what) for moment in told.story.moments]
