import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from questionnaires.numbers import LONGEST, NumberProblem, parse_number

CASES = json.loads(Path(__file__).with_name("number_cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['text'][:16]!a}-{c['decimals']}{'s' * c['signed']}")
def test_the_table_shared_with_the_phone_holds(case):
    result = parse_number(case["text"], decimals=case["decimals"], signed=case["signed"])

    assert (str(result) if isinstance(result, Decimal) else None) == case["value"], case["why"]
    assert (str(result) if isinstance(result, NumberProblem) else None) == case["problem"], case["why"]


def test_every_problem_has_a_case_in_the_shared_table():
    assert {case["problem"] for case in CASES} == {None, *map(str, NumberProblem)}


@given(
    st.decimals(0, 9999, places=1), st.sampled_from(",.٫"), st.sampled_from(["0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹"])
)
def test_a_number_written_in_any_script_with_any_mark_is_read_back(number, mark, digits):
    written = str(number).replace(".", mark).translate({ord(str(n)): d for n, d in enumerate(digits)})

    assert parse_number(written, decimals=1) == number


@given(st.text(max_size=80), st.integers(0, 4), st.booleans())
def test_any_text_has_one_plain_reading_or_a_reason(text, decimals, signed):
    result = parse_number(text, decimals=decimals, signed=signed)

    if isinstance(result, Decimal):
        assert result.is_finite()
        assert -result.as_tuple().exponent <= decimals
        assert signed or result >= 0
        assert parse_number(f"{result:f}", decimals=decimals, signed=signed) == result
    else:
        assert isinstance(result, NumberProblem)


@given(st.text("0123456789,.٫ '", min_size=1, max_size=LONGEST))
def test_digits_are_never_dropped_to_make_a_number(text):
    result = parse_number(text, decimals=2)

    if isinstance(result, Decimal):
        assert f"{result:f}".replace(".", "").lstrip("0") == "".join(c for c in text if c.isdigit()).lstrip("0")
