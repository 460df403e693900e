"""The published protocols on the real line: a programme made for one, answers typed, scored, assessed and stored."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from questionnaires import library, versions
from questionnaires.answers import raw_from_json, validate
from questionnaires.models import Response
from tests.factories import NOW, make_enrolment, make_programme, make_team
from tests.triage.published import COVALGO, NEWS2, answered
from tests.triage.scene import Scene
from triage import protocols, snoozable
from triage.assess import reassess
from triage.explained import explained
from triage.intake import Receipt
from triage.models import Assessment

HOURS = timedelta(hours=1)


def scene_of(session: Session, slug: str, **given: Any) -> Scene:
    """A centre that made a programme for a published protocol."""
    programme = make_programme(session, slug=slug)
    version = versions.load_library(session, programme=programme, now=NOW)
    protocols.load_library(session, programme=programme, now=NOW)
    team = make_team(session)
    enrolment = make_enrolment(session, programme=programme, team=team, **given)
    session.commit()
    return Scene(session, programme, team, version.id, enrolment)


def last(scene: Scene) -> Assessment:
    return scene.session.scalars(sa.select(Assessment).order_by(Assessment.id.desc()).limit(1)).one()


@pytest.mark.parametrize(("borg", "hours", "level"), [("3.5", 12, "red"), ("3.0", 12, "orange"), ("3.5", 13, "orange")])
def test_breathlessness_of_twelve_hours_before_is_found_in_what_was_answered(
    session: Session, borg: str, hours: int, level: str
) -> None:
    scene = scene_of(session, COVALGO, has_oximeter=True, birth_date=date(1970, 1, 1))
    scene.submit(answered(COVALGO), now=NOW)
    receipt = scene.submit(answered(COVALGO, borg=[{"decimal": borg}]), now=NOW + hours * HOURS)

    told = last(scene)
    known = told.facts["borg_change"]["text"]
    assert (receipt.level, known) == (level, f"{float(borg) - 1:.1f}" if hours <= 12 else "")
    assert told.facts["age"]["value"] == 56
    document = protocols.compiled(session, version_id=told.protocol_version_id, digest=scene_digest(scene))
    again = reassess(document, facts=told.facts, own_limits=told.limits)
    assert (again.level.code, again.explanation) == (told.level, told.explanation)


def scene_digest(scene: Scene) -> bytes:
    found = protocols.bound(scene.session, programme_id=scene.programme.id, now=NOW)
    assert found is not None
    return found.digest


TYPED = {
    "consciousness": "A",
    "respiratory-rate": "16",
    "spo2": "97",
    "hypercapnic": "false",
    "on-oxygen": "false",
    "systolic": "120",
    "heart-rate": "70",
    "temperature": "37,0",
}


@pytest.mark.parametrize(
    ("typed", "score", "level", "fired"),
    [
        ({}, 0, "green", []),
        ({"heart-rate": "91"}, 1, "orange", ["news2_low"]),
        ({"respiratory-rate": "8,5"}, None, "orange", ["respiratory_rate_low"]),
        (
            {"respiratory-rate": "25", "on-oxygen": "true"},
            5,
            "red",
            ["news2_medium", "news2_low", "respiratory_rate_high"],
        ),
    ],
)
def test_a_score_is_worked_out_from_what_is_typed_and_its_triggers_call(
    session: Session, typed: dict[str, str], score: int | None, level: str, fired: list[str]
) -> None:
    scene = scene_of(session, NEWS2)
    raw = raw_from_json({name: {"raw": [text]} for name, text in {**TYPED, **typed}.items()})
    validated = validate(library.questionnaire(NEWS2), raw)
    assert not validated.errors
    receipt: Receipt = scene.submit(validated.answers)

    stored = session.scalars(sa.select(Response)).one().answers
    assert stored.get("news2") == (None if score is None else [{"integer": score}])
    rules = {entry["rule"] for entry in last(scene).explanation["rules"] if entry["outcome"]}
    assert (receipt.level, rules) == (level, set(fired))
    assert [alert.kind for alert in scene.alerts()] == ([] if level == "green" else ["answers"])


def test_nothing_is_said_of_other_answers_from_which_a_score_is_worked_out(session: Session) -> None:
    scene = scene_of(session, NEWS2)
    raw = raw_from_json({name: {"raw": [text]} for name, text in {**TYPED, "respiratory-rate": "21"}.items()})
    scene.submit(validate(library.questionnaire(NEWS2), raw).answers)

    told = explained(session, last(scene), language="en", moment=str)

    # 20 breaths and a score of 0 are green; 131 a minute alone is orange, but 91 would have been a point already
    assert {one.fact for one in told.found} == {"news2"}
    assert not told.tried_all


def test_a_rule_that_reads_a_score_is_not_offered_to_be_put_off(session: Session) -> None:
    scene = scene_of(session, NEWS2)
    raw = raw_from_json({name: {"raw": [text]} for name, text in {**TYPED, "heart-rate": "91"}.items()})
    scene.submit(validate(library.questionnaire(NEWS2), raw).answers)

    fired = {entry["rule"] for entry in last(scene).explanation["rules"] if entry["outcome"]}

    # one point of the pulse today, one of the oxygen tomorrow: the same total, and nobody would hear of it
    assert fired == {"news2_low"}
    assert snoozable.offered(session, last(scene)) == ()
