from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.facts import (
    Fact,
    FactKind,
    Inputs,
    Source,
    SourceKind,
    Status,
    gather,
    read,
    readings_from_json,
    readings_to_json,
    scale,
    unscale,
)

TEMPERATURE = Fact(
    "temperature", FactKind.NUMBER, Source(SourceKind.ANSWER, "t"), {"en": "T"}, "Cel", 1, lowest=300, highest=450
)
PAIN = Fact("pain", FactKind.BOOLEAN, Source(SourceKind.ANSWER, "p"), {"en": "Pain"})
CHILLS = Fact("chills", FactKind.CODE, Source(SourceKind.ANSWER, "c"), {"en": "C"}, choices={"none": {}, "strong": {}})


@pytest.mark.parametrize(
    ("raw", "status", "value"),
    [
        (Decimal("38.6"), Status.KNOWN, 386),
        (Decimal("38.60"), Status.KNOWN, 386),
        ("38.6", Status.KNOWN, 386),
        (38, Status.KNOWN, 380),
        (Decimal("30.0"), Status.KNOWN, 300),
        (Decimal("29.9"), Status.IMPLAUSIBLE, 299),
        (Decimal("45.0"), Status.KNOWN, 450),
        (Decimal("45.1"), Status.IMPLAUSIBLE, 451),
        (Decimal("38.65"), Status.IMPLAUSIBLE, 386),
        (None, Status.MISSING, None),
        (38.6, Status.UNREADABLE, None),
        (True, Status.UNREADABLE, None),
        ("38,6", Status.UNREADABLE, None),
        ("\u0663\u0668", Status.UNREADABLE, None),
        ("", Status.UNREADABLE, None),
        (Decimal("NaN"), Status.UNREADABLE, None),
        (Decimal("Infinity"), Status.UNREADABLE, None),
        (Decimal("1E+999999"), Status.UNREADABLE, None),
        pytest.param(10**5000, Status.UNREADABLE, None, id="5000 digits"),
        ({"decimal": "38.6"}, Status.UNREADABLE, None),
    ],
)
def test_a_number_is_read_exactly_or_not_at_all(raw, status, value):
    reading = read(TEMPERATURE, raw)

    assert (reading.status, reading.value) == (status, value)


@pytest.mark.parametrize(
    ("fact", "raw", "status", "value"),
    [
        (PAIN, False, Status.KNOWN, False),
        (PAIN, 0, Status.UNREADABLE, None),
        (PAIN, "true", Status.UNREADABLE, None),
        (CHILLS, "strong", Status.KNOWN, "strong"),
        (CHILLS, "STRONG", Status.UNREADABLE, None),
        (CHILLS, True, Status.UNREADABLE, None),
    ],
)
def test_a_yes_or_no_and_a_choice_take_only_their_own_values(fact, raw, status, value):
    reading = read(fact, raw)

    assert (reading.status, reading.value) == (status, value)


@pytest.mark.parametrize(
    ("entry", "status", "value"),
    [
        ([{"decimal": "38.6"}], Status.KNOWN, 386),
        ([{"integer": 38}], Status.KNOWN, 380),
        ([{"decimal": "41.5", "confirmed": True}], Status.KNOWN, 415),
        ([{"quantity": "38.6", "unit": "Cel"}], Status.KNOWN, 386),
        ([{"quantity": "101.5", "unit": "[degF]"}], Status.UNREADABLE, None),
        ([{"absent": "could-not-measure"}], Status.MISSING, None),
        ([], Status.MISSING, None),
        ([{"unreadable": "38 6"}], Status.UNREADABLE, None),
        ([{"decimal": "38.6"}, {"decimal": "39.6"}], Status.UNREADABLE, None),
        ([{"decimal": None}], Status.UNREADABLE, None),
        ([{"decimal": "thirty"}], Status.UNREADABLE, None),
        ([{"integer": None}], Status.UNREADABLE, None),
        (["38.6"], Status.UNREADABLE, None),
    ],
)
def test_a_stored_answer_is_missing_only_when_nothing_was_answered(entry, status, value):
    readings = gather([TEMPERATURE], Inputs({"t": entry}, None, {}, {}))

    assert (readings["temperature"].status, readings["temperature"].value) == (status, value)


def test_each_fact_comes_from_its_own_source_and_says_so():
    sources = [
        Source(SourceKind.ANSWER, "x"),
        Source(SourceKind.PREVIOUS, "x"),
        Source(SourceKind.PATIENT, "x"),
        Source(SourceKind.HISTORY, "x"),
    ]
    facts = [Fact(source.kind.value, FactKind.NUMBER, source, {}, lowest=0, highest=9) for source in sources]
    flag = Fact("first", FactKind.BOOLEAN, Source(SourceKind.FIRST_RESPONSE), {})

    readings = gather([*facts, flag], Inputs({"x": 1}, {"x": 2}, {"x": 3}, {"x": 4}, {SourceKind.ANSWER: "response 7"}))
    first = gather([flag], Inputs({}, None, {}, {}))

    assert [reading.value for reading in readings.values()] == [1, 2, 3, 4, False]
    assert readings["answer"].origin == "response 7"
    assert first["first"].value is True


def test_every_number_scales_to_the_very_integer_that_it_is_made_of():
    """As floats, 8.29 times a hundred is 828.9999999999999."""
    assert [scale(Decimal(whole).scaleb(-2), 2) for whole in range(5000)] == list(range(5000))


@given(st.integers(-(10**9), 10**9), st.integers(0, 6))
def test_a_scaled_number_is_shown_with_its_decimals_and_read_back(scaled, decimals):
    fact = Fact("x", FactKind.NUMBER, Source(SourceKind.ANSWER, "x"), {}, decimals=decimals)

    assert read(fact, unscale(scaled, decimals)).value == scaled


def test_text_that_a_json_column_refuses_never_reaches_the_stored_facts():
    reading = read(TEMPERATURE, "38\x00\ud800,6" + "x" * 100)

    assert reading.text == "38,6" + "x" * 34
    assert readings_from_json(readings_to_json({"temperature": reading})) == {"temperature": reading}
