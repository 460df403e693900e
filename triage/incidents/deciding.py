"""What is many silences' one cause. Pure: counts in, decision out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

AT_LEAST = 20
SHARE = 0.2
"""Fewer silences than twenty, or than one check-in in five, are people; more are ours."""
SHARE_OF_SITE, SHARE_WITHOUT_PAST = 0.6, 0.9
"""Of people whom a text reached, more stay silent on any day: so many of them, and twice as many as on other days."""

LOOKS_BACK = timedelta(hours=1)
"""How long after one another the silences of one outage come up: check-ins close together."""
QUIET_AFTER = timedelta(hours=3)
"""Without a further silence for so long, its cause is over."""
GOES_ON_WITHIN = timedelta(hours=24)
"""What comes up again so soon after, while somebody of it still waits, is the same outage."""

KIND_OF = {
    "not-sent": "not-sent",
    "provider-down": "not-sent",
    "not-delivered": "not-arriving",
    "delivered-not-opened": "site",
    "opened": "site",
    "opened-left": "site",
    "unknown": "site",
}
"""Which incident a cause of triage.causes speaks for. Somebody who is asked otherwise, has no number or opted out is in
none.
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """Silences of one kind that came up together, out of `asked` check-ins of the same hours; and how it was at these
    hours in the week before.
    """

    kind: str
    silent: int
    asked: int
    before_silent: int = 0
    before_asked: int = 0


def is_outage(counted: Counted) -> bool:
    share = counted.silent / max(counted.asked, 1)
    if counted.silent < AT_LEAST or share < SHARE:
        return False
    if counted.kind != "site":
        return True
    if counted.before_asked < AT_LEAST:
        return share >= SHARE_WITHOUT_PAST
    return share >= SHARE_OF_SITE and share >= 2 * counted.before_silent / counted.before_asked
