"""Answers given under the wrong patient: moved whole, judged where they belong, missed where they are missing."""

from __future__ import annotations

import threading
import time
import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from questionnaires.models import Checkin, CheckinState, Response
from records.audit import SYSTEM
from records.models import Enrolment, EnrolmentState, Role
from records.patients import reveal_text
from tests.factories import NOW, make_enrolment, make_team
from tests.triage.scene import ORANGE, RED, WELL, Scene, set_scene
from triage import callbacks, intake, jobs, moving, reliving
from triage.callbacks.clock import clock_of as callbacks_clock
from triage.levels import Level
from triage.models import Alert, AlertKind, Assessment, Callback, CallbackState, Disposition, MovedAnswer
from triage.moving import AlreadyThere, AnswersNotFound, PatientElsewhere, RefusedPart, RehearsalApart
from triage.refusals import ReasonMissing, Refused

SOON, LATER = NOW + timedelta(minutes=30), NOW + timedelta(hours=5)


@pytest.fixture
def scene(session: Session) -> Scene:
    return set_scene(session)


@pytest.fixture
def right(scene: Scene) -> Enrolment:
    """The patient of whom the answers really are."""
    made = make_enrolment(scene.session, programme=scene.programme, team=scene.team, onset_on=NOW.date())
    scene.session.commit()
    return made


def move(scene: Scene, to: Enrolment, response: uuid.UUID | None = None, *, now=SOON, **given) -> moving.Moved:
    if response is None:
        response = scene.session.scalars(select(Response.public_id).order_by(Response.id)).first()
    values = {"staff": scene.person(Role.OPERATOR), "reason": "Même téléphone", "response": response} | given
    moved = moving.move_answer(scene.session, to_enrolment=to.public_id, now=now, **values)
    scene.session.commit()
    scene.session.expire_all()
    return moved


def alerts_of(session: Session, enrolment: Enrolment, *, standing: bool = True) -> list[Alert]:
    query = select(Alert).where(Alert.enrolment_id == enrolment.id, Alert.closed_at.is_(None) == standing)
    return list(session.scalars(query.order_by(Alert.id)))


def level_of(session: Session, response: uuid.UUID) -> str:
    query = select(Assessment.level).join(Response, Response.id == Assessment.response_id)
    return session.scalars(query.where(Response.public_id == response)).one()


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


def test_what_was_said_of_them_before_is_kept_whole(scene: Scene, right: Enrolment):
    scene.submit(RED)
    was = scene.session.scalars(select(Assessment)).one()
    facts, explanation = was.facts, was.explanation

    move(scene, right)

    kept = scene.session.scalars(select(MovedAnswer)).one().before["assessment"]
    assert (kept["level"], kept["facts"], kept["explanation"]) == ("red", facts, explanation)


def test_what_they_are_judged_as_now_can_be_lived_again(scene: Scene, right: Enrolment):
    scene.submit(RED)
    reliving.relive(scene.session, now=SOON)

    move(scene, right)
    lived = reliving.relive(scene.session, now=LATER)

    assert (lived, reliving.count_differing(scene.session)) == (1, 0)


def with_oxygen(value: str) -> dict:
    return {**WELL, "spo2": [{"quantity": value, "unit": "%"}]}


def test_the_right_patients_own_past_counts_in_judging_them(session: Session):
    """A first oxygen value below 95 is red; after one of 97 it is orange."""
    scene = set_scene(session, has_oximeter=True)
    given = {"programme": scene.programme, "team": scene.team, "has_oximeter": True}
    right = make_enrolment(session, **given)
    session.commit()
    scene.submit(with_oxygen("97"), enrolment_id=right.id)
    first = scene.submit(with_oxygen("94"), now=NOW + timedelta(minutes=5))

    move(scene, right, first.response)

    assert (first.level, level_of(session, first.response)) == ("red", "orange")


def test_later_answers_that_are_worse_without_them_are_raised_and_keep_what_was_said(session: Session):
    scene = set_scene(session, has_oximeter=True)
    right = make_enrolment(session, programme=scene.programme, team=scene.team, has_oximeter=True)
    session.commit()
    first = scene.submit(with_oxygen("97"))
    later = scene.submit(with_oxygen("94"), now=NOW + timedelta(minutes=5))
    query = select(Assessment.explanation).join(Response, Response.id == Assessment.response_id)
    said = session.scalars(query.where(Response.public_id == later.response)).one()

    move(scene, right, first.response)

    ranks = {(alert.kind, alert.rank) for alert in alerts_of(session, scene.enrolment)}
    assert ranks == {(AlertKind.ANSWERS, Level.ORANGE), (AlertKind.MOVED, Level.RED)}
    assert scene.callback().rank == Level.RED
    assert level_of(session, later.response) == "orange"
    assert session.scalars(query.where(Response.public_id == later.response)).one() == said


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


def place_of(session: Session) -> tuple:
    one = session.scalars(select(Response)).one()
    return one.enrolment_id, one.patient_id, one.checkin_id, one.due_at, one.late, one.key


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


def test_moved_answers_are_relived_and_counted_where_they_stand_now(scene: Scene, right: Enrolment):
    scene.submit(RED)
    reliving.relive(scene.session, now=NOW)
    move(scene, right)

    assert reliving.relive(scene.session, now=SOON) == 1
    assert reliving.count_differing(scene.session) == 0


def test_who_held_a_call_that_a_move_closed_is_on_its_clock(scene: Scene, right: Enrolment):
    scene.submit(RED)
    callback, caller = scene.callback(), scene.another(Role.OPERATOR)
    callbacks.claim(scene.session, callback=callback.public_id, staff=caller, now=NOW)
    scene.session.commit()

    move(scene, right, now=NOW + timedelta(minutes=16))

    told = callbacks_clock(scene.session, callback=callback.public_id, staff=caller, now=LATER)
    assert "expired" in [str(moment.what) for moment in told.story.moments]
