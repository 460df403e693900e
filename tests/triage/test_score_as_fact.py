"""A score that the questionnaire works out is an answer with a number: rules, windows and counts read it as well."""

from __future__ import annotations

from typing import Any

import pytest

from questionnaires import library
from questionnaires.answers import raw_from_json, validate
from tests.triage.factories import limit, number, rule, tiny
from triage.asked_facts import misfits
from triage.assess import Assessment, assess, compile_protocol
from triage.documents import load
from triage.facts import Earlier, Inputs, Status, gather
from triage.levels import Level

WELL = {
    "consciousness": "A",
    "respiratory-rate": "16",
    "spo2": "97",
    "hypercapnic": "false",
    "on-oxygen": "false",
    "systolic": "120",
    "heart-rate": "75",
    "temperature": "37,0",
}
SCORE = {"unit": "", "lowest": "0", "highest": "20"}
RULES = load(
    tiny(
        questionnaire="https://vigidom.example/fhir/Questionnaire/news2",
        facts=[
            number("total", source={"answer": "news2"}, **SCORE),
            number("risen", source={"change": "news2", "hours": 24}, **{**SCORE, "lowest": "-20"}),
        ],
        limits=[limit("urgent", "5", unit="", highest="20"), limit("rise", "2", unit="", highest="20")],
        orders=[],
        usual={},
        rules=[
            rule("urgent", "red", {"compare": "total", "op": ">=", "limit": "urgent"}),
            rule("rising", "orange", {"compare": "risen", "op": ">=", "limit": "rise"}),
            rule("twice", "orange", {"consecutive": 2, "days": 1, "of": {"compare": "total", "op": ">=", "value": 1}}),
        ],
        cases=[{"name": "nothing known", "level": "orange"}],
    )
)


def answered(**changes: str | None) -> dict[str, Any]:
    said = {**WELL, **{name.replace("_", "-"): text for name, text in changes.items()}}
    raw = {name: {"raw": [text]} if text is not None else {"absent": True} for name, text in said.items()}
    read = validate(library.questionnaire("news2"), raw_from_json(raw))
    assert not read.errors
    return dict(read.answers)


def judged(now: dict[str, Any], before: dict[str, Any]) -> Assessment:
    protocol = compile_protocol(RULES)
    earlier = [Earlier(0, before, minutes=720, back=1)]
    return assess(protocol, gather(protocol.facts.values(), Inputs(now, before, {}, {}, earlier=earlier)))


def test_the_rules_can_read_the_score_that_the_questionnaire_works_out():
    assert misfits(RULES, library.questionnaire("news2")) == ()


@pytest.mark.parametrize(
    ("changes", "total", "fired", "level"),
    [
        ({}, 0, (), Level.GREEN),
        ({"spo2": "95"}, 1, (), Level.GREEN),
        ({"spo2": "93"}, 2, ("rising",), Level.ORANGE),
        ({"spo2": "91", "heart_rate": "111"}, 5, ("urgent", "rising"), Level.RED),
    ],
)
def test_a_score_decides_with_its_limits_and_its_trend(
    changes: dict[str, str], total: int, fired: tuple[str, ...], level: Level
):
    result = judged(answered(**changes), answered())

    assert result.facts["total"]["value"] == total
    assert (result.fired, result.level) == (fired, level)


def test_a_score_is_counted_over_answers_and_measured_against_the_one_before():
    result = judged(answered(spo2="95"), answered(spo2="93"))

    assert (result.facts["risen"]["value"], result.fired) == (-1, ("twice",))


def test_a_score_that_lacks_one_of_its_measures_is_unknown_and_never_green():
    result = judged(answered(systolic=None), answered())

    assert result.facts["total"]["status"] == Status.MISSING.value
    assert result.level is Level.ORANGE
