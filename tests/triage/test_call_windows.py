"""When a call can be expected: later the more stand before it, within the hours of one day, never a false precision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.announcing.windows import NARROWEST, STEP, Pace, window
from triage.targets import later

SECOND = timedelta(seconds=1)
PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class Hours:
    opens: time = time(8)
    closes: time = time(20)
    zone: str = "Europe/Paris"


def at(hour: str, day: int = 10) -> datetime:
    return datetime.fromisoformat(f"2026-03-{day:02d}T{hour}").replace(tzinfo=PARIS)


HOURS = st.builds(
    lambda opens, length, zone: Hours(time(opens // 60, opens % 60), time(*divmod(opens + length, 60)), zone),
    st.integers(0, 22 * 60),
    st.integers(60, 119),
    st.sampled_from(["Europe/Paris", "Indian/Reunion", "Pacific/Noumea", "America/St_Johns"]),
) | st.just(Hours())
MOMENTS = st.integers(0, 365 * 24 * 60 * 60).map(lambda second: datetime(2026, 1, 1, tzinfo=UTC) + second * SECOND)
PACES = st.builds(Pace, st.integers(0, 40), st.integers(0, 4000))


@settings(max_examples=60)
@given(MOMENTS, HOURS, PACES, st.integers(0, 400), st.integers(0, 60))
def test_a_window_lies_within_one_days_hours_and_never_moves_forward_as_the_queue_grows(
    now: datetime, hours: Hours, pace: Pace, ahead: int, more: int
) -> None:
    here = window(ahead=ahead, pace=pace, hours=hours, now=now)
    behind = window(ahead=ahead + more, pace=pace, hours=hours, now=now)
    assert behind[0] >= here[0]
    assert behind[1] >= here[1]
    assert here[1] - here[0] >= NARROWEST
    begins, ends = (moment.astimezone(ZoneInfo(hours.zone)) for moment in here)
    assert begins.date() == ends.date()
    assert hours.opens <= begins.time() < ends.time() <= hours.closes
    for moment in (begins, ends):
        assert moment.minute % 5 == 0 or moment.time() in (hours.opens, hours.closes, _before(hours.closes))
        assert moment.second == 0
    assert ends > now


def _before(closes: time) -> time:
    return (datetime.combine(datetime(2026, 1, 1, tzinfo=UTC), closes) - NARROWEST).time()


@pytest.mark.parametrize(
    ("now", "ahead", "expected"),
    [
        ("14:02:00", 0, ("14:00", "14:20")),
        ("14:00:00", 0, ("14:00", "14:15")),
        ("14:02:00", 10, ("14:45", "15:35")),  # an hour, three fourths to five
        ("19:50:00", 0, ("19:45", "20:00")),
        ("19:00:00", 10, ("19:45", "20:00")),
    ],
)
def test_one_caller_takes_six_minutes_a_call(now: str, ahead: int, expected: tuple[str, str]) -> None:
    from_at, until_at = window(ahead=ahead, pace=Pace(), hours=Hours(), now=at(now))
    assert (from_at, until_at) == (at(expected[0]), at(expected[1]))


def test_callers_share_the_calls() -> None:
    alone = window(ahead=40, pace=Pace(1), hours=Hours(), now=at("09:00"))
    five = window(ahead=40, pace=Pace(5), hours=Hours(), now=at("09:00"))
    assert alone[0] == at("12:00")
    assert five[0] == at("09:35")


def test_what_does_not_fit_in_today_is_for_tomorrow_and_the_night_does_not_count() -> None:
    from_at, until_at = window(ahead=40, pace=Pace(), hours=Hours(), now=at("19:00"))
    assert (from_at, until_at) == (at("10:00", 11), at("12:15", 11))
    assert later(Hours(), at("19:30"), timedelta(hours=13)) == at("08:30", 12)


def test_a_pace_beyond_belief_is_not_believed() -> None:
    assert Pace(1, 5).wait(10) == timedelta(minutes=10)
    assert Pace(1, 99_999).wait(2) == timedelta(hours=1)
    assert timedelta(minutes=5) == STEP
