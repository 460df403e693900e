"""What each refusal of Twilio's means for a message: final, or worth another try. Source: Twilio's error dictionary."""

from __future__ import annotations

from types import MappingProxyType

from notifications.providers import OutcomeKind

STOPPED = "21610"

# Codes whose meaning differs from that of the HTTP status they come with. Twilio adds codes without notice, so an
# unlisted one is judged by its status.
CODES = MappingProxyType(
    {
        "20003": OutcomeKind.RETRY,  # wrong credentials: ours to mend, not the patient's loss
        "20005": OutcomeKind.RETRY,  # account not active
        "20429": OutcomeKind.RETRY,  # too many requests
        "21611": OutcomeKind.RETRY,  # this sender's queue is full
        "30001": OutcomeKind.RETRY,  # queue overflow
        "63038": OutcomeKind.RETRY,  # the account's daily limit
        STOPPED: OutcomeKind.REFUSED,  # the recipient sent STOP
        "21211": OutcomeKind.REFUSED,  # not a phone number
        "21265": OutcomeKind.REFUSED,  # a short code
        "21408": OutcomeKind.REFUSED,  # region not permitted
        "21606": OutcomeKind.REFUSED,  # the sender is not ours
        "21612": OutcomeKind.REFUSED,  # no way from this sender to this number
        "21614": OutcomeKind.REFUSED,  # not a mobile
        "21617": OutcomeKind.REFUSED,  # body too long
        "21635": OutcomeKind.REFUSED,  # a landline
    }
)
# A gateway that gave up waiting does not know whether the request went through.
UNKNOWN_STATUSES = frozenset({504})
RETRY_STATUSES = frozenset({401, 403, 404, 408, 425, 429})


def judge(http_status: int, code: str) -> OutcomeKind:
    """The outcome of a request that Twilio answered with an error."""
    if code in CODES:
        return CODES[code]
    if http_status in UNKNOWN_STATUSES:
        return OutcomeKind.UNKNOWN
    if http_status >= 500 or http_status in RETRY_STATUSES:
        return OutcomeKind.RETRY
    return OutcomeKind.REFUSED
