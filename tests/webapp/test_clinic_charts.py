"""Charts as SVG text: gaps stay gaps, a value beyond a limit has another shape, nothing escapes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage import documents
from webapp.clinic import limits
from webapp.clinic.charts import Series, Threshold, day_starts, multiples, spark

START = datetime(2026, 3, 1, tzinfo=UTC)
END = START + timedelta(days=7)
ORANGE = Threshold("<=", Decimal(94))


def series(*values: int | None, thresholds: tuple[Threshold, ...] = (ORANGE,), label: str = "SpO2") -> Series:
    points = [(START + timedelta(days=n), None if value is None else Decimal(value)) for n, value in enumerate(values)]
    return Series(label, "%", Decimal(84), Decimal(100), thresholds, points)


def drawn(one: Series) -> str:
    return str(multiples([one], "title", START, END, [], comma=True))


def test_nothing_is_drawn_across_a_value_that_is_not_known() -> None:
    svg = drawn(series(97, 96, None, 95, 94))

    assert svg.count("<polyline") == 2
    assert svg.count("vd-chart__gap") == 1


def test_a_lone_value_between_two_gaps_is_still_a_mark() -> None:
    svg = drawn(series(None, 97, None))

    assert svg.count("<polyline") == 0
    assert svg.count("<circle") == 1


@pytest.mark.parametrize(
    ("operator", "limit", "beyond"),
    [("<=", 95, [95, 94]), ("<", 95, [94]), (">=", 95, [95, 96]), (">", 95, [96])],
)
def test_a_value_beyond_a_limit_has_another_shape(operator: str, limit: int, beyond: list[int]) -> None:
    one = series(94, 95, 96, thresholds=(Threshold(operator, Decimal(limit)),))

    assert drawn(one).count("vd-chart__point--beyond") == len(beyond)
    assert [value for value in (94, 95, 96) if one.is_beyond(Decimal(value))] == sorted(beyond)


def test_the_spark_marks_only_the_last_value_and_says_in_words_what_it_shows() -> None:
    svg = str(spark(series(98, 97, 93), "SpO2: from 98 to 93 %", START, END))

    assert svg.count("vd-chart__point--beyond") == 1
    assert "<circle" not in svg
    assert "<title>SpO2: from 98 to 93 %</title>" in svg
    assert len(svg) < 800


def test_a_label_is_text_and_no_inline_style_breaks_the_policy() -> None:
    svg = drawn(series(97, label="<script>"))

    assert "<script>" not in svg
    assert "style=" not in svg


def test_numbers_are_written_for_the_reader_with_the_decimals_of_the_measure() -> None:
    one = Series("T", "°C", Decimal(35), Decimal(41), (), [(START, Decimal("38.6"))], decimals=1)

    assert ">38,6<" in str(multiples([one], "t", START, END, [], comma=True))
    assert ">38.6<" in str(multiples([one], "t", START, END, [], comma=False))


@given(st.lists(st.one_of(st.none(), st.integers(0, 200)), max_size=40))
def test_whatever_the_values_every_mark_lies_inside_the_picture(values: list[int | None]) -> None:
    points = [(START + timedelta(hours=4 * n), None if v is None else Decimal(v)) for n, v in enumerate(values)]
    one = Series("SpO2", "%", Decimal(84), Decimal(100), (ORANGE,), points)

    svg = str(multiples([one], "t", START, START + timedelta(days=7), [], comma=False))

    height = int(re.search(r'viewBox="0 0 640 (\d+)"', svg)[1])
    for x, y in re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', svg):
        assert 0 <= float(x) <= 640
        assert 0 <= float(y) <= height


def test_the_axis_never_has_more_days_than_fit() -> None:
    first = START.date()
    found = day_starts(
        first, first + timedelta(days=59), lambda day: datetime(day.year, day.month, day.day, tzinfo=UTC)
    )

    assert len(found) <= 10
    assert found[-1][1] == first + timedelta(days=59)


def test_the_limits_drawn_are_those_of_the_rules_with_the_patients_own_in_their_place() -> None:
    document = documents.from_library("covid-19")

    assert limits.thresholds(document, {}, "spo2") == (Threshold("<=", Decimal(94)), Threshold("<=", Decimal(92)))
    own = {"spo2_red": Decimal(86), "spo2_orange": Decimal(88)}
    assert limits.thresholds(document, own, "spo2") == (Threshold("<=", Decimal(88)), Threshold("<=", Decimal(86)))
    assert [limit.operator for limit in limits.thresholds(document, {}, "temperature")] == [">=", ">", "<="]
