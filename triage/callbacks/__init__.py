"""The queue of people to call: raised by rules, held by one caller at a time, worked until nothing stands."""

from triage.callbacks.attempts import add_attempt
from triage.callbacks.claims import CLAIM_LASTS, Claimed, claim, release, renew, take_over
from triage.callbacks.detail import AlertDetail, CallbackDetail, Note, detail
from triage.callbacks.dispositions import PHYSICIAN_ONLY, WITHOUT_REACHING, Outcome, dispose
from triage.callbacks.queue import Counts, Filters, QueuePage, etag, queue
from triage.callbacks.queue_rows import Point, QueueRow
from triage.callbacks.raising import Raise, key_of, raise_alert, raise_alerts

__all__ = [
    "CLAIM_LASTS",
    "PHYSICIAN_ONLY",
    "WITHOUT_REACHING",
    "AlertDetail",
    "CallbackDetail",
    "Claimed",
    "Counts",
    "Filters",
    "Note",
    "Outcome",
    "Point",
    "QueuePage",
    "QueueRow",
    "Raise",
    "add_attempt",
    "claim",
    "detail",
    "dispose",
    "etag",
    "key_of",
    "queue",
    "raise_alert",
    "raise_alerts",
    "release",
    "renew",
    "take_over",
]
