"""Why a text came to nothing, in words that do not depend on the provider: what `records.contacts` keeps beside the
outcome, from which triage works out why a patient is silent.
"""

from __future__ import annotations

from types import MappingProxyType

from notifications.models import MessageStatus
from notifications.policy import Drop, Postpone
from notifications.providers.twilio_codes import STOPPED
from records.contacts import Why

# Refusals that are about this number. All others are about the account, the sender or the text: ours to mend.
OF_THE_NUMBER = MappingProxyType(
    {
        f"twilio-{STOPPED}": Why.OPTED_OUT,
        "twilio-21211": Why.BAD_NUMBER,
        "twilio-21265": Why.BAD_NUMBER,
        "twilio-21614": Why.LANDLINE,
        "twilio-21635": Why.LANDLINE,
    }
)
DROPPED = MappingProxyType(
    {
        Drop.OPTED_OUT.value: Why.OPTED_OUT,
        Drop.NO_PHONE.value: Why.NO_PHONE,
        Drop.LANDLINE.value: Why.LANDLINE,
        Drop.DAILY_CAP.value: Why.DAILY_CAP,
        Drop.REHEARSAL.value: Why.REHEARSAL,
        Drop.ASKED_OTHERWISE.value: Why.ASKED_OTHERWISE,
        Drop.ASKED_LATER.value: Why.ASKED_LATER,
    }
)
OURS_TO_MEND = frozenset({Postpone.UNKNOWN_ZONE.value, Postpone.NOT_WRITTEN.value})
"""Held back for what is wrong in the file: neither the night nor the provider."""


def why(status: str, reason: str | None) -> Why | None:
    """None for a text that went its way, or that nobody would have read any more, or that no code explains."""
    if status == MessageStatus.DROPPED:
        return DROPPED.get(reason or "")
    if status == MessageStatus.EXPIRED:
        if reason is None:
            return Why.NOT_TRIED
        if reason in OURS_TO_MEND:
            return None
        return Why.QUIET_HOURS if reason == Postpone.QUIET_HOURS else Why.PROVIDER
    if status == MessageStatus.REFUSED:
        return OF_THE_NUMBER.get(reason or "", Why.PROVIDER)
    if status in (MessageStatus.UNKNOWN, MessageStatus.UNKNOWN_FINAL):
        return Why.DOUBTFUL
    return Why.UNDELIVERED if status == MessageStatus.UNDELIVERED else None
