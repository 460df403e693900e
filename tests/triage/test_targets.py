"""By when somebody must have called: a target's minutes count while the centre is open, and in no other hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records import clock
from triage.levels import Level
from triage.targets import due_at, later, open_on

HOUR = timedelta(hours=1)
PARIS = "Europe/Paris"


@dataclass(frozen=True)
class Hours:
    zone: str = PARIS
    opens: time = time(8)
    closes: time = time(20)
    red_minutes: int = 10
    orange_minutes: int = 120
    silent_minutes: int = 240


def paris(shown: str) -> datetime:
    return datetime.fromisoformat(shown).replace(tzinfo=clock.zone(PARIS)).astimezone(UTC)


@pytest.mark.parametrize(
    ("level", "raised", "due"),
    [
        (Level.RED, "2026-03-11 10:00", "2026-03-11 10:10"),
        (Level.RED, "2026-03-11 19:50", "2026-03-11 20:00"),
        (Level.RED, "2026-03-11 19:55", "2026-03-12 08:05"),
        (Level.RED, "2026-03-11 20:00", "2026-03-12 08:10"),
        (Level.RED, "2026-03-11 23:40", "2026-03-12 08:10"),
        (Level.RED, "2026-03-12 07:59", "2026-03-12 08:10"),
        (Level.RED, "2026-03-12 08:00", "2026-03-12 08:10"),
        (Level.ORANGE, "2026-03-11 18:00", "2026-03-11 20:00"),
        (Level.ORANGE, "2026-03-11 19:30", "2026-03-12 09:30"),
        (Level.SILENT_URGENT, "2026-03-11 19:30", "2026-03-12 09:30"),
        (Level.SILENT, "2026-03-11 19:00", "2026-03-12 11:00"),
        (Level.ORANGE, "2026-03-28 19:00", "2026-03-29 09:00"),
        (Level.ORANGE, "2026-10-24 19:00", "2026-10-25 09:00"),
        (Level.ORANGE, "2026-12-31 19:30", "2027-01-01 09:30"),
    ],
)
def test_a_target_that_the_evening_leaves_unfinished_goes_on_in_the_morning(
    level: Level, raised: str, due: str
) -> None:
    assert due_at(Hours(), level, paris(raised)) == paris(due)


def test_a_centre_that_watches_through_the_night_of_the_change_counts_the_hours_that_pass() -> None:
    night = Hours(opens=time(0), closes=time(6))
    assert later(night, paris("2026-03-29 01:30"), HOUR) == paris("2026-03-29 03:30"), "two o'clock is three"
    assert later(night, datetime(2026, 10, 25, 0, 30, tzinfo=UTC), HOUR) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_hours_that_the_change_of_clocks_skips_are_no_hours() -> None:
    skipped = Hours(opens=time(2), closes=time(3))
    assert later(skipped, paris("2026-03-28 02:30"), HOUR) == paris("2026-03-30 02:30")


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis wants these without
ZONES = st.sampled_from([PARIS, "Indian/Reunion", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Noumea"])
DAY_TIMES = st.integers(0, 24 * 60 - 1).map(lambda minute: time(minute // 60, minute % 60))
CENTRES = st.builds(
    lambda zone, hours: Hours(zone, *sorted(hours)), ZONES, st.lists(DAY_TIMES, min_size=2, max_size=2, unique=True)
)
SPANS = st.integers(1, 600).map(lambda minutes: timedelta(minutes=minutes))


@given(CENTRES, MOMENTS, SPANS)
def test_nothing_is_ever_due_while_the_centre_is_closed(centre: Hours, moment: datetime, span: timedelta) -> None:
    due = later(centre, moment, span)
    begins, ends = open_on(centre, clock.local_day(due, centre.zone))
    assert begins < due <= ends


@given(CENTRES, MOMENTS, MOMENTS, SPANS)
def test_what_came_later_is_never_due_earlier(centre: Hours, one: datetime, other: datetime, span: timedelta) -> None:
    first, second = sorted((one, other))
    assert later(centre, first, span) <= later(centre, second, span)


@given(CENTRES, MOMENTS, SPANS, SPANS)
def test_minutes_add_up_however_they_are_divided(
    centre: Hours, moment: datetime, one: timedelta, more: timedelta
) -> None:
    assert later(centre, later(centre, moment, one), more) == later(centre, moment, one + more)


@given(MOMENTS, st.integers(1, 120).map(lambda minutes: timedelta(minutes=minutes)))
def test_while_the_centre_stays_open_the_clock_is_the_clock(moment: datetime, span: timedelta) -> None:
    centre = Hours()
    plain = moment + span
    begins, ends = open_on(centre, clock.local_day(moment, PARIS))
    if begins <= moment and plain <= ends:
        assert later(centre, moment, span) == plain
    else:
        assert later(centre, moment, span) > plain
