"""What would have changed a level, exact to the last decimal, and the same in words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.triage.factories import assessed, covid, number, rule, tiny
from triage.assess import Assessment, assess, compile_protocol
from triage.documents import load
from triage.explaining import Explaining
from triage.facts import Earlier, Inputs, Reading, Status, gather, readings_from_json, unscale
from triage.levels import Level
from triage.nearest import DOWN, OTHER, UP, Nearest, Tried, nearest, tried
from triage.wording import word


def around(found: Assessment) -> tuple[Nearest, ...]:
    return nearest(covid(), facts=found.facts, own_limits=found.own_limits)


def said(found: tuple[Nearest, ...], fact: str) -> list[tuple[str, int, str, bool]]:
    return [(one.text, one.direction, one.level.code, one.call_15) for one in found if one.fact == fact]


@pytest.mark.parametrize(
    ("answers", "fact", "expected"),
    [
        ({}, "temperature", [("35.4", DOWN, "orange", False), ("39.0", UP, "orange", False)]),
        ({"temperature": "39.4"}, "temperature", [("38.9", DOWN, "green", False), ("40.1", UP, "red", False)]),
        ({"respiratory_rate": 25}, "respiratory_rate", [("24", DOWN, "orange", False)]),
        ({"respiratory_rate": 22}, "respiratory_rate", [("21", DOWN, "green", False), ("25", UP, "red", False)]),
        ({"spo2": 95}, "spo2", [("94", DOWN, "orange", False)]),
        ({"spo2": 93}, "spo2", [("92", DOWN, "red", True), ("95", UP, "green", False)]),
        ({"chills": "strong"}, "chills", [("none", OTHER, "green", False), ("mild", OTHER, "green", False)]),
        ({"chest_pain": True}, "chest_pain", [("no", OTHER, "green", False)]),
        ({"chest_pain": True, "temperature": "39.4"}, "chest_pain", [("no", OTHER, "orange", False)]),
        ({"chest_pain": True, "temperature": "39.4"}, "temperature", []),
        ({"spo2": None}, "spo2", []),
    ],
)
def test_the_nearest_value_on_each_side_is_the_one_at_the_limit(
    answers: dict[str, Any], fact: str, expected: list[tuple[str, int, str, bool]]
) -> None:
    found = [one for one in said(around(assessed(**answers)), fact) if one[0] in {text for text, *_ in expected}]

    assert found == expected
    if not expected or expected[0][1] != OTHER:
        assert said(around(assessed(**answers)), fact) == expected


def test_an_own_limit_moves_it() -> None:
    found = assessed(spo2=91, own_limits={"spo2_red": Decimal(86), "spo2_orange": Decimal(89)})

    assert said(around(found), "spo2")[0][:3] == ("89", DOWN, "orange")


def test_no_value_that_is_hard_to_believe_is_ever_told() -> None:
    found = around(assessed(temperature="49.0"))

    assert all(covid().facts["temperature"].highest >= one.value for one in found if one.fact == "temperature")
    assert said(found, "temperature") != []


NUMBERS = {"temperature": (330, 440), "heart_rate": (30, 200), "respiratory_rate": (5, 50), "spo2": (70, 100)}


def replaced(found: Assessment, fact: str, value: Any) -> tuple[Level, bool]:
    text = unscale(value, covid().facts[fact].decimals) if not isinstance(value, bool | str) else str(value)
    readings = {**readings_from_json(found.facts), fact: Reading(Status.KNOWN, value, text)}
    again = assess(covid(), readings)
    return again.level, again.call_15


ANYBODY = st.fixed_dictionaries({name: st.integers(*ends) for name, ends in NUMBERS.items()})
CHILLS = st.sampled_from(["none", "strong"])


@settings(max_examples=12)
@given(ANYBODY, CHILLS)
def test_what_is_told_changes_the_level_and_what_lies_before_it_does_not(numbers: dict[str, int], chills: str) -> None:
    hold(numbers, chills, every=17)


@pytest.mark.drill
@settings(max_examples=300)
@given(ANYBODY, CHILLS)
def test_nothing_nearer_changes_the_level(numbers: dict[str, int], chills: str) -> None:
    hold(numbers, chills, every=1)


def hold(numbers: dict[str, int], chills: str, *, every: int) -> None:
    given = {name: unscale(value, covid().facts[name].decimals) for name, value in numbers.items()}
    found = assessed(chills=chills, **given)
    nearby = around(found)
    now = (found.level, found.call_15)

    for one in nearby:
        assert replaced(found, one.fact, one.value) == (one.level, one.call_15) != now
    for name, value in numbers.items():
        fact = covid().facts[name]
        told = {one.direction: one.value for one in nearby if one.fact == name}
        for direction, end in ((UP, fact.highest), (DOWN, fact.lowest)):
            assert end is not None
            nearer = range(value + direction, told.get(direction, end + direction), direction)
            tried = {*nearer[::every], *nearer[-1:]}
            plausible = [other for other in tried if (fact.lowest or 0) <= other <= (fact.highest or 0)]
            assert all(replaced(found, name, other) == now for other in plausible)


def test_the_whole_tree_is_told_in_each_language_of_the_protocol() -> None:
    found = assessed(temperature="39.4", spo2=None)

    for language in ("en", "fr", "ar"):
        saying = Explaining(word(covid().document, found, language), str)
        rules, values = saying.told(), saying.values()
        assert rules[0].id == "temperature_orange_high"
        assert rules[0].outcome is True
        assert rules[0].said
        assert [rule.outcome for rule in rules].index(None) > 0
        assert len(rules) == len(found.explanation["rules"])
        assert all(value.label and value.value and value.source for value in values)
        assert all(change.others for change in saying.changes(around(found)))


def test_the_words_have_value_limit_and_source() -> None:
    found = assessed(temperature="39.4", breathlessness="unusual-effort")
    saying = Explaining(word(covid().document, found, "en"), str)
    said = {rule.id: rule.when.text.replace("\u202f", " ") for rule in saying.told()}

    assert said["temperature_orange_high"] == "Temperature: 39.4 °C. Asked: 39.0 °C or more"
    assert "Asked: " in said["breathlessness_orange"]
    assert {value.source for value in saying.values()} >= {"these answers", "earlier answers"}


def of(document: dict[str, Any], answers: dict[str, Any], **more: Any) -> Tried:
    protocol = compile_protocol(load(tiny(orders=[], usual={}, cases=[{"name": "x", "level": "orange"}], **document)))
    found = assess(protocol, gather(protocol.facts.values(), Inputs(answers, None, {}, {}, **more)))
    return tried(protocol, facts=found.facts, own_limits={})


def test_an_answer_that_two_facts_are_read_from_is_left_out_and_that_is_known() -> None:
    source = {"answer": "temperature"}
    twice = {
        "facts": [number("one", source=source), number("other", source=source)],
        "limits": [],
        "rules": [
            rule("hot", "orange", {"compare": "one", "op": ">=", "value": 39}),
            rule("hotter", "red", {"compare": "other", "op": ">=", "value": 38}),
        ],
    }

    assert of(twice, {"temperature": 37}) == Tried((), all=False)


def test_an_answer_on_which_a_slope_hangs_is_left_out_and_that_is_known() -> None:
    slope = {"source": {"slope": "temperature", "days": 3}, "unit": "%/d", "lowest": "-9", "highest": "9"}
    document = {
        "facts": [number("temperature"), number("rising", **slope)],
        "limits": [],
        "rules": [rule("rising", "red", {"compare": "rising", "op": ">=", "value": 1})],
    }

    earlier = [Earlier(1, {"temperature": 37}, minutes=1440)]
    assert of(document, {"temperature": 40}, earlier=earlier) == Tried((), all=False)


@pytest.mark.parametrize(("answers", "every"), [({}, True), ({"heart_rate": None}, False)])
def test_an_answer_that_is_not_known_cannot_be_tried_and_that_is_known(answers: dict[str, Any], every: bool) -> None:
    found = assessed(**answers)

    assert tried(covid(), facts=found.facts, own_limits={}).all is every
