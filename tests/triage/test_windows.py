"""Windows over earlier answers: which answers they hold, and what is read from them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.triage.factories import limit, number, rule, sentence, tiny
from triage.assess import assess, compile_protocol
from triage.cases import run_cases
from triage.documents import Document, digest, dump, load
from triage.earlier import earlier, looks_back
from triage.facts import Earlier, Inputs, Reading, Status, gather
from triage.findings import ProtocolError

KINDS = ("lowest", "highest", "latest", "change")


def windowed(span: dict[str, int]) -> Document:
    """One fact of each kind over the same window of SpO2."""
    document = tiny()
    document["facts"] += [number(kind, source={kind: "spo2", **span}, lowest="-100") for kind in KINDS]
    slope = number("slope", source={"slope": "spo2", **span}, unit="%/d", decimals=2, lowest="-50", highest="50")
    document["facts"].append(slope)
    return load(document)


def past(hours: float, value: object, days: int = 0) -> Earlier:
    return Earlier(days, {"spo2": value}, f"{hours} h ago", minutes=round(hours * 60))


def read(document: Document, now: object, *answered: Earlier) -> dict[str, Reading]:
    return gather(document.facts, Inputs({"spo2": now}, None, {}, {}, earlier=answered))


@pytest.mark.parametrize(
    ("answered", "lowest", "highest", "latest", "change", "slope"),
    [
        ([], "", "", "", "", ""),
        ([past(12, 94)], "94", "94", "94", "-2", "-4.00"),
        ([past(24, 98), past(12, 93)], "93", "98", "93", "-6", "-6.00"),
        ([past(12, 93), past(24, 98)], "93", "98", "93", "-6", "-6.00"),
        ([past(24.02, 80), past(12, 93)], "93", "93", "93", "-1", "-2.00"),
        ([past(24, 80), past(12, 93)], "80", "93", "93", "12", "12.00"),
        ([past(12, 94), past(8, [{"absent": "could-not-measure"}])], "94", "94", "94", "-2", "-4.00"),
        ([past(12, 94), past(8, [{"unreadable": "x"}]), past(4, 200)], "94", "94", "94", "-2", "-4.00"),
        ([past(-1, 80), past(0, 80)], "", "", "", "", ""),
    ],
)
def test_a_window_of_hours_is_counted_back_from_when_the_answers_were_due(
    answered: list[Earlier], lowest: str, highest: str, latest: str, change: str, slope: str
):
    readings = read(windowed({"hours": 24}), 92, *answered)

    found = [readings[name].text for name in (*KINDS, "slope")]
    assert found == [lowest, highest, latest, change, slope]
    known = Status.KNOWN if lowest else Status.MISSING
    assert {readings[name].status for name in KINDS} == {known}


def test_a_window_of_days_holds_the_patients_days_whatever_the_hour():
    answered = [past(20, 90, days=1), past(44, 85, days=2)]

    assert read(windowed({"days": 1}), 92, *answered)["change"].text == "2"
    assert read(windowed({"days": 2}), 92, *answered)["change"].text == "7"


def test_what_is_read_from_a_window_says_which_answer_it_comes_from():
    readings = read(windowed({"hours": 48}), 92, past(12, 90), past(24, 95), past(36, 94))

    origins = {name: readings[name].origin for name in (*KINDS, "slope")}
    assert origins == {
        "lowest": "12 h ago",
        "highest": "24 h ago",
        "latest": "12 h ago",
        "change": "36 h ago",
        "slope": "36 h ago",
    }


@pytest.mark.parametrize(
    ("now", "status", "change"),
    [
        (None, Status.MISSING, None),
        ([{"unreadable": "9O"}], Status.UNREADABLE, None),
        (180, Status.IMPLAUSIBLE, 86),
        ("92.5", Status.IMPLAUSIBLE, -2),
    ],
)
def test_a_trend_is_as_sure_as_the_answer_at_hand(now: object, status: Status, change: int | None):
    readings = read(windowed({"hours": 24}), now, past(12, 94))

    assert (readings["change"].status, readings["change"].value) == (status, change)
    assert readings["slope"].status is status
    assert readings["lowest"].status is Status.KNOWN


def test_a_trend_outside_its_own_plausible_range_is_doubted():
    steep = read(windowed({"hours": 24}), 92, past(1, 97))["slope"]

    assert (steep.status, steep.text) == (Status.IMPLAUSIBLE, "-120.00")


@pytest.mark.parametrize(("before", "text"), [(93, "-0.12"), (95, "-0.38"), (91, "0.12"), (89, "0.38")])
def test_a_slope_is_rounded_half_to_even(before: int, text: str):
    """1 in 8 days is 0.125, 3 in 8 days 0.375."""
    assert read(windowed({"days": 8}), 92, past(8 * 24, before, days=8))["slope"].text == text


@given(
    st.lists(
        st.tuples(st.integers(1, 7 * 24 * 60), st.integers(0, 100)), min_size=1, max_size=8, unique_by=lambda p: p[0]
    ),
    st.integers(0, 100),
)
def test_the_slope_is_that_of_least_squares(points: list[tuple[int, int]], now: int):
    readings = read(windowed({"hours": 7 * 24}), now, *(past(minutes / 60, value) for minutes, value in points))

    days = [Fraction(0), *(Fraction(-minutes, 24 * 60) for minutes, _ in points)]
    values = [now, *(value for _, value in points)]
    middle, mean = sum(days) / len(days), Fraction(sum(values), len(values))
    above = sum((day - middle) * (value - mean) for day, value in zip(days, values, strict=True))
    exact = above / sum((day - middle) ** 2 for day in days)
    assert readings["slope"].value == round(exact * 100)


def test_hours_are_looked_back_on_as_whole_days_and_the_longest_window_counts():
    def needed(*sources: dict[str, Any]) -> dict[str, Any]:
        facts = [number(f"f{place}", source=source) for place, source in enumerate(sources)]
        found = looks_back(load(tiny(facts=[*tiny()["facts"], *facts])).facts)
        return found.to_json() if found else {}

    assert needed() == {}
    assert needed({"highest": "spo2", "hours": 24}) == {"days": 1, "answers": ["spo2"]}
    assert needed({"latest": "spo2", "hours": 25}) == {"days": 2, "answers": ["spo2"]}
    assert needed({"lowest": "hr", "days": 3}, {"change": "spo2", "hours": 12}) == {
        "days": 3,
        "answers": ["hr", "spo2"],
    }


def test_earlier_answers_are_numbered_back_from_the_latest_and_timed_by_when_they_were_due():
    rows = [
        {"id": f"00000000-0000-4000-8000-00000000000{place}", "at": at, "answers": {"spo2": place}}
        for place, at in enumerate(
            ["2026-11-20T06:00:00+00:00", "2026-11-21T18:00:00+00:00", "2026-11-21T06:00:00+00:00"]
        )
    ]

    at = datetime(2026, 11, 22, 6, 0, 30, tzinfo=UTC)
    found = earlier(rows, on=date(2026, 11, 22), zone="Europe/Paris", at=at)

    assert [(one.back, one.days, one.minutes, one.answers["spo2"]) for one in found] == [
        (1, 1, 12 * 60, 1),
        (2, 1, 24 * 60, 2),
        (3, 2, 48 * 60, 0),
    ]


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        (number("x", source={"change": "unasked", "days": 1}), "a trend needs the fact of the answer to unasked"),
        (number("x", source={"change": "spo2", "days": 1}, unit="kg"), "x must have the unit “%” and 0 decimals"),
        (number("x", source={"change": "spo2", "days": 1}, decimals=1), "x must have the unit “%” and 0 decimals"),
        (number("x", source={"slope": "spo2", "days": 1}), "x must have the unit “%/d” and 0 decimals"),
        (
            {"name": "x", "kind": "code", "source": {"latest": "chills", "days": 1}, "labels": sentence("X")}
            | {"choices": {"none": sentence("none")}},
            "only a number has a window (latest)",
        ),
    ],
)
def test_a_window_that_cannot_be_read_is_refused_in_words(fact: dict[str, Any], told: str):
    with pytest.raises(ProtocolError) as refused:
        load(tiny(facts=[*tiny()["facts"], fact]))

    assert told in str(refused.value)


def test_a_window_of_hours_survives_storage_and_differs_from_one_of_days():
    hours, days = windowed({"hours": 24}), windowed({"days": 24})

    assert load(dump(hours)) == hours
    assert dump(hours)["facts"][4]["source"] == {"lowest": "spo2", "hours": 24}
    assert digest(hours) != digest(days)


def test_a_case_gives_a_value_to_a_fact_of_a_window_and_a_rule_fires_on_it():
    document = tiny(
        limits=[limit("low", "92"), limit("middle", "94"), limit("fall", "-3", lowest="-20")],
        rules=[rule("falling", "orange", {"compare": "fallen", "op": "<=", "limit": "fall"})],
    )
    document["facts"].append(number("fallen", source={"change": "spo2", "hours": 12}, lowest="-50", highest="50"))
    document["usual"]["fallen"] = 0
    document["cases"] = [
        {"name": "at the limit", "facts": {"fallen": {"limit": "fall"}}, "level": "orange", "fired": ["falling"]},
        {"name": "less", "facts": {"fallen": {"limit": "fall", "plus": 1}}, "level": "green"},
        {"name": "nothing to compare with", "facts": {"fallen": None}, "level": "orange"},
    ]
    made = load(document)

    assert run_cases(made) == []
    given_now = Inputs({"spo2": 91}, None, {}, {}, earlier=[past(12, 94)])
    assert assess(compile_protocol(made), gather(made.facts, given_now)).fired == ("falling",)
