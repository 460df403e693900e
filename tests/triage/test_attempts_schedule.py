"""The table of tries: who is called after calls that reached nobody, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import pytest

from triage.callbacks import tries
from triage.callbacks.tries import Next
from triage.levels import Level
from triage.models import NextStep
from triage.situation import Centre

PATIENT, CONTACT, PHYSICIAN = NextStep.CALL_PATIENT, NextStep.CALL_CONTACT, NextStep.PHYSICIAN
OPEN = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
EVENING = datetime(2026, 3, 10, 18, 50, tzinfo=UTC)
"""Ten minutes before the centre closes in Paris."""


@dataclass(frozen=True)
class Call:
    outcome: str
    called: str = "patient"
    verified: bool | None = None


OTHER = Call("reached", verified=False)
REACHED = Call("reached", verified=True)
EARLIER = Call("reached")
RELATIVE = Call("no-answer", "contact")
NONE, BUSY, MACHINE, WRONG = (Call(code) for code in ("no-answer", "busy", "voicemail", "wrong-number"))


def centre(zone: str = "Europe/Paris", opens: int = 8, closes: int = 20) -> Centre:
    return Centre(zone, time(opens), time(closes), 10, 120, 240, "+33100000000")


def after(*calls: Call, at: datetime = OPEN, rank: int = Level.ORANGE, contact: bool = True, **given) -> Next:
    values = {"centre": centre(), "rank": rank, "has_contact": contact, "at": at}
    return tries.after(calls, **(values | given))


def minutes(number: int, since: datetime = OPEN) -> datetime:
    return since + timedelta(minutes=number)


@pytest.mark.parametrize("rank", [Level.SILENT, Level.ORANGE, Level.SILENT_URGENT, Level.RED])
@pytest.mark.parametrize(
    ("calls", "step", "wait"),
    [
        pytest.param([NONE], PATIENT, 15, id="no answer once"),
        pytest.param([BUSY], PATIENT, 15, id="busy once"),
        pytest.param([MACHINE], PATIENT, 15, id="voicemail once"),
        pytest.param([OTHER], PATIENT, 15, id="somebody else"),
        pytest.param([NONE, BUSY], PATIENT, 30, id="twice"),
        pytest.param([NONE, BUSY, MACHINE], CONTACT, None, id="three times: the contact"),
        pytest.param([NONE, BUSY, MACHINE, NONE], CONTACT, None, id="four times: still the contact"),
        pytest.param([NONE, BUSY, MACHINE, RELATIVE], PHYSICIAN, None, id="the contact in vain"),
        pytest.param([NONE, NONE, NONE, RELATIVE, NONE], PHYSICIAN, None, id="the contact in vain, then once more"),
        pytest.param([RELATIVE], PHYSICIAN, None, id="only the contact, in vain"),
        pytest.param([WRONG], CONTACT, None, id="a wrong number is not tried again"),
        pytest.param([NONE, WRONG], CONTACT, None, id="a wrong number after no answer"),
        pytest.param([NONE, BUSY, REACHED], PATIENT, None, id="reached"),
        pytest.param([NONE, BUSY, EARLIER, NONE], PATIENT, 15, id="reached, then once in vain"),
        pytest.param([NONE, NONE, NONE, RELATIVE, REACHED, BUSY], PATIENT, 15, id="all begins anew"),
    ],
)
def test_who_is_called_next_and_when(calls: list[Call], step: NextStep, wait: int | None, rank: int):
    assert after(*calls, rank=rank) == Next(step, minutes(wait) if wait else None)


@pytest.mark.parametrize("calls", [[NONE, BUSY, MACHINE], [WRONG]])
def test_without_an_emergency_contact_a_physician_decides(calls: list[Call]):
    assert after(*calls, contact=False) == Next(PHYSICIAN)


@pytest.mark.parametrize(
    ("rank", "expected"),
    [
        (Level.SILENT, Next(PATIENT, datetime(2026, 3, 11, 7, 0, tzinfo=UTC))),
        (Level.ORANGE, Next(PATIENT, datetime(2026, 3, 11, 7, 0, tzinfo=UTC))),
        (Level.RED, Next(CONTACT)),
    ],
)
def test_at_night_what_is_red_is_not_left_until_the_morning(rank: int, expected: Next):
    assert after(NONE, at=EVENING, rank=rank) == expected
    assert after(NONE, at=minutes(240, EVENING), rank=rank) == expected


def test_a_red_without_a_contact_goes_to_a_physician_when_the_centre_closes():
    assert after(NONE, at=EVENING, rank=Level.RED, contact=False) == Next(PHYSICIAN)


@pytest.mark.parametrize(
    ("at", "again"),
    [
        pytest.param(datetime(2026, 3, 28, 18, 50, tzinfo=UTC), datetime(2026, 3, 29, 6, 0, tzinfo=UTC), id="spring"),
        pytest.param(datetime(2026, 10, 24, 17, 50, tzinfo=UTC), datetime(2026, 10, 25, 7, 0, tzinfo=UTC), id="autumn"),
    ],
)
def test_eight_in_the_morning_is_eight_on_the_wall_when_the_clocks_change(at: datetime, again: datetime):
    assert after(NONE, at=at) == Next(PATIENT, again)


@pytest.mark.parametrize("at", [datetime(2026, 3, 29, 0, 50, tzinfo=UTC), datetime(2026, 10, 25, 0, 50, tzinfo=UTC)])
def test_a_quarter_of_an_hour_is_fifteen_minutes_while_the_clocks_change(at: datetime):
    """Of a centre that is open all night."""
    given = {"at": at, "centre": centre(opens=0, closes=23)}
    assert after(NONE, **given) == Next(PATIENT, minutes(15, at))


def test_what_came_in_after_the_call_is_never_waited_past():
    assert after(NONE, NONE, latest=minutes(4)) == Next(PATIENT, minutes(4))
    assert after(NONE, NONE, latest=minutes(40)) == Next(PATIENT, minutes(30))
