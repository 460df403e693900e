"""What every provider of bridged calls offers: one request that rings the caller first and then the person called."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from notifications.providers import Outcome

RING_SECONDS = 20
"""So long a telephone rings before the call is given up: less than most voicemails wait."""
LONGEST_SECONDS = 3600


class Leg(StrEnum):
    """Whose telephone the provider reports on."""

    CALLER = "caller"
    CALLED = "called"


@dataclass(frozen=True)
class Call:
    """One bridged call. Numbers stay out of its repr, so that no log can carry them. `shown` is the centre's number,
    which both see; `callback_url` is where the provider reports, followed by a Leg; `synthetic` is a rehearsal's.
    """

    public_id: uuid.UUID
    caller: str = field(repr=False)
    called: str = field(repr=False)
    shown: str = field(repr=False)
    callback_url: str = field(repr=False)
    synthetic: bool


class VoiceProvider(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def reaches_people(self) -> bool: ...

    def place(self, call: Call) -> Outcome:
        """Ask for the call, bounded in time. Whatever the network does is an outcome, not an exception; `unknown` is a
        call that may be made.
        """
        ...
