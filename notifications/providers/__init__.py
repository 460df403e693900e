"""What every provider of text messages offers. The four outcomes of a sending are the whole vocabulary."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from notifications.models import MessageStatus


@dataclass(frozen=True)
class Text:
    """One text as it is handed over. Number, body and link stay out of its repr, so that no log can carry them.

    `link` tells this text from every other; `expires_at` lets a provider throw away what it could not send in time;
    `synthetic` is a rehearsal's, which a provider that reaches people refuses.
    """

    message_public_id: uuid.UUID
    to: str = field(repr=False)
    body: str = field(repr=False)
    link: str = field(repr=False)
    callback_url: str = field(repr=False)
    at: datetime
    expires_at: datetime
    synthetic: bool


class OutcomeKind(StrEnum):
    """`refused` is final; `retry` promises that nothing was taken over; `unknown` promises nothing."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    RETRY = "retry"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    """`status` counts for `accepted` only. `opted_out` says that this number asked the provider for silence."""

    kind: OutcomeKind
    provider_id: str | None = None
    status: MessageStatus = MessageStatus.ACCEPTED
    reason: str | None = None
    opted_out: bool = False


class LookUpKind(StrEnum):
    """`unable`: ask again later; `impossible`: this provider keeps nothing that could be asked."""

    FOUND = "found"
    ABSENT = "absent"
    UNABLE = "unable"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True)
class LookUp:
    kind: LookUpKind
    provider_id: str | None = None
    status: MessageStatus = MessageStatus.ACCEPTED
    reason: str | None = None


class Provider(Protocol):
    """`reaches_people` is true when a text may end on somebody's phone: rehearsal patients never pass there."""

    @property
    def name(self) -> str: ...

    @property
    def reaches_people(self) -> bool: ...

    def send(self, text: Text) -> Outcome:
        """Hand over one text, bounded in time. Whatever the network does is an outcome, not an exception."""
        ...

    def find(self, text: Text) -> LookUp:
        """What the provider knows of a text handed over at `text.at`, whose outcome was lost."""
        ...

    def look(self, provider_id: str) -> LookUp:
        """What the provider says now of a text that it took over under this id."""
        ...
