"""Call-backs per hour of the week and what they say of tomorrow: pure, on hours that can be looked up by hand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pytest

from triage.levels import Level
from triage.replay import forecast
from triage.replay.calls import Book, Centre

ORANGE, RED = Level.ORANGE, Level.RED
MONDAY = date(2026, 3, 9)


@dataclass(frozen=True)
class Hours:
    """Open from 8 to 20 in Paris; red within 10 minutes, orange within two hours."""

    zone: str = "Europe/Paris"
    opens: time = time(8)
    closes: time = time(20)
    red_minutes: int = 10
    orange_minutes: int = 120
    silent_minutes: int = 240


def book(*alerts: tuple[int, datetime, Level], days: int = 7, first: date = MONDAY, slices: int = 1) -> Book:
    """The call-backs of alerts given as patient, instant and level."""
    made = Book(Centre(Hours(), first, first + timedelta(days=days - 1)), enrolments=10)
    for part in np.array_split(np.arange(len(alerts)), slices):
        chosen = [alerts[number] for number in part]
        if chosen:
            places, moments, levels = zip(*chosen, strict=True)
            at = [round(moment.timestamp() * 1_000_000) for moment in moments]
            made.add(np.array(places), np.array(at, dtype=np.int64), np.array(levels, dtype=np.int8))
        made.close_slice()
    return made


def paris(day: int, hour: int, minute: int = 0) -> datetime:
    """In the week of Monday 9 March 2026, in which Paris is an hour before UTC."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC) - timedelta(hours=1)


def hours_of(found: Book) -> dict[int, int]:
    return {hour: sum(counts) for hour, counts in enumerate(found.by_hour()) if sum(counts)}


def test_an_alert_counts_in_the_hour_in_which_the_centre_can_begin_with_it() -> None:
    found = book(
        (0, paris(9, 9, 30), ORANGE),
        (1, paris(10, 7, 59), ORANGE),
        (2, paris(10, 20), RED),
        (3, paris(11, 19, 59), RED),
    )

    assert hours_of(found) == {9: 1, 24 + 8: 1, 48 + 8: 1, 48 + 19: 1}
    assert found.total == 4


@pytest.mark.parametrize("slices", [1, 3])
def test_while_a_call_back_would_be_open_another_alert_adds_none(slices: int) -> None:
    found = book(
        (0, paris(9, 9), ORANGE),
        (0, paris(9, 10, 59), ORANGE),
        (0, paris(9, 11), ORANGE),
        slices=slices,
    )

    assert hours_of(found) == {9: 1, 11: 1}


def test_a_worse_alert_brings_the_call_forward_so_that_the_next_one_opens_another() -> None:
    found = book((0, paris(9, 9), ORANGE), (0, paris(9, 9, 30), RED), (0, paris(9, 9, 41), ORANGE))

    assert hours_of(found) == {9: 2}


def test_the_night_is_one_call_back_until_it_is_due_after_the_opening() -> None:
    found = book(
        (0, paris(9, 21), ORANGE), (0, paris(10, 3), ORANGE), (0, paris(10, 9, 59), ORANGE), (0, paris(10, 10), ORANGE)
    )

    assert hours_of(found) == {24 + 8: 1, 24 + 10: 1}


def test_what_the_last_evening_leaves_over_is_counted_in_the_first_morning() -> None:
    assert hours_of(book((0, paris(15, 22), ORANGE))) == {8: 1}


def test_in_the_week_in_which_clocks_change_hours_are_those_that_the_clocks_show() -> None:
    """29 March 2026: at 9 in Paris it is 7 in UTC, no longer 8."""
    sunday = datetime(2026, 3, 29, 7, 0, tzinfo=UTC)
    found = book((0, sunday, ORANGE), (1, sunday - timedelta(days=1), ORANGE), first=date(2026, 3, 23))

    assert hours_of(found) == {6 * 24 + 9: 1, 5 * 24 + 8: 1}


def test_means_are_of_the_days_that_the_period_holds_and_unknown_of_others() -> None:
    found = book((0, paris(9, 9), ORANGE), (1, paris(9, 9), ORANGE), (2, paris(16, 9), ORANGE), days=8)
    means = forecast.means(found.by_hour())

    assert (means[9], means[24 + 9]) == (1.5, 0)
    assert forecast.means(book(days=1).by_hour())[24] is None


@pytest.mark.parametrize("mean", [0.0, 0.02, 0.4, 3.0, 40.0, 700.0])
def test_the_percentile_is_the_least_count_that_chance_exceeds_in_one_case_of_twenty(mean: float) -> None:
    found = forecast.quantile(mean)
    shares = [math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)) if mean else float(n == 0) for n in range(2000)]

    assert sum(shares[: found + 1]) >= 0.9499
    assert found == 0 or sum(shares[: found - (2 if mean > 500 else 0)]) < 0.95


def test_tomorrow_is_scaled_by_who_is_followed_now_and_held_against_the_roster() -> None:
    """Ten calls on each of four Mondays at 9, three times as many patients now, twelve minutes each: six hours."""
    by_hour: list[list[int]] = [[0, 0, 0, 0] for _ in range(168)]
    by_hour[9], by_hour[10] = [10, 10, 10, 10], [0, 0, 0, 4]
    callers = [5] * 168
    how = {"scale": 3.0, "minutes": 12.0, "callers": callers, "tomorrow": MONDAY}

    found = forecast.side(by_hour, **how)

    assert (found["mean"][9], found["work"][9]) == (30, 6)
    assert found["over"] == [9]
    assert found["over_high"] == [9]  # at 10 the busiest Monday would be 12 calls, of 2.4 hours
    assert found["high"][9] == forecast.quantile(30)
    assert found["high"][10] == 12
    assert found["tomorrow"] == 33
    assert forecast.side(by_hour, **(how | {"callers": [7] * 168}))["over"] == []
    assert forecast.side(by_hour, **(how | {"callers": None}))["over"] == []
    assert forecast.side(by_hour, **(how | {"tomorrow": MONDAY + timedelta(days=1)}))["tomorrow"] == 0
