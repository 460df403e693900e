"""Edges of rules that no case stands on, told one by one."""

from dataclasses import replace

import pytest

from tests.triage.factories import limit, number, rule, with_rules
from triage.boundaries import uncovered
from triage.documents import from_library

BELOW = {"compare": "a", "op": "<", "limit": "low"}
UNDER_ALL = {"all": [BELOW, {"compare": "b", "op": "=", "value": True}]}
SINCE = {"change": "a", "since": "c", "op": ">", "value": "2"}


def yes_no(name):
    return {"name": name, "kind": "boolean", "source": {"answer": name}, "labels": {"en": name}}


def code(name, *choices):
    return {**yes_no(name), "kind": "code", "choices": {one: {"en": one} for one in choices}}


FACTS = [number("a"), number("c"), yes_no("b"), code("d", "good", "bad", "worse")]
WELL = {"a": 50, "b": False, "c": 50, "d": "good"}


def wanting(when, *cases):
    """What a rule with this condition lacks, given the facts of each case."""
    table = [{"name": str(case), "facts": case, "level": "green"} for case in [{}, *cases]]
    of = {"facts": FACTS, "limits": [limit("low", "20")], "orders": [], "usual": WELL, "cases": table}
    document = with_rules(rule("r", "red", when), **of)
    return {(one.fact.name, one.value) for one in uncovered(document)}


@pytest.mark.parametrize(
    ("when", "cases", "missing"),
    [
        (BELOW, [], {("a", "19"), ("a", "20")}),
        (BELOW, [{"a": 19}], {("a", "20")}),
        (BELOW, [{"a": 19}, {"a": 20}], set()),
        (BELOW, [{"a": 18}, {"a": 21}], {("a", "19"), ("a", "20")}),
        (BELOW, [{"a": {"limit": "low", "plus": -1}}, {"a": {"limit": "low", "plus": 0}}], set()),
        ({**BELOW, "op": "<="}, [{"a": 20}], {("a", "21")}),
        ({**BELOW, "op": "="}, [{"a": 20}], {("a", "19"), ("a", "21")}),
        ({"compare": "a", "op": "<=", "value": "100"}, [{"a": 100}], set()),
        (
            {"between": "a", "low": {"limit": "low"}, "high": {"value": 30}},
            [{"a": 20}, {"a": 31}],
            {("a", "19"), ("a", "30")},
        ),
        ({"compare": "b", "op": "=", "value": True}, [], {("b", "true")}),
        ({"compare": "d", "op": "=", "value": "bad"}, [], {("d", "bad")}),
        ({"in": "d", "codes": ["bad", "worse"]}, [{"d": "bad"}], {("d", "worse")}),
        ({"missing": "a"}, [], {("a", "missing")}),
        ({"missing": "a"}, [{"a": None}], set()),
        (SINCE, [{"a": 52}], {("a", "3")}),
        (SINCE, [{"a": 53}, {"a": 52}], set()),
        (SINCE, [{"a": 53, "c": None}, {"a": 52}], {("a", "3")}),
    ],
)
def test_what_no_case_shows_is_named(when, cases, missing):
    assert wanting(when, *cases) == missing


def test_a_case_in_which_something_else_settles_the_rule_proves_no_limit():
    beside = [{"a": 19}, {"a": 20}]
    alone = [{"a": 19, "b": True}, {"a": 20, "b": True}]

    assert ("a", "19") in wanting(UNDER_ALL, *beside)
    assert wanting(UNDER_ALL, *alone, {"a": 19}) == set()


def test_a_count_of_consecutive_answers_needs_an_answer_before_on_each_side_too():
    twice = {"consecutive": 2, "days": 3, "of": BELOW}
    table = [
        {"name": "low now", "facts": {"a": 19}, "level": "green"},
        {"name": "low twice", "facts": {"a": 19}, "before": [{"a": 19}], "level": "red", "fired": ["r"]},
        {"name": "low before", "facts": {"a": 20}, "before": [{"a": 19}], "level": "green"},
    ]
    of = {"facts": FACTS, "limits": [limit("low", "20")], "orders": [], "usual": WELL}

    lacking = uncovered(with_rules(rule("r", "red", twice), cases=table, **of))
    assert [(one.fact.name, one.value) for one in lacking] == [("a~1", "20")]

    table.append({"name": "low since now", "facts": {"a": 19}, "before": [{"a": 20}], "level": "green"})
    assert uncovered(with_rules(rule("r", "red", twice), cases=table, **of)) == ()


def test_a_value_hard_to_believe_proves_nothing():
    assert ("a", "19") in wanting(BELOW, {"a": "19.4"})


def test_a_rule_of_silences_needs_cases_of_silences():
    document = from_library("covid-19")
    heard = replace(document, cases=tuple(case for case in document.cases if not case.on_silence))

    lacking = {one.rule for one in uncovered(heard)}

    assert lacking == {rule.id for rule in document.rules if rule.on_silence}
