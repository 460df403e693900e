"""Where a version stands in its life."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from triage.drafting_models import ProtocolReplay, ReplayState
from triage.models import ProtocolInForce, ProtocolStatus, ProtocolVersion


class Stage(StrEnum):
    """Its cases passed when it was made: nothing else becomes a version."""

    MADE = "made"
    REPLAYING = "replaying"
    REPLAY_FAILED = "replay-failed"
    REPLAYED = "replayed"
    WITHDRAWN = "withdrawn"
    REHEARSAL = "rehearsal"
    SCHEDULED = "scheduled"
    IN_FORCE = "in-force"
    SUPERSEDED = "superseded"
    TAKEN_BACK = "taken-back"


OF_REPLAY = {
    ReplayState.WAITING: Stage.REPLAYING,
    ReplayState.RUNNING: Stage.REPLAYING,
    ReplayState.FAILED: Stage.REPLAY_FAILED,
    ReplayState.DONE: Stage.REPLAYED,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """`from_at`: since when, or from when on, it is in force."""

    stage: Stage
    from_at: datetime | None = None


def stage(
    version: ProtocolVersion, replay: ProtocolReplay | None, bindings: Iterable[ProtocolInForce], now: datetime
) -> Standing:
    """`replay` is the one that counts for it; `bindings` are all of its programme."""
    if version.withdrawn_at is not None:
        return Standing(Stage.WITHDRAWN)
    begun = sorted((one for one in bindings if one.from_at <= now), key=lambda one: one.from_at)
    last = begun[-1] if begun else None
    if last is not None and last.version_id == version.id:
        signed = version.status == ProtocolStatus.SIGNED
        return Standing(Stage.IN_FORCE if signed else Stage.REHEARSAL, last.from_at)
    if version.status != ProtocolStatus.SIGNED:
        return Standing(OF_REPLAY[ReplayState(replay.state)] if replay is not None else Stage.MADE)
    own = [one.from_at for one in bindings if one.version_id == version.id]
    if not own:
        return Standing(Stage.TAKEN_BACK)
    if min(own) > now:
        return Standing(Stage.SCHEDULED, min(own))
    return Standing(Stage.SUPERSEDED, max(at for at in own if at <= now))
