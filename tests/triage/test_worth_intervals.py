"""Intervals against figures that others published."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.worth import FEW, Share
from triage.worth.intervals import wilson


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [  # Newcombe 1998 (Statist. Med. 17, 857-872), table I, method 3: score without continuity correction
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_the_published_one(part: int, whole: int, low: float, high: float) -> None:
    assert wilson(part, whole) == pytest.approx((low, high), abs=0.00005)


@given(st.integers(1, 5000).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_the_interval_holds_the_share_lies_within_bounds_and_is_mirrored(counts: tuple[int, int]) -> None:
    part, whole = counts
    low, high = wilson(part, whole)

    assert 0 <= low <= part / whole <= high <= 1
    assert low < high
    assert wilson(whole - part, whole) == pytest.approx((1 - high, 1 - low))


@pytest.mark.parametrize(("part", "whole"), [(0, 0), (-1, 5), (6, 5)])
def test_what_is_no_share_is_refused(part: int, whole: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        wilson(part, whole)


def test_a_share_of_nothing_has_no_value_and_one_of_few_says_so() -> None:
    assert (Share(0, 0).value, Share(0, 0).interval) == (None, None)
    assert Share(3, FEW - 1).is_few
    assert not Share(3, FEW).is_few
