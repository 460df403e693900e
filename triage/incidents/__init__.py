"""Many silences of one cause: each patient of it by risk, with a deadline, until each has answered or was reached."""

from __future__ import annotations

from triage.incidents.jobs import run
from triage.incidents.overview import Standing, standing
from triage.incidents.raising import raise_by_hand
from triage.incidents.reading import Member, Progress, every_member, listed, members_of, progress

__all__ = [
    "Member",
    "Progress",
    "Standing",
    "every_member",
    "listed",
    "members_of",
    "progress",
    "raise_by_hand",
    "run",
    "standing",
]
