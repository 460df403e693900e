"""What follows a call that reached nobody: who is called next, and when. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from triage.levels import Level
from triage.models import AttemptOutcome, Called, NextStep
from triage.targets import Targets, opening

AGAIN = (timedelta(minutes=15), timedelta(minutes=30))
"""After the first call in vain, and after the second; after the third somebody else is called."""


class Tried(Protocol):
    @property
    def outcome(self) -> str: ...
    @property
    def called(self) -> str: ...
    @property
    def verified(self) -> bool | None: ...


@dataclass(frozen=True, slots=True)
class Next:
    """`at` None: now."""

    step: NextStep
    at: datetime | None = None


def has_reached(call: Tried) -> bool:
    """Somebody else, or somebody who could not be verified, is nobody. Calls of before this was asked say None."""
    return call.outcome == AttemptOutcome.REACHED and call.verified is not False


def in_vain(calls: Sequence[Tried]) -> list[Tried]:
    """The calls since the last that reached somebody; `calls` in the order in which they were made."""
    since = max((number for number, call in enumerate(calls, start=1) if has_reached(call)), default=0)
    return list(calls[since:])


def after(
    calls: Sequence[Tried],
    *,
    at: datetime,
    centre: Targets,
    rank: int,
    has_contact: bool,
    latest: datetime | None = None,
) -> Next:
    """What follows the last of `calls`, made at `at`. The patient is tried again within the centre's hours, never later
    than `latest` (the due time of what came in since); what is red is not left until the next morning: when the centre
    closes before the next try, the emergency contact is called now.
    """
    failed = in_vain(calls)
    if not failed:
        return Next(NextStep.CALL_PATIENT)
    tried = sum(call.called == Called.PATIENT for call in failed)
    is_over = tried > len(AGAIN) or failed[-1].outcome == AttemptOutcome.WRONG_NUMBER
    if any(call.called == Called.CONTACT for call in failed):
        return Next(NextStep.PHYSICIAN)
    if is_over:
        return _somebody_else(has_contact)
    wanted = at + AGAIN[tried - 1]
    again = opening(centre, wanted)
    if again > wanted and rank >= Level.RED:
        return _somebody_else(has_contact)
    return Next(NextStep.CALL_PATIENT, min(again, latest) if latest else again)


def _somebody_else(has_contact: bool) -> Next:
    return Next(NextStep.CALL_CONTACT if has_contact else NextStep.PHYSICIAN)
