"""What every provider of bridged calls offers: one request that rings the caller first and then the person called."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from notifications.providers import Outcome
from records.texts import SOURCE

RING_SECONDS = 20
"""So long a telephone rings before the call is given up: less than most voicemails wait."""
KEY_SECONDS = 8
"""So long whoever picked up the caller's telephone has to press a key: a voicemail presses none, and is never connected
to a patient.
"""
LONGEST_SECONDS = 3600
CONNECT = "connect"


class Leg(StrEnum):
    """Whose telephone the provider reports on."""

    CALLER = "caller"
    CALLED = "called"


@dataclass(frozen=True)
class Call:
    """One bridged call. Numbers stay out of its repr, so that no log can carry them. `shown` is the centre's number,
    which both see; `callback_url` is where the provider reports, followed by a Leg, and asks what to do once a key was
    pressed, followed by CONNECT; `language` is the caller's; `synthetic` is a rehearsal's.
    """

    public_id: uuid.UUID
    caller: str = field(repr=False)
    called: str = field(repr=False)
    shown: str = field(repr=False)
    callback_url: str = field(repr=False)
    synthetic: bool
    language: str = SOURCE


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

    def end(self, provider_id: str) -> Outcome:
        """Hang up both ends of a call, bounded in time; `accepted` when it is over, also when it was before."""
        ...
