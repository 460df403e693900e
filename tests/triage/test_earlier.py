"""Looking back over days: what a document may ask of the past, and what is read from it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.triage.factories import limit, number, rule, tiny
from triage.cases import run_cases
from triage.documents import digest, dump, from_library, load
from triage.earlier import earlier, looks_back
from triage.facts import MISSING, Earlier, Fact, FactKind, Inputs, Source, SourceKind, window
from triage.findings import ProtocolError


def spo2_lowest(days: int = 3) -> Fact:
    return Fact("low", FactKind.NUMBER, Source(SourceKind.LOWEST, "spo2", days), {"en": "Low"}, "%", 0, 50, 100)


def past(days: int, value: object) -> Earlier:
    return Earlier(days, {"spo2": value}, f"response of {days}")


@pytest.mark.parametrize(
    ("answered", "value", "origin"),
    [
        ([], None, ""),
        ([past(1, 95), past(2, 93), past(3, 97)], 93, "response of 2"),
        ([past(4, 80), past(3, 97)], 97, "response of 3"),
        ([past(2, 93), past(1, 93)], 93, "response of 1"),
        ([past(1, [{"absent": "could-not-measure"}]), past(2, [{"integer": 94}])], 94, "response of 2"),
        ([past(1, [{"unreadable": "9 3"}]), past(2, 12)], None, ""),
        ([past(-1, 80)], None, ""),
    ],
)
def test_the_lowest_is_of_the_window_and_of_values_that_can_be_read_and_believed(
    answered: list[Earlier], value: int | None, origin: str
):
    found = window(spo2_lowest(), (), Inputs({}, None, {}, {}, earlier=answered))

    assert (found.value, found.origin) == (value, origin)
    assert value is not None or found is MISSING


def test_days_are_the_patients_local_days_also_when_the_clocks_change():
    rows = [
        {"id": "00000000-0000-4000-8000-000000000001", "at": "2026-10-24T22:30:00+00:00", "answers": {"spo2": 95}},
        {"id": "00000000-0000-4000-8000-000000000002", "at": "2026-10-22T06:00:00+00:00", "answers": {"spo2": 96}},
    ]

    assert [one.days for one in earlier(rows, on=date(2026, 10, 25), zone="Europe/Paris")] == [0, 3]
    assert [one.days for one in earlier(rows, on=date(2026, 10, 25), zone="America/Martinique")] == [1, 3]
    assert earlier(None, on=date(2026, 10, 25), zone="Europe/Paris") == ()


def test_a_protocol_says_how_far_and_for_which_questions_it_looks_back_and_covid_does_not():
    needed = looks_back(from_library("heart-failure").facts)

    assert needed is not None
    assert needed.to_json() == {"days": 7, "answers": ["weight"]}
    assert looks_back(from_library("covid-19").facts) is None
    assert looks_back(from_library("after-surgery").facts) is None


def looking_back(source: Any, **changes: Any) -> dict[str, Any]:
    document = tiny()
    document["facts"].append(number("lowest", source=source, **changes))
    return document


def test_a_window_survives_storage_and_changes_the_digest():
    three, seven = (load(looking_back({"lowest": "spo2", "days": days})) for days in (3, 7))

    assert load(dump(three)) == three
    assert digest(three) != digest(seven)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ({"lowest": "spo2"}, "whole number of either"),
        ({"lowest": "spo2", "days": "3"}, "whole number of either"),
        ({"lowest": "spo2", "days": True}, "whole number of either"),
        ({"lowest": "", "days": 3}, "whole number of either"),
        ({"lowest": "spo2", "days": 3, "hours": 1}, "whole number of either"),
        ({"slope": "spo2", "hours": "12"}, "whole number of either"),
        ({"change": "spo2", "highest": "spo2", "days": 1}, "exactly one of"),
        ({"back": "spo2"}, "exactly one of"),
        ({"highest": "spo2", "hours": 0}, "whole number of either"),
        ({"highest": "spo2", "hours": -1}, "1 to %(most)s hours"),
        ({"latest": "spo2", "hours": 31 * 24 + 1}, "1 to %(most)s hours"),
        ({"lowest": "spo2", "days": 0}, "1 to %(most)s days"),
        ({"lowest": "spo2", "days": 32}, "1 to %(most)s days"),
    ],
)
def test_a_window_without_sense_is_refused_with_what_to_correct(source: Any, told: str):
    with pytest.raises(ProtocolError) as refused:
        load(looking_back(source))

    assert any(told in finding.message for finding in refused.value.findings)


def test_a_lowest_value_is_a_number_and_no_rule_of_silence_reads_it():
    flag = {"name": "lowest", "kind": "boolean", "source": {"lowest": "pain", "days": 3}, "labels": {"en": "Low"}}
    document = tiny()
    document["facts"].append(flag)
    with pytest.raises(ProtocolError, match="only a number has a window"):
        load(document)

    silent = looking_back({"lowest": "spo2", "days": 3})
    silent["rules"].append(rule("s", "silent_urgent", {"compare": "lowest", "op": "<", "value": 90}, on_silence=True))
    with pytest.raises(ProtocolError, match="not known here"):
        load(silent)


def test_a_case_may_stand_over_a_value_by_the_limit_of_a_change():
    document = looking_back({"lowest": "spo2", "days": 3})
    document["limits"].append(limit("rise", "5"))
    when = {"change": "spo2", "since": "lowest", "op": ">=", "limit": "rise"}
    document["rules"].append(rule("risen", "orange", when))
    document["usual"]["lowest"] = 93
    document["cases"] = [
        {
            "name": "risen",
            "level": "orange",
            "fired": ["risen"],
            "facts": {"spo2": {"limit": "rise", "plus": 0, "over": "93"}},
        },
        {"name": "not", "level": "green", "facts": {"spo2": {"limit": "rise", "plus": -1, "over": "93"}}},
    ]
    made = load(document)
    assert run_cases(made) == []
    assert load(dump(made)) == made
