"""Ranks of a message's status. A status only moves up a rank, so that receipts may come late, twice or out of order."""

from __future__ import annotations

from types import MappingProxyType

from notifications.models import MessageStatus
from records.models.contacts import ContactOutcome

S = MessageStatus

RANK = MappingProxyType(
    {
        S.QUEUED: 0,
        S.CLAIMED: 1,
        S.SENDING: 2,
        S.UNKNOWN: 3,
        S.EXPIRED: 4,
        S.DROPPED: 4,
        S.UNKNOWN_FINAL: 4,
        S.REFUSED: 5,
        S.ACCEPTED: 6,
        S.SENT: 7,
        S.UNREPORTED: 8,
        S.UNDELIVERED: 9,
        S.DELIVERED: 10,
    }
)
FINAL = frozenset({S.EXPIRED, S.DROPPED, S.UNKNOWN_FINAL, S.REFUSED, S.UNREPORTED, S.UNDELIVERED, S.DELIVERED})
SILENT = frozenset({S.ACCEPTED, S.SENT})
"""With the provider, which has not said yet how it ended."""

TWILIO = MappingProxyType(
    {
        "accepted": S.ACCEPTED,
        "scheduled": S.ACCEPTED,
        "queued": S.ACCEPTED,
        "sending": S.ACCEPTED,
        "sent": S.SENT,
        "partially_delivered": S.SENT,
        "delivered": S.DELIVERED,
        "read": S.DELIVERED,
        "undelivered": S.UNDELIVERED,
        "failed": S.UNDELIVERED,
        "canceled": S.UNDELIVERED,
    }
)

OUTCOME = MappingProxyType(
    {
        S.UNKNOWN: ContactOutcome.UNKNOWN,
        S.UNKNOWN_FINAL: ContactOutcome.UNKNOWN,
        S.EXPIRED: ContactOutcome.NOT_SENT,
        S.DROPPED: ContactOutcome.NOT_SENT,
        S.REFUSED: ContactOutcome.FAILED,
        S.UNDELIVERED: ContactOutcome.FAILED,
        S.ACCEPTED: ContactOutcome.SENT,
        S.SENT: ContactOutcome.SENT,
        S.DELIVERED: ContactOutcome.DELIVERED,
    }
)


def moves_up(current: str, new: str) -> bool:
    """Whether `new` says more of a message's fate than `current`."""
    return RANK[S(new)] > RANK[S(current)]


def highest(current: str, new: str) -> str:
    return new if moves_up(current, new) else current


def from_provider(word: str) -> MessageStatus | None:
    """The status that a provider's word means; None for a word that says nothing of an outgoing message."""
    return TWILIO.get(word.strip().lower())


def contact_outcome(status: str) -> ContactOutcome | None:
    """What triage is told of a message that gets this status; None where that adds nothing to what it knows."""
    return OUTCOME.get(S(status))


def below(status: str) -> list[str]:
    """The statuses that move up to this one."""
    return [one.value for one in S if moves_up(one, status)]
