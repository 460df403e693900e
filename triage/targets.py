"""By when a person must have called: the programme's targets, counted in the centre's hours. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Protocol

from records import clock
from triage.levels import Level


class Targets(Protocol):
    """What of a programme decides when a call is due; hours are in `zone`, targets in minutes."""

    @property
    def zone(self) -> str: ...
    @property
    def opens(self) -> time: ...
    @property
    def closes(self) -> time: ...
    @property
    def red_minutes(self) -> int: ...
    @property
    def orange_minutes(self) -> int: ...
    @property
    def silent_minutes(self) -> int: ...


def target_minutes(programme: Targets, level: Level) -> int:
    """An urgent silence ranks above orange, so it never waits longer than an orange one."""
    if level >= Level.RED:
        return programme.red_minutes
    if level >= Level.SILENT_URGENT:
        return min(programme.orange_minutes, programme.silent_minutes)
    return programme.orange_minutes if level >= Level.ORANGE else programme.silent_minutes


def opening(programme: Targets, moment: datetime) -> datetime:
    """`moment` while the centre is open, else when it opens next."""
    return clock.next_opening(moment, programme.opens, programme.closes, programme.zone)


def due_at(programme: Targets, level: Level, raised_at: datetime) -> datetime:
    """What is raised outside hours is due one target after the next opening: rank then orders the morning queue."""
    return opening(programme, raised_at) + timedelta(minutes=target_minutes(programme, level))
