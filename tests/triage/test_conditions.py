from itertools import product

import pytest

from tests.triage.factories import limit, number, rule, with_rules
from triage.assess import assess, compile_protocol
from triage.cases import readings_of
from triage.conditions.compiling import enough, every, opposite, some

T, F, U = True, False, None
SPO2_LOW = {"compare": "spo2", "op": "<=", "limit": "low"}
PAIN = {"compare": "pain", "op": "=", "value": True}
STRONG = {"in": "chills", "codes": ["strong"]}


def outcome(when, **facts):
    document = with_rules(rule("tested", "red", when))
    result = assess(compile_protocol(document), readings_of(document, facts))
    return result.explanation["rules"][0]["outcome"]


@pytest.mark.parametrize(
    ("left", "right", "both", "either"),
    [
        (T, T, T, T),
        (T, F, F, T),
        (T, U, U, T),
        (F, T, F, T),
        (F, F, F, F),
        (F, U, F, U),
        (U, T, U, T),
        (U, F, F, U),
        (U, U, U, U),
    ],
)
def test_all_and_any_follow_kleene(left, right, both, either):
    assert every([left, right]) is both
    assert some([left, right]) is either


@pytest.mark.parametrize(("part", "result"), [(T, F), (F, T), (U, U)])
def test_not_leaves_the_unknown_unknown(part, result):
    assert opposite(part) is result


def test_at_least_is_known_exactly_when_the_unknown_parts_cannot_change_it():
    for count, outcomes in product((1, 2, 3), product((T, F, U), repeat=3)):
        possible = {
            sum(chosen) >= count for chosen in product(*[(T, F) if part is U else (part,) for part in outcomes])
        }

        assert enough(count, list(outcomes)) is (possible.pop() if len(possible) == 1 else U)


@pytest.mark.parametrize(
    ("operator", "below", "equal", "above"),
    [("<", T, F, F), ("<=", T, T, F), (">", F, F, T), (">=", F, T, T), ("=", F, T, F), ("!=", T, F, T)],
)
def test_each_operator_stands_on_its_side_of_the_limit(operator, below, equal, above):
    when = {"compare": "spo2", "op": operator, "limit": "low"}

    assert [outcome(when, spo2=value) for value in (91, 92, 93)] == [below, equal, above]


@pytest.mark.parametrize("value", ["92", 92])
def test_a_constant_compares_like_a_limit(value):
    when = {"compare": "spo2", "op": "<=", "value": value}

    assert [outcome(when, spo2=given) for given in (92, 93)] == [T, F]


def test_both_ends_of_a_band_belong_to_it():
    when = {"between": "spo2", "low": {"limit": "low"}, "high": {"value": 94}}

    assert [outcome(when, spo2=value) for value in (91, 92, 94, 95, None)] == [F, T, T, F, U]


def test_a_choice_and_a_yes_or_no_compare_by_their_value():
    assert [outcome(STRONG, chills=value) for value in ("strong", "none", None)] == [T, F, U]
    assert [outcome(PAIN, pain=value) for value in (True, False, None)] == [T, F, U]


def test_missing_is_always_known():
    assert [outcome({"missing": "spo2"}, spo2=value) for value in (None, 97)] == [T, F]


@pytest.mark.parametrize(
    ("before", "now", "fell"), [(96, 93, T), (96, 94, F), (93, 96, F), (None, 93, U), (96, None, U), (975, 93, U)]
)
def test_a_change_is_now_minus_before_and_unknown_without_a_trustworthy_before(before, now, fell):
    assert outcome({"change": "spo2", "since": "before", "op": "<=", "value": -3}, spo2=now, before=before) is fell


def test_a_nested_tree_is_decided_by_its_known_parts():
    when = {"any": [{"all": [SPO2_LOW, PAIN]}, {"not": {"any": [SPO2_LOW, {"not": STRONG}]}}]}

    assert outcome(when, spo2=None, pain=False, chills="none") is F
    assert outcome(when, spo2=None, pain=True, chills="none") is U
    assert outcome(when, spo2=91, pain=True, chills="none") is T


def test_the_explanation_holds_every_value_limit_and_outcome():
    document = with_rules(rule("tested", "red", {"any": [SPO2_LOW, PAIN]}))

    result = assess(compile_protocol(document), readings_of(document, {"spo2": 91, "pain": None}))

    assert result.explanation["rules"] == [
        {
            "rule": "tested",
            "level": "red",
            "outcome": True,
            "when": {
                "op": "any",
                "outcome": True,
                "parts": [
                    {
                        "op": "compare",
                        "fact": "spo2",
                        "value": "91",
                        "status": "known",
                        "operator": "<=",
                        "limit": "low",
                        "limit_value": "92",
                        "outcome": True,
                    },
                    {
                        "op": "compare",
                        "fact": "pain",
                        "value": "",
                        "status": "missing",
                        "operator": "=",
                        "limit": None,
                        "limit_value": "True",
                        "outcome": None,
                    },
                ],
            },
        }
    ]


def test_decimals_compare_exactly():
    document = with_rules(
        rule("rise", "red", {"change": "now", "since": "then", "op": ">=", "limit": "step"}),
        facts=[
            number("now", unit="Cel", decimals=1),
            number("then", unit="Cel", decimals=1, source={"previous": "now"}),
        ],
        limits=[limit("step", "0.2", unit="Cel", decimals=1)],
        orders=[],
        usual={},
    )
    protocol = compile_protocol(document)

    result = assess(protocol, readings_of(document, {"now": "38.3", "then": "38.1"}))

    assert result.fired == ("rise",)  # in floats 38.3 - 38.1 is less than 0.2
