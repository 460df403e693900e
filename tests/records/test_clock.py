"""Local times become instants in one place, also on the nights when clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records import clock


@pytest.mark.parametrize(
    ("day", "at", "zone", "expected"),
    [
        (date(2026, 1, 10), time(8), "Europe/Paris", datetime(2026, 1, 10, 7, tzinfo=UTC)),
        (date(2026, 7, 10), time(8), "Europe/Paris", datetime(2026, 7, 10, 6, tzinfo=UTC)),
        (date(2026, 10, 25), time(2, 30), "Europe/Paris", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # of two
        (date(2026, 3, 29), time(2, 30), "Europe/Paris", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # skipped: 03:30
        (date(2026, 10, 25), time(8), "Europe/Paris", datetime(2026, 10, 25, 7, tzinfo=UTC)),
        (date(2026, 7, 10), time(8), "Indian/Reunion", datetime(2026, 7, 10, 4, tzinfo=UTC)),
        (date(2026, 7, 10), time(8), "America/Cayenne", datetime(2026, 7, 10, 11, tzinfo=UTC)),
        (date(2026, 7, 10), time(8), "Pacific/Noumea", datetime(2026, 7, 9, 21, tzinfo=UTC)),
    ],
)
def test_an_hour_of_a_day_is_one_instant(day: date, at: time, zone: str, expected: datetime) -> None:
    assert clock.instant(day, at, zone) == expected


@pytest.mark.parametrize(
    ("day", "at", "expected"),
    [
        (date(2026, 10, 25), time(2, 30), ["00:30", "01:30"]),
        (date(2026, 3, 29), time(2, 30), []),
        (date(2026, 3, 29), time(3, 0), ["01:00"]),
        (date(2026, 7, 10), time(8), ["06:00"]),
    ],
    ids=["shown twice", "skipped", "the first after that", "an ordinary day"],
)
def test_an_hour_on_somebodys_clock_is_every_moment_at_which_it_was_shown(
    day: date, at: time, expected: list[str]
) -> None:
    wanted = [datetime.combine(day, time.fromisoformat(hour), UTC) for hour in expected]
    assert list(clock.passings(day, at, "Europe/Paris")) == wanted


@given(
    st.dates(date(1990, 1, 1), date(2035, 12, 31)), st.times(), st.sampled_from(["Europe/Paris", "America/New_York"])
)
def test_every_hour_of_every_day_exists_and_falls_on_its_day(day: date, at: time, zone: str) -> None:
    moment = clock.instant(day, at, zone)
    assert clock.local_day(moment, zone) == day
    shown = clock.local(moment, zone).replace(tzinfo=None)
    assert timedelta(0) <= shown - datetime.combine(day, at) <= timedelta(hours=1)


@pytest.mark.parametrize("name", ["Europe/Pari", "", "../../etc/passwd", "Europe/Paris\n"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(clock.UnknownZone):
        clock.zone(name)


@pytest.mark.parametrize(
    ("moment", "is_open", "opening"),
    [
        (datetime(2026, 1, 10, 6, 59, tzinfo=UTC), False, datetime(2026, 1, 10, 7, tzinfo=UTC)),
        (datetime(2026, 1, 10, 7, 0, tzinfo=UTC), True, datetime(2026, 1, 10, 7, tzinfo=UTC)),
        (datetime(2026, 1, 10, 18, 59, tzinfo=UTC), True, datetime(2026, 1, 10, 18, 59, tzinfo=UTC)),
        (datetime(2026, 1, 10, 19, 0, tzinfo=UTC), False, datetime(2026, 1, 11, 7, tzinfo=UTC)),
        (datetime(2026, 3, 28, 20, 0, tzinfo=UTC), False, datetime(2026, 3, 29, 6, tzinfo=UTC)),
    ],
)
def test_the_centre_opens_by_its_own_clock(moment: datetime, is_open: bool, opening: datetime) -> None:
    hours = {"opens": time(8), "closes": time(20), "zone_name": "Europe/Paris"}
    assert clock.is_open(moment, **hours) is is_open
    assert clock.next_opening(moment, **hours) == opening
