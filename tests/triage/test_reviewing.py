"""Warnings about a protocol: each with the smallest document that deserves it, and its neighbour that does not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.triage.factories import limit, number, rule, sentence, tiny, with_rules
from tests.triage.random_protocols import conditions, readings
from triage.assess import assess, compile_protocol
from triage.documents import from_library, load, review
from triage.documents.regions import TooManyBoxes, outside
from triage.documents.truth import Truth

PLAIN = ("facts › spo2:", "facts › before", "facts › pain", "facts › chills", "limits › low", "limits › middle")
"""What the tiny document has without using it."""


def warned(document: dict[str, Any]) -> list[str]:
    """The warnings, without those about parts that the tiny document always has."""
    found = [f"{warning.where}: {warning.message % warning.values}" for warning in review(load(document))]
    return [text for text in found if not (text.startswith(PLAIN) and (" no rule" in text))]


def rules(*conditions: tuple[str, Any], **changes: Any) -> dict[str, Any]:
    made = [rule(f"r{place}", level, when) for place, (level, when) in enumerate(conditions, 1)]
    return tiny(rules=made, **changes)


def at_most(value: Any) -> dict[str, Any]:
    return {"compare": "spo2", "op": "<=", **({"limit": value} if isinstance(value, str) else {"value": value})}


def at_least(value: int) -> dict[str, Any]:
    return {"compare": "spo2", "op": ">=", "value": value}


def band(low: int | str, high: int | str, fact: str = "spo2") -> dict[str, Any]:
    return {"between": fact, "low": {"value": low}, "high": {"value": high}}


YES, NO = ({"compare": "pain", "op": "=", "value": value} for value in (True, False))


@pytest.mark.parametrize(
    ("when", "never"),
    [
        ({"all": [at_most(90), at_least(91)]}, True),
        ({"all": [at_most(90), at_least(90)]}, False),
        ({"all": [at_most("low"), {"not": at_most("middle")}]}, True),
        ({"all": [at_most("middle"), {"not": at_most("low")}]}, False),
        ({"all": [YES, NO]}, True),
        ({"any": [YES, NO]}, False),
        ({"all": [{"missing": "spo2"}, at_most(90)]}, True),
        ({"all": [{"missing": "spo2"}, {"missing": "before"}]}, False),
        ({"all": [{"missing": "spo2"}, {"not": at_most(90)}]}, True),
        ({"not": {"any": [{"missing": "pain"}, YES, NO]}}, True),
        ({"all": [{"in": "chills", "codes": ["none"]}, {"in": "chills", "codes": ["strong"]}]}, True),
        ({"not": {"in": "chills", "codes": ["none", "strong"]}}, True),
        ({"not": {"in": "chills", "codes": ["none"]}}, False),
        ({"at_least": 2, "of": [at_most(90), at_least(95), band(91, 94)]}, True),
        ({"at_least": 2, "of": [at_most(90), at_least(90), band(91, 94)]}, False),
        ({"not": {"at_least": 1, "of": [at_most(90), at_least(90)]}}, True),
        ({"change": "spo2", "since": "before", "op": "<", "value": -3}, False),
        (
            {
                "all": [
                    {"change": "spo2", "since": "before", "op": "<", "value": -3},
                    {"not": {"change": "spo2", "since": "before", "op": "<=", "value": -3}},
                ]
            },
            True,
        ),
        ({"consecutive": 2, "days": 2, "of": {"all": [YES, NO]}}, True),
        ({"consecutive": 2, "days": 2, "of": YES}, False),
        ({"all": [{"consecutive": 2, "days": 2, "of": YES}, NO]}, True),
        ({"all": [{"compare": "spo2", "op": "=", "value": 5}, {"compare": "spo2", "op": "!=", "value": 5}]}, True),
    ],
)
def test_a_rule_that_can_never_fire_is_told(when: Any, never: bool):
    assert any("can never fire" in text for text in warned(rules(("orange", when)))) is never


@pytest.mark.parametrize(
    ("first", "second", "covered"),
    [
        (("orange", at_most(92)), ("red", at_most(92)), "r1"),
        (("orange", at_most(92)), ("red", at_most(93)), "r1"),
        (("orange", at_most(92)), ("red", at_most(91)), None),
        (("red", at_most(92)), ("orange", at_most(93)), None),
        (("red", at_most(92)), ("red", at_most(93)), "r1"),
        (("red", at_most(92)), ("red", at_most(92)), "r2"),
        (("orange", {"all": [YES, at_most(92)]}), ("orange", YES), "r1"),
        (("orange", YES), ("orange", {"all": [YES, at_most(92)]}), "r2"),
        (("orange", {"all": [YES, at_most(92)]}), ("orange", NO), None),
        (("orange", YES), ("red", {"any": [YES, at_most(92)]}), "r1"),
        (("orange", {"any": [YES, at_most(92)]}), ("red", YES), None),
        (
            ("orange", {"compare": "chills", "op": "=", "value": "strong"}),
            ("orange", {"not": {"missing": "chills"}}),
            "r1",
        ),
        (
            ("orange", {"consecutive": 3, "days": 2, "of": YES}),
            ("orange", {"consecutive": 2, "days": 2, "of": YES}),
            "r1",
        ),
        (
            ("orange", {"consecutive": 2, "days": 2, "of": YES}),
            ("orange", {"consecutive": 2, "days": 1, "of": YES}),
            None,
        ),
        (("orange", {"consecutive": 2, "days": 2, "of": YES}), ("orange", YES), "r1"),
    ],
)
def test_a_rule_beside_which_a_worse_or_equal_one_always_fires_is_told(first: Any, second: Any, covered: str | None):
    texts = [text for text in warned(rules(first, second)) if "whenever this rule fires" in text]

    assert [text.split(":")[0] for text in texts] == ([f"rules › {covered}"] if covered else [])


def test_a_rule_that_says_to_call_15_is_not_covered_by_one_that_does_not():
    def covered(urgent: int) -> bool:
        made = [rule(f"r{place}", "red", YES, call_15=place == urgent) for place in (1, 2)]
        return any("rules › r1: whenever" in text for text in warned(tiny(rules=made)))

    assert (covered(1), covered(2)) == (False, True)


def test_rules_of_answers_and_of_silences_do_not_cover_each_other():
    alone = {"name": "alone", "kind": "boolean", "source": {"patient": "lives_alone"}, "labels": sentence("Alone")}
    when = {"compare": "alone", "op": "=", "value": True}
    made = [rule("r1", "red", when), rule("r2", "red", when, on_silence=True)]

    assert warned(tiny(facts=[*tiny()["facts"], alone], rules=made)) == []


def test_a_red_limit_inside_an_orange_one_is_told_at_the_limit():
    def told(red: str, orange: str) -> list[str]:
        limits = [limit("low", red), limit("middle", orange)]
        document = rules(("orange", at_most("middle")), ("red", at_most("low")), limits=limits, orders=[])
        return [text for text in warned(document) if "is reached before" in text]

    assert told("92", "94") == []
    assert told("95", "94") == [
        "limits › low: low (95) is reached before middle (94): r1 never fires without r2, which is worse"
    ]


@pytest.mark.parametrize(
    ("decimals", "bands", "gap"),
    [
        (1, [band("0", "8.0"), band("9.0", "11.0")], "from 8.1 to 8.9"),
        (0, [band("0", "8"), band("9", "11")], None),
        (1, [band("0", "8.0"), band("8.1", "11.0")], None),
        (2, [band("0", "8.10"), band("8.20", "11.00")], "from 8.11 to 8.19"),
        (2, [band("0", "8.15"), band("8.25", "11.00")], None),
        (0, [band("0", "8"), band("12", "20")], None),
        (0, [band("0", "8"), band("10", "20")], "from 9 to 9"),
        (
            0,
            [
                {"compare": "rate", "op": "<", "value": 9},
                {"all": [{"compare": "rate", "op": ">", "value": 9}, band(0, 20, "rate")]},
            ],
            "from 9 to 9",
        ),
        (1, [{"compare": "rate", "op": "<=", "value": "2.0"}, {"compare": "rate", "op": ">=", "value": "3.0"}], None),
        (0, [{"compare": "rate", "op": "!=", "value": "3"}], None),
        (1, [band("0", "8.0"), band("9.0", "11.0"), band("7.0", "10.0")], None),
    ],
)
def test_values_between_two_bands_that_nearly_meet_are_told(decimals: int, bands: list[Any], gap: str | None):
    wide = [{**when, "between": "rate"} if "between" in when else when for when in bands]
    document = rules(*(("orange", when) for when in wide))
    document["facts"].append(number("rate", decimals=decimals, unit="/min"))

    texts = [text for text in warned(document) if "is in no band" in text]

    assert len(texts) == (1 if gap else 0)
    assert gap is None or gap in texts[0]


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        (band(80, 90), band(90, 95), "from 90 to 90"),
        (band(80, 90), band(91, 95), None),
        (band(80, 92), band(88, 95), "from 88 to 92"),
        (band(80, 95), band(85, 90), None),
        (at_most(92), at_least(90), "from 90 to 92"),
        (at_most(92), at_most(90), None),
        (band(80, 92), {"all": [band(88, 95), YES]}, None),
    ],
)
def test_values_in_two_bands_are_told(first: Any, second: Any, both: str | None):
    texts = [text for text in warned(rules(("orange", first), ("red", second))) if "is in two bands" in text]

    assert len(texts) == (1 if both else 0)
    assert both is None or both in texts[0]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"limits": [limit("low", "40"), limit("middle", "94")]}, "limits › low: 40 is outside of what is plausible"),
        ({"limits": [limit("low", "50"), limit("middle", "94")]}, None),
        ({"rules": [rule("r", "red", at_most(101))]}, "rules › r: 101 is outside of what is plausible"),
        ({"rules": [rule("r", "red", at_most(100))]}, None),
        ({"rules": [rule("r", "red", {"not": band(49, 60)})]}, "rules › r: 49 is outside of what is plausible"),
    ],
)
def test_a_limit_outside_of_what_is_plausible_is_told(changes: dict[str, Any], told: str | None):
    facts = [number("spo2", lowest="50"), *tiny()["facts"][1:]]
    texts = [text for text in warned(tiny(facts=facts, **changes)) if "plausible" in text]

    assert len(texts) == (1 if told else 0)
    assert told is None or texts[0].startswith(told)


@pytest.mark.parametrize(
    ("orders", "ranges", "told"),
    [
        ([], {}, True),
        ([["low", "<=", "middle"]], {}, False),
        ([["middle", "<", "high"], ["low", "<", "middle"]], {}, False),
        ([], {"low": {"highest": "93"}, "middle": {"lowest": "94"}, "high": {"lowest": "96"}}, True),
        ([], {"low": {"highest": "93"}, "middle": {"lowest": "94", "highest": "95"}, "high": {"lowest": "96"}}, False),
    ],
)
def test_limits_that_a_patients_own_ones_could_cross_are_told(orders: Any, ranges: dict[str, Any], told: bool):
    limits = [
        limit(name, value, **ranges.get(name, {})) for name, value in (("low", "92"), ("middle", "94"), ("high", "97"))
    ]
    many = ("high",) if len(orders) != 1 else ()
    made = [rule(name, "orange" if name == "middle" else "red", at_most(name)) for name in ("low", "middle")]
    made += [rule(name, "red", {"compare": "spo2", "op": ">", "limit": name}) for name in many]

    texts = [text for text in warned(tiny(limits=limits, orders=orders, rules=made)) if "no order holds" in text]

    assert bool(texts) is told


def test_both_ends_of_a_band_need_an_order():
    when = {"between": "spo2", "low": {"limit": "low"}, "high": {"limit": "middle"}}

    assert any("no order holds between low and middle" in text for text in warned(rules(("red", when), orders=[])))
    assert not any("no order" in text for text in warned(rules(("red", when))))


def test_what_nothing_uses_is_told_and_what_a_sentence_or_a_trend_needs_is_not():
    said = {"to_caller": sentence("SpO2 {spo2} of {middle}, before {before}")}
    falling = rule("falling", "orange", {"compare": "trend", "op": "<", "value": 0}, **said)
    document = tiny(rules=[falling, rule("low", "red", {"compare": "pain", "op": "=", "value": True})])
    document["facts"] += [
        number("pulse", source={"answer": "pulse"}),
        number("trend", source={"slope": "pulse", "days": 3}, unit="%/d"),
    ]

    found = {warning.where for warning in review(load(document))}

    assert found == {"facts › chills", "limits › low"}


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        (number("age", source={"patient": "age_years"}, unit="a"), None),
        (number("age", source={"patient": "age_years"}, unit="mo"), "this is known in “a”, not in “mo”"),
        (number("alone", source={"patient": "lives_alone"}, unit=""), "known as a boolean: as a number"),
        (
            {
                "name": "day",
                "kind": "days",
                "source": {"patient": "age_years"},
                "unit": "a",
                "lowest": "0",
                "highest": "99",
            },
            None,
        ),
        (
            {"name": "tier", "kind": "code", "source": {"patient": "risk_tier"}, "choices": {"highest": sentence("x")}},
            "the choices are not those that exist: write standard, high",
        ),
        (
            number("other", source={"previous": "spo2"}, unit="mm[Hg]"),
            "other and spo2 read one answer in “mm[Hg]” and “%”",
        ),
        (number("slope", source={"slope": "spo2", "days": 1}, unit="%/d"), None),
    ],
)
def test_a_fact_that_is_known_otherwise_is_told(fact: dict[str, Any], told: str | None):
    document = tiny(facts=[*tiny()["facts"], {"labels": sentence("X"), **fact}])
    texts = [text for text in warned(document) if "no rule" not in text]

    assert len(texts) == (1 if told else 0)
    assert told is None or told in texts[0]


@pytest.mark.parametrize(
    ("slug", "told"),
    [("covid-19", ["facts › malaise"]), ("heart-failure", []), ("after-surgery", [])],
)
def test_a_shipped_protocol_deserves_no_warning_but_of_what_is_only_shown(slug: str, told: list[str]):
    assert [warning.where for warning in review(from_library(slug))] == told


def test_of_a_condition_too_wide_to_reason_about_nothing_is_concluded():
    signs = [f"sign{place}" for place in range(12)]
    yes = [{"compare": name, "op": "=", "value": True} for name in signs]
    facts = [{"name": name, "kind": "boolean", "source": {"answer": name}, "labels": sentence(name)} for name in signs]
    never = {"all": [{"at_least": 4, "of": yes}, {"not": {"any": yes}}]}
    several = {"all": [{"any": [part, {"missing": part["compare"]}]} for part in yes]}

    for when in (never, several):
        document = rules(("red", when), facts=[*tiny()["facts"], *facts])
        with pytest.raises(TooManyBoxes):
            Truth(load(document)).of(load(document).rules[0].when)
        assert warned(document) == []


def test_what_is_outside_of_spans_leaves_no_value_out_and_none_twice():
    assert outside([(3, 4), (6, 9)], (0, 9)) == ((0, 2), (5, 5))
    assert outside([], (0, 9)) == ((0, 9),)
    assert outside([(0, 9)], (0, 9)) == ()


def check_against_evaluator(drawn: list[Any], data: st.DataObject) -> None:
    document = with_rules(*(rule(f"r{place}", level, when) for place, (level, when) in enumerate(drawn)))
    protocol = compile_protocol(document)
    never, covers = set(), {}
    for warning in review(document):
        if "can never fire" in warning.message:
            never.add(warning.where.removeprefix("rules › "))
        elif "whenever this rule fires" in warning.message:
            covers[warning.where.removeprefix("rules › ")] = warning.values["other"]
        elif "is reached before" in warning.message:
            covers[warning.values["rule"]] = warning.values["other"]
    levels = {one.id: one.level for one in document.rules}

    for _ in range(5):
        fired = set(assess(protocol, data.draw(readings(document))).fired)
        assert not fired & never
        for name, other in covers.items():
            assert name not in fired or other in fired
            assert levels[other] >= levels[name]


drawn_rules = st.lists(st.tuples(st.sampled_from(["orange", "red"]), conditions), min_size=2, max_size=4)


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(drawn_rules, st.data())
def test_no_rule_that_is_told_never_to_fire_or_to_be_covered_does_otherwise(drawn: list[Any], data: st.DataObject):
    check_against_evaluator(drawn, data)


@pytest.mark.drill
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(drawn_rules, st.data())
def test_no_rule_of_thousands_of_protocols_is_told_wrongly(drawn: list[Any], data: st.DataObject):
    check_against_evaluator(drawn, data)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(conditions, st.data())
def test_a_condition_is_true_exactly_in_its_region(when: Any, data: st.DataObject):
    """Not only never outside of it: what hangs together apart (a change), each region here is exact."""
    document = with_rules(rule("r", "red", when))
    truth = Truth(document)
    known = data.draw(readings(document))
    point = {}
    for name, fact in truth.facts.items():
        value = known[name].value
        point[name] = (
            None if value is None else int(value) if not isinstance(value, str) else list(fact.choices).index(value)
        )
    now, since = point["spo2"], point["before"]
    believed = known["before"].status.value == "known"
    point["spo2 less before"] = now - since if now is not None and since is not None and believed else None

    inside = any(
        all(
            any(low <= point[name] <= high for low, high in values.spans) if point[name] is not None else values.unknown
            for name, values in box.items()
        )
        for box in truth.of(document.rules[0].when)
    )

    assert inside is (assess(compile_protocol(document), known).fired == ("r",))
