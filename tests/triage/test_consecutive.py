"""Counts of answers in a row: how they are written out, gathered, decided, stated in cases and put in words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.triage.factories import number, rule, sentence, tiny
from triage.assess import Assessment, assess, compile_protocol, reassess
from triage.cases import run_cases
from triage.conditions.expanding import expanded
from triage.conditions.shapes import AllOf, Compare, Consecutive, LimitName
from triage.documents import Document, digest, dump, facts_in_use, load
from triage.earlier import looks_back
from triage.facts import Earlier, Inputs, gather
from triage.findings import ProtocolError
from triage.levels import Level
from triage.wording import word

LOW = {"compare": "spo2", "op": "<=", "limit": "middle"}


def counting(count: int = 3, days: int = 2, of: Any = None, **changes: Any) -> Document:
    when = {"consecutive": count, "days": days, "of": of or LOW}
    return load(tiny(rules=[rule("low_for_long", "orange", when)], **changes))


def decided(document: Document, now: object, *before: object, days: tuple[int, ...] = (0, 1, 2, 3)) -> Assessment:
    """`before`: SpO2 one answer before, two before …, None where the patient could not measure."""
    earlier = [
        Earlier(days[back - 1], {"spo2": value}, minutes=back * 720, back=back) for back, value in enumerate(before, 1)
    ]
    protocol = compile_protocol(document)
    given = Inputs({"spo2": now}, {"spo2": before[0]} if before else None, {}, {}, earlier=earlier)
    return assess(protocol, gather(protocol.facts.values(), given))


@pytest.mark.parametrize(
    ("now", "before", "level"),
    [
        (94, [], Level.GREEN),
        (94, [94], Level.GREEN),
        (94, [94, 94], Level.ORANGE),
        (94, [94, 95], Level.GREEN),
        (94, [95, 94, 94], Level.GREEN),
        (95, [94, 94], Level.GREEN),
        (94, [94, 94, 97], Level.ORANGE),
        (94, [None], Level.GREEN),
        (95, [None, None], Level.GREEN),
        (None, [94], Level.GREEN),
        (None, [97, 94], Level.GREEN),
    ],
)
def test_a_count_is_reached_when_every_answer_in_a_row_meets_the_condition(now: Any, before: list[Any], level: Level):
    assert decided(counting(), now, *before).level is level


@pytest.mark.parametrize(("now", "before", "subject"), [(94, [None, 94], "spo2~1"), (None, [94, 94], "spo2")])
def test_a_count_that_hangs_on_what_was_not_measured_is_in_doubt(now: Any, before: list[Any], subject: str):
    result = decided(counting(), now, *before)

    assert (result.level, result.fired) == (Level.ORANGE, ())
    assert [doubt.subject for doubt in result.doubts] == [subject]


def test_answers_older_than_the_days_of_the_count_do_not_count():
    assert decided(counting(days=2), 94, 94, 94, days=(1, 2)).fired == ("low_for_long",)
    assert decided(counting(days=2), 94, 94, 94, days=(1, 3)).level is Level.GREEN


def test_two_counts_of_the_same_fact_each_keep_to_their_own_days():
    rules = [
        rule("short", "orange", {"consecutive": 2, "days": 1, "of": LOW}),
        rule("long", "orange", {"consecutive": 2, "days": 7, "of": LOW}),
    ]
    document = load(tiny(rules=rules))

    assert decided(document, 94, 94, days=(1,)).fired == ("short", "long")
    assert decided(document, 94, 94, days=(2,)).fired == ("long",)
    assert [fact.name for fact in facts_in_use(document)[4:]] == ["answered~1~1", "answered~1~7", "spo2~1"]
    assert {fact.name: fact.source.days for fact in facts_in_use(document)[4:]}["spo2~1"] == 7


def test_a_value_that_was_hard_to_believe_was_doubted_when_it_was_given():
    result = decided(counting(count=2), 94, -4)

    assert (result.fired, result.doubts) == (("low_for_long",), ())


def test_a_count_is_written_out_in_the_other_shapes():
    low = Compare("spo2", "<=", LimitName("middle"))
    moved = [Compare(f"spo2~{back}", "<=", LimitName("middle")) for back in (1, 2)]
    answered = [Compare(f"answered~{back}~2", "=", True) for back in (1, 2)]

    assert expanded(Consecutive(3, 2, low)) == AllOf(
        (low, AllOf((answered[0], moved[0])), AllOf((answered[1], moved[1])))
    )
    assert expanded(low) is low


EVERY_SHAPE = {
    "any": [
        {"not": {"in": "chills", "codes": ["none"]}},
        {"all": [LOW, {"missing": "chills"}]},
        {"at_least": 1, "of": [{"between": "spo2", "low": {"value": 80}, "high": {"limit": "low"}}]},
        {"change": "spo2", "since": "other", "op": "<=", "value": -3},
        {"compare": "pain", "op": "=", "value": True},
    ]
}


def test_every_shape_can_be_counted_and_survives_storage():
    facts = [*tiny()["facts"], number("other", source={"answer": "other"})]
    document = counting(2, 3, EVERY_SHAPE, facts=facts)

    assert load(dump(document)) == document
    assert dump(document)["rules"][0]["when"] == {"consecutive": 2, "days": 3, "of": EVERY_SHAPE}
    assert digest(document) != digest(counting(2, 4, EVERY_SHAPE, facts=facts))
    names = {fact.name for fact in facts_in_use(document)[len(facts) :]}
    assert names == {"answered~1~3", "spo2~1", "pain~1", "chills~1", "other~1"}


def test_a_count_inside_other_conditions_is_found_and_looked_back_on():
    when = {"all": [LOW, {"not": {"consecutive": 2, "days": 4, "of": LOW}}]}
    document = load(tiny(rules=[rule("new_low", "orange", when)]))

    needed = looks_back(facts_in_use(document))
    assert needed is not None
    assert needed.to_json() == {"days": 4, "answers": ["spo2"]}
    assert decided(document, 94).fired == ("new_low",)
    assert decided(document, 94, 97).fired == ("new_low",)
    assert decided(document, 94, 94).fired == ()


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ({"consecutive": 1, "days": 2, "of": LOW}, "consecutive must be a whole number from 2 to 10"),
        ({"consecutive": 11, "days": 2, "of": LOW}, "consecutive must be a whole number from 2 to 10"),
        ({"consecutive": True, "days": 2, "of": LOW}, "consecutive must be a whole number from 2 to 10"),
        ({"consecutive": 2, "of": LOW}, "days must be a whole number from 1 to 31"),
        ({"consecutive": 2, "days": 32, "of": LOW}, "days must be a whole number from 1 to 31"),
        ({"consecutive": 2, "days": 2}, "write a condition here"),
        (
            {"consecutive": 2, "days": 2, "of": {"any": [{"consecutive": 2, "days": 2, "of": LOW}]}},
            "cannot stand inside another one",
        ),
        ({"consecutive": 2, "days": 2, "of": {"compare": "before", "op": "<", "value": 9}}, "before is no answer"),
        (
            {"consecutive": 2, "days": 2, "of": {"change": "spo2", "since": "before", "op": "<", "value": -3}},
            "before is",
        ),
        ({"consecutive": 2, "days": 2, "of": {"compare": "spoo2", "op": "<", "value": 9}}, "declare it or write spo2"),
        ({"compare": "spo2~1", "op": "<", "value": 9}, "there is no fact named spo2~1"),
    ],
)
def test_a_count_without_sense_is_refused_with_what_to_correct(when: Any, told: str):
    with pytest.raises(ProtocolError) as refused:
        load(tiny(rules=[rule("r", "orange", when)]))

    assert told in str(refused.value)


def test_a_case_states_what_was_answered_before_on_top_of_the_usual_answers():
    cases = [
        {"name": "three", "facts": {"spo2": "94"}, "before": [{"spo2": "94"}, {"spo2": {"limit": "middle"}}]},
        {"name": "one was better", "facts": {"spo2": "94"}, "before": [{"spo2": "94"}, {}], "level": "green"},
        {"name": "the first answers", "facts": {"spo2": "94"}, "before": [{"spo2": "94"}], "level": "green"},
        {"name": "one not measured", "facts": {"spo2": "94"}, "before": [{"spo2": "94"}, {"spo2": None}], "fired": []},
    ]
    cases = [
        {"level": "orange", "fired": ["low_for_long"] if case["name"] == "three" else [], **case} for case in cases
    ]
    document = counting(cases=cases)

    assert run_cases(document) == []
    assert load(dump(document)) == document
    assert dump(document)["cases"][2]["before"] == [{"spo2": "94"}]
    assert "before" not in dump(counting())["cases"][0]


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ({"before": {"spo2": "94"}}, "write a list"),
        ({"before": [{"spoo2": "94"}]}, "write spo2"),
        ({"before": [{"before": 94}]}, "before is no answer"),
        ({"before": [{}], "on_silence": True, "level": "silent"}, "remove before"),
    ],
)
def test_a_case_before_which_nothing_sensible_was_answered_is_refused(case: dict[str, Any], told: str):
    with pytest.raises(ProtocolError) as refused:
        counting(cases=[{"name": "wrong", "level": "green", **case}])

    assert told in str(refused.value)


def test_earlier_answers_are_named_in_the_languages_of_the_document():
    labels = {fact.name: fact.labels for fact in facts_in_use(load(in_three_languages()))}

    assert labels["spo2~1"]["en"] == "spo2, 1 answer before"
    assert labels["spo2~2"] == {
        "en": "spo2, 2 answers before",
        "fr": "spo2, 2 réponses avant",
        "ar": "spo2، قبل إجابتين (2)",
    }
    assert labels["answered~2~2"]["fr"] == "Au moins 2 réponses antérieures (jours\u202f: 2)"


def in_three_languages() -> dict[str, Any]:
    document = tiny(languages=["en", "fr", "ar"])
    document["rules"][0]["when"] = {"consecutive": 3, "days": 2, "of": LOW}
    return translated(document)


def translated(data: Any) -> Any:
    """Every text said in three languages, in the words of the first."""
    if isinstance(data, list):
        return [translated(item) for item in data]
    if isinstance(data, dict) and set(data) == {"en"}:
        return dict.fromkeys(("en", "fr", "ar"), data["en"])
    return {key: translated(value) for key, value in data.items()} if isinstance(data, dict) else data


def test_the_figures_of_a_count_are_told_to_the_caller_and_a_stored_assessment_is_lived_again():
    document = counting(2)
    result = decided(document, 94, 93)
    again = reassess(compile_protocol(document), facts=result.facts, own_limits={})

    assert again == result
    assert word(document, result, "en").comparisons() == [
        "spo2: 94\u202f% (alert at 94\u202f% or less)",
        "spo2, 1 answer before: 93\u202f% (alert at 94\u202f% or less)",
    ]
    doubted = decided(document, 94, None)
    assert word(document, doubted, "en").to_caller() == [
        "Could not be assessed, missing: spo2, 1 answer before",
    ]


def test_an_optional_fact_is_as_optional_in_earlier_answers():
    has = {"name": "has", "kind": "boolean", "source": {"patient": "has_oximeter"}, "labels": sentence("Has one")}
    spo2 = number("spo2", optional_when={"compare": "has", "op": "=", "value": False})
    in_pain = rule("in_pain", "red", {"compare": "pain", "op": "=", "value": True})
    low = rule("low", "orange", {"consecutive": 2, "days": 2, "of": LOW})
    document = load(tiny(facts=[spo2, *tiny()["facts"][1:], has], rules=[low, in_pain]))
    protocol = compile_protocol(document)
    earlier = [Earlier(0, {}, minutes=720, back=1)]

    def level(has_oximeter: bool) -> Level:
        given = Inputs({"spo2": None, "pain": False}, {}, {"has_oximeter": has_oximeter}, {}, earlier=earlier)
        return assess(protocol, gather(protocol.facts.values(), given)).level

    assert (level(True), level(False)) == (Level.ORANGE, Level.GREEN)
