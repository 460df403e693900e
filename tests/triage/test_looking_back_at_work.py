"""Windows of hours and counts of answers over what is stored: in the one read, and lived again from what was kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from records.audit import Actor
from records.models import Role
from tests.factories import NOW
from tests.statements import counted
from tests.triage.scene import WELL, Scene, set_scene
from triage import documents, intake, protocols
from triage.assess import reassess
from triage.models import Assessment, ProtocolVersion
from triage.protocols import kept

FEVER = {"compare": "temperature", "op": ">=", "value": "38.0"}
SAID = {"to_patient": "We call you.", "to_caller": "Look at the temperature."}


def in_three(text: str) -> dict[str, str]:
    return dict.fromkeys(("fr", "en", "ar"), text)


def added_rule(name: str, when: Any) -> dict[str, Any]:
    texts = {key: in_three(text) for key, text in SAID.items()}
    return {"id": name, "level": "orange", "when": when, "source": "a test", **texts}


def looking_back() -> documents.Document:
    """The COVID-19 protocol with a rise in 12 hours and a fever at three answers in a row, at most 2 days old."""
    written = documents.dump(documents.from_library("covid-19"))
    rise = {
        "name": "rise",
        "kind": "number",
        "source": {"change": "temperature", "hours": 12},
        "labels": in_three("Rise"),
    }
    written["facts"].append({**rise, "unit": "Cel", "decimals": 1, "lowest": "-10.0", "highest": "10.0"})
    written["facts"][-1]["optional_when"] = {"compare": "first_response", "op": "=", "value": True}
    written["usual"]["rise"] = "0.0"
    written["rules"] += [
        added_rule("risen", {"compare": "rise", "op": ">=", "value": "1.5"}),
        added_rule("fever_stays", {"consecutive": 3, "days": 2, "of": FEVER}),
    ]
    return documents.load(written)


@pytest.fixture
def scene(session: Session) -> Scene:
    """In force for rehearsal, where no signature is needed."""
    made = set_scene(session)
    shipped = protocols.versions(session, slug="covid-19")[-1]
    author = made.person(Role.ADMINISTRATOR)
    version = kept.store(session, looking_back(), based_on=shipped, reason="A test", author=author, now=NOW)
    kept.bind(session, version=version, programme=made.programme, from_at=NOW)
    session.commit()
    return made


def answer(scene: Scene, hours: float, temperature: str | None) -> Assessment:
    """Answers given so many hours after the first ones."""
    at = NOW + timedelta(hours=hours)
    measured = [{"decimal": temperature}] if temperature else [{"absent": "could-not-measure"}]
    scene.submit({**WELL, "temperature": measured}, now=at)
    return made_last(scene)


def made_last(scene: Scene) -> Assessment:
    return scene.session.scalars(sa.select(Assessment).order_by(Assessment.id.desc()).limit(1)).one()


def fired(assessment: Assessment) -> set[str]:
    return {entry["rule"] for entry in assessment.explanation["rules"] if entry["outcome"] is True}


def test_what_is_looked_back_on_is_kept_with_the_version(scene: Scene):
    version = scene.session.scalars(sa.select(ProtocolVersion).order_by(ProtocolVersion.id.desc()).limit(1)).one()

    assert version.looks_back == {"days": 2, "answers": ["temperature"]}


def test_a_rise_is_measured_over_the_hours_of_its_window(scene: Scene):
    answer(scene, 0, "36.6")
    within, beyond = answer(scene, 12, "38.1"), answer(scene, 24.5, "38.2")

    assert (fired(within), within.facts["rise"]["value"]) == ({"risen"}, 15)
    assert beyond.facts["rise"]["status"] == "missing"
    assert beyond.level == "orange"  # a rise that nothing can be measured by is in doubt


def test_a_fever_at_three_answers_in_a_row_is_called_back_and_lived_again(scene: Scene):
    levels = [answer(scene, hours, "38.4").level for hours in (0, 12, 24)]
    third = made_last(scene)

    assert levels == ["green", "green", "orange"]
    assert fired(third) == {"fever_stays"}
    assert third.facts["temperature~2"]["value"] == 384
    _, rules = protocols.in_force(scene.session, programme_id=scene.programme.id, rehearsal=True, now=NOW)
    again = reassess(rules, facts=third.facts, own_limits=third.limits)
    assert again.to_json()["explanation"] == third.explanation


def test_answers_in_a_row_are_those_given_however_many_check_ins_were_missed(scene: Scene):
    answer(scene, 0, "38.4")
    answer(scene, 1, "38.4")

    assert fired(answer(scene, 40, "38.4")) >= {"fever_stays"}
    assert "fever_stays" not in fired(answer(scene, 24 * 5, "38.4"))


def test_a_correction_counts_for_what_it_corrects_and_looks_back_from_its_hour(scene: Scene):
    answer(scene, 0, "38.4")
    answer(scene, 12, "38.4")
    later: datetime = NOW + timedelta(hours=24)
    submission = scene.submission({**WELL, "temperature": [{"decimal": "36.8"}]})
    scene.submit(submission.answers, key=submission.key, now=later)
    scene.submit({**WELL, "temperature": [{"decimal": "38.4"}]}, key=submission.key, now=later + timedelta(hours=1))

    assert fired(made_last(scene)) == {"fever_stays"}
    assert made_last(scene).facts["rise"]["value"] == 0
    assert fired(answer(scene, 36, "38.4")) == {"fever_stays"}


def test_looking_back_is_part_of_the_one_read(scene: Scene):
    answer(scene, 0, "38.4")

    submission = scene.submission({**WELL, "temperature": [{"decimal": "38.4"}]})
    actor = Actor.patient(scene.enrolment.patient, "192.0.2.7")

    with counted(scene.session) as statements:
        intake.submit(scene.session, submission=submission, actor=actor, now=NOW + timedelta(hours=12))

    assert len(statements) == 2
