"""Waits, percentiles, the next hours and the load, each against figures that were worked out by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.centre import forecast, load
from triage.centre.figures import Clock, open_seconds, percentile, times
from triage.centre.forecast import Coming
from triage.levels import CALLED, Level

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
PARIS = "Europe/Paris"


@dataclass(frozen=True)
class Day:
    zone: str = PARIS
    opens: time = time(8)
    closes: time = time(20)
    red_minutes: int = 10
    orange_minutes: int = 120
    silent_minutes: int = 240


def utc(day: int, hour: int, minute: int = 0, *, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("begins", "ends", "minutes"),
    [
        (utc(10, 9), utc(10, 9, 12), 12),
        (utc(10, 18, 50), utc(11, 7, 20), 30),  # ten minutes before 20:00 in Paris, twenty after 08:00
        (utc(10, 22), utc(11, 6), 0),  # at night
        (utc(10, 22), utc(11, 7, 5), 5),
        (utc(10, 9), utc(12, 9), 24 * 60),  # two whole days of twelve hours
        (utc(28, 18, 30), utc(29, 6, 30), 60),  # the night in which the clocks go on: 08:00 is one hour earlier
        (utc(24, 17, 30, month=10), utc(25, 7, 30, month=10), 60),  # and in which they go back
        (utc(10, 9), utc(10, 9), 0),
        (utc(10, 10), utc(10, 9), 0),
    ],
)
def test_waiting_counts_while_the_centre_is_open(begins: datetime, ends: datetime, minutes: int) -> None:
    assert open_seconds(Day(), begins, ends) == minutes * 60


@pytest.mark.parametrize(
    ("waits", "clocks", "expected"),
    [
        ([], 0, {50: None, 95: None, 100: None}),
        ([60], 1, {50: 60, 80: 60, 95: 60, 100: 60}),
        ([10, 20, 30, 40, 50, 60, 70, 80, 90, 100], 10, {50: 50, 80: 80, 90: 90, 95: 100, 100: 100}),
        # Of ten, two still run: they are longer than all others.
        ([10, 20, 30, 40, 50, 60, 70, 80], 10, {50: 50, 80: 80, 90: None, 95: None, 100: None}),
        ([10], 3, {50: None, 80: None}),
        ([], 4, {50: None, 100: None}),
    ],
)
def test_who_was_never_called_makes_no_percentile_look_better(
    waits: list[int], clocks: int, expected: dict[int, int | None]
) -> None:
    assert {percent: percentile(waits, clocks, percent) for percent in expected} == expected


def clock(
    waited: int | None, *, due_in: int = -60, in_time: bool = True, team: int = 1, level: Level = Level.RED
) -> Clock:
    due = NOW + timedelta(minutes=due_in)
    called = None if waited is None else due - timedelta(minutes=1 if in_time else -1)
    return Clock(team, level, due, called, waited)


def test_the_share_in_time_is_of_those_whose_target_is_over() -> None:
    found = times(
        [clock(60), clock(120), clock(900, in_time=False), clock(None), clock(None, due_in=5), clock(30, due_in=5)],
        now=NOW,
    )

    assert (found.alerts, found.called, found.judged, found.within) == (6, 4, 4, 2)
    assert found.share == 0.5
    assert found.percentiles == (120, None, None, None)
    assert found.longest is None


def test_without_any_alert_nothing_is_known() -> None:
    found = times([], now=NOW)

    assert (found.alerts, found.share, found.percentiles, found.longest) == (0, None, (None,) * 4, None)


CLOCKS = st.lists(
    st.builds(
        clock,
        st.none() | st.integers(0, 90_000),
        due_in=st.integers(-600, 60),
        in_time=st.booleans(),
        team=st.integers(1, 3),
        level=st.sampled_from(CALLED),
    ),
    max_size=60,
)


@given(CLOCKS)
def test_percentiles_never_fall_and_what_is_not_known_stays_so(clocks: list[Clock]) -> None:
    found = times(clocks, now=NOW)
    told = [value for value in (*found.percentiles, found.longest) if value is not None]

    assert told == sorted(told)
    whole = [*found.percentiles, found.longest]
    assert None not in whole or not any(whole[whole.index(None) :])


@given(CLOCKS)
def test_the_teams_and_the_levels_add_up_to_the_whole(clocks: list[Clock]) -> None:
    whole = times(clocks, now=NOW)
    by_team = [times([one for one in clocks if one.team_id == team], now=NOW) for team in (1, 2, 3)]
    by_level = [times([one for one in clocks if one.level == level], now=NOW) for level in CALLED]

    for parts in (by_team, by_level):
        for name in ("alerts", "called", "judged", "within"):
            assert sum(getattr(part, name) for part in parts) == getattr(whole, name)


def test_the_hours_to_come_are_those_of_the_local_clock_and_the_same_of_the_weeks_before() -> None:
    # 30 March 2026 is the Monday after the clocks went on: 10:20 in Paris is 08:20 UTC, a week before it was 09:20.
    found = forecast.windows(utc(30, 8, 20), PARIS, ahead=2)

    assert [(one.begins, one.ends) for one in found if not one.week] == [
        (utc(30, 8, 20), utc(30, 9)),
        (utc(30, 9), utc(30, 10)),
    ]
    assert [one.begins for one in found if one.hour == 0 and one.week] == [utc(d, 9) for d in (23, 16, 9, 2)]
    assert [one.begins for one in found if one.hour == 1 and one.week == 1] == [utc(23, 10)]


def test_an_hour_of_a_zone_that_is_half_an_hour_off_begins_on_its_own_clock() -> None:
    assert forecast.windows(utc(10, 8, 50), "Asia/Kolkata", ahead=1)[0].ends == utc(10, 9, 30)


def test_only_weeks_in_which_the_centre_was_at_work_are_known() -> None:
    found = forecast.windows(utc(30, 8, 20), PARIS, ahead=1)

    assert forecast.known_weeks(found, utc(10, 0)) == [1, 2]
    assert forecast.known_weeks(found, None) == []


@pytest.mark.parametrize(("seconds", "counted", "pace"), [(300.0, 20, 12.0), (300.0, 19, None), (None, 0, None)])
def test_a_pace_is_told_from_twenty_call_backs_on(seconds: float | None, counted: int, pace: float | None) -> None:
    assert forecast.pace(seconds, counted) == pace


def test_a_caller_counts_for_the_part_of_the_hour_in_which_the_centre_is_open() -> None:
    half_past = Day(opens=time(8, 30))

    assert forecast.share_open(half_past, utc(10, 7), utc(10, 8)) == 0.5
    assert forecast.share_open(half_past, utc(10, 8, 45), utc(10, 9)) == 0.25
    assert forecast.share_open(half_past, utc(10, 3), utc(10, 4)) == 0


def hour(
    number: int, expected: float | None, capacity: float | None, *, tries: int = 0, is_open: bool = True
) -> Coming:
    begins = NOW + timedelta(hours=number)
    levels = None if expected is None else {Level.RED: expected / 4, Level.ORANGE: 3 * expected / 4}
    return Coming(begins, begins + timedelta(hours=1), levels, tries, 0, 0, is_open, 1.0, capacity, None)


def test_what_cannot_be_called_waits_for_the_next_hour() -> None:
    found = forecast.project(5, [hour(0, 8, 12), hour(1, 20, 12, tries=2), hour(2, 4, 12), hour(3, 4, 12)])

    assert [one.left for one in found] == [1, 11, 3, 0]
    assert forecast.first_overflow(found) == found[0]


def test_the_first_hour_that_overflows_is_one_in_which_the_centre_is_open() -> None:
    found = forecast.project(0, [hour(0, 3, 0, is_open=False), hour(1, 9, 12), hour(2, 20, 12)])

    assert [one.left for one in found] == [3, 0, 8]
    assert forecast.first_overflow(found) == found[2]


def test_an_hour_of_which_nothing_is_known_leaves_all_later_ones_unknown() -> None:
    found = forecast.project(5, [hour(0, None, 12), hour(1, 8, 12)])

    assert [one.left for one in found] == [None, None]
    assert forecast.first_overflow(found) is None
    assert [one.left for one in forecast.project(5, [hour(0, 8, None)])] == [None]


@given(st.integers(0, 500), st.lists(st.tuples(st.floats(0, 300), st.floats(0, 300)), max_size=12))
def test_what_comes_is_called_or_left_over(waiting: int, hours: list[tuple[float, float]]) -> None:
    found = forecast.project(waiting, [hour(number, *one) for number, one in enumerate(hours)])

    before = float(waiting)
    for one in found:
        assert one.left is not None
        assert one.left >= 0
        assert before + one.calls - one.capacity <= one.left + 1e-6
        before = one.left


def test_the_load_is_a_mean_over_the_days_of_that_name() -> None:
    first, last = date(2026, 3, 2), date(2026, 3, 16)  # three Mondays, two of every other day
    opened = [(utc(2, 8), 3), (utc(9, 8, 45), 6), (utc(3, 19), 4)]

    found = load.by_hour(first, last, opened, [(utc(2, 8, 15), 9)], PARIS)

    assert found.opened == {(0, 9): 3.0, (1, 20): 2.0}
    assert found.calls == {(0, 9): 3.0}
    assert list(found.hours) == list(range(9, 21))


def test_the_hour_of_the_load_is_that_of_the_clock_on_both_sides_of_its_change() -> None:
    found = load.by_hour(date(2026, 3, 28), date(2026, 3, 29), [(utc(28, 8), 1), (utc(29, 7), 1)], [], PARIS)

    assert found.opened == {(5, 9): 1.0, (6, 9): 1.0}


def test_a_day_without_anything_has_no_hours() -> None:
    assert list(load.by_hour(date(2026, 3, 1), date(2026, 3, 1), [], [], PARIS).hours) == []
