"""Why a text came to nothing, as triage is told it: what is said of a silence must be true."""

from __future__ import annotations

import pytest

from notifications.models import MessageStatus as S
from notifications.policy import Drop, Postpone
from notifications.why import why
from records.contacts import Why


@pytest.mark.parametrize(
    ("status", "reason", "expected"),
    [
        (S.EXPIRED, None, Why.NOT_TRIED),
        (S.EXPIRED, Postpone.QUIET_HOURS, Why.QUIET_HOURS),
        (S.EXPIRED, Postpone.UNKNOWN_ZONE, None),
        (S.EXPIRED, Postpone.NOT_WRITTEN, None),
        (S.EXPIRED, "twilio-20429", Why.PROVIDER),
        (S.DROPPED, Drop.LANDLINE, Why.LANDLINE),
        (S.REFUSED, "twilio-21211", Why.BAD_NUMBER),
        (S.REFUSED, "twilio-21606", Why.PROVIDER),
        (S.UNDELIVERED, "twilio-30005", Why.UNDELIVERED),
        (S.DELIVERED, None, None),
    ],
)
def test_a_reason_is_told_as_what_it_is(status: S, reason: str | None, expected: Why | None) -> None:
    assert why(status, reason) is expected


def test_every_reason_to_wait_is_either_the_night_or_ours_to_mend() -> None:
    told = {one: why(S.EXPIRED, one) for one in Postpone}
    assert [one for one, said in told.items() if said is Why.PROVIDER] == []
