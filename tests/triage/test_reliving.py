"""Living assessments again: each once, and whatever was changed after the fact is found."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from records.models import Role
from tests.factories import NOW
from tests.triage.scene import ORANGE, RED, WELL, Scene
from triage import followup, reliving
from triage.models import Assessment

LATER = NOW + timedelta(hours=2)


def relive(scene: Scene, **given: Any) -> int:
    done = reliving.relive(scene.session, now=LATER, **given)
    scene.session.commit()
    return done


def tamper(scene: Scene, change: str, level: str = "green") -> str:
    """Change what is stored of the assessment of that level behind the service's back; returns its public id."""
    changed = scene.session.execute(
        sa.text(f"UPDATE assessments SET {change} WHERE level = :level RETURNING public_id"),
        {"level": level},
    ).scalar_one()
    scene.session.commit()
    return str(changed)


def outcomes(scene: Scene) -> list[bool | None]:
    return list(scene.session.scalars(select(Assessment.relived_same).order_by(Assessment.id)))


def test_what_nobody_touched_comes_out_the_same_and_is_lived_again_once(scene: Scene):
    for answers in (WELL, ORANGE, RED, {}):
        scene.submit(answers)

    assert [relive(scene), relive(scene)] == [4, 0]

    assert outcomes(scene) == [True] * 4
    assert set(scene.session.scalars(select(Assessment.relived_at))) == {LATER}
    assert reliving.count_differing(scene.session) == 0


def test_an_assessment_by_the_patients_own_limits_comes_out_the_same(scene: Scene):
    physician = scene.person(Role.PHYSICIAN)
    limits = {"heart_rate_orange_high": Decimal("95.0")}
    followup.set_own_limits(
        scene.session, enrolment=scene.enrolment, limits=limits, physician=physician, reason="usually 55", now=NOW
    )
    scene.submit({**WELL, "heart-rate": [{"integer": 105}]})

    relive(scene)

    assert outcomes(scene) == [True]


CHANGES = {
    "a fact": "facts = jsonb_set(facts, '{temperature,value}', '\"36.1\"')",
    "a fact gone": "facts = facts - 'temperature'",
    "the level": "level = 'orange'",
    "whether to call 15": "call_15 = NOT call_15",
    "the explanation": "explanation = jsonb_set(explanation, '{rules,0,outcome}', 'true')",
    "an own limit": 'limits = \'{"spo2_red": "80"}\'',
    "no shape at all": "facts = '{\"temperature\": 7}'",
    "no occasion": "explanation = '{}'",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_was_changed_afterwards_is_found_and_stops_nobody(scene: Scene, change: str):
    scene.submit(ORANGE)
    scene.submit(WELL, now=NOW + timedelta(hours=1))
    scene.submit(RED, now=NOW + timedelta(hours=1))
    changed = tamper(scene, change)

    with structlog.testing.capture_logs() as said:
        relive(scene)

    assert outcomes(scene) == [True, False, True]
    assert reliving.count_differing(scene.session) == 1
    assert [line["assessments"] for line in said if line["event"] == "assessments_differ"] == [[changed]]
    assert "36.1" not in str(said)


def test_the_oldest_come_first_and_a_beat_takes_no_more_than_it_may(scene: Scene):
    for _ in range(3):
        scene.submit(WELL)

    assert relive(scene, limit=2) == 2
    assert outcomes(scene) == [True, True, None]
    assert relive(scene, limit=2) == 1


def test_two_workers_at_once_share_the_work(scene: Scene, engine: sa.Engine):
    for _ in range(2):
        scene.submit(WELL)

    with Session(engine) as other:
        assert reliving.relive(scene.session, now=LATER, limit=1) == 1
        assert reliving.relive(other, now=LATER) == 1
        other.commit()
        scene.session.commit()

    assert outcomes(scene) == [True, True]
