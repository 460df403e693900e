"""Moved answers and those that looked back on them, judged anew; what was said before is kept."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires.models import Response
from records.models import Enrolment
from tests.factories import NOW, make_enrolment
from tests.triage.movers import LATER, SOON, alerts_of, level_of, move
from tests.triage.scene import RED, WELL, Scene, set_scene
from triage import reliving
from triage.levels import Level
from triage.models import AlertKind, Assessment, MovedAnswer


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


def test_moved_answers_are_relived_and_counted_where_they_stand_now(scene: Scene, right: Enrolment):
    scene.submit(RED)
    reliving.relive(scene.session, now=NOW)
    move(scene, right)

    assert reliving.relive(scene.session, now=SOON) == 1
    assert reliving.count_differing(scene.session) == 0
