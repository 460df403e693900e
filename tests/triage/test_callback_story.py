"""The clock of a call-back tells each thing once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from triage.callbacks.story import Moment, Raised, What, told
from triage.levels import Level
from triage.models import EventKind

TEN = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_a_try_that_a_call_planned_is_told_with_the_call_and_one_planned_by_hand_by_itself() -> None:
    again = TEN + 15 * MINUTE
    found = told(
        alerts=[Raised(TEN - MINUTE, Level.ORANGE, "answers", TEN + 60 * MINUTE, None)],
        calls=[Moment(TEN, What.CALLED, "A", {"outcome": "busy", "next_try_at": again})],
        others=[
            Moment(TEN, EventKind.NEXT_TRY, "A", {"at": again.isoformat()}),
            Moment(TEN + MINUTE, EventKind.NEXT_TRY, "A", {"at": (again + MINUTE).isoformat()}),
        ],
        closed_at=None,
        now=TEN + 2 * MINUTE,
    )

    assert [(one.at, one.what) for one in found.moments] == [
        (TEN - MINUTE, What.OPENED),
        (TEN, What.CALLED),
        (TEN + MINUTE, EventKind.NEXT_TRY),
    ]
