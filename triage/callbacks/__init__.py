"""The queue of people to call: raised by rules, held by one caller at a time, worked until nothing stands."""

from triage.callbacks.attempts import add_attempt
from triage.callbacks.claims import CLAIM_LASTS, Claimed, acknowledge, claim, release, renew, take_over
from triage.callbacks.detail import AlertDetail, CallbackDetail, Note, detail
from triage.callbacks.dispositions import Outcome, dispose
from triage.callbacks.handing import HandedOver, free_all, hand_over
from triage.callbacks.next_call import claim_next
from triage.callbacks.queue import Counts, Filters, InForce, Look, Mark, QueuePage, etag, look, queue, rows_of
from triage.callbacks.queue_rows import Point, QueueRow
from triage.callbacks.queue_sql import BESIDE_COURSE
from triage.callbacks.raising import Raise, key_of, raise_alert, raise_alerts
from triage.callbacks.requirements import NOT_CHOSEN, PHYSICIAN_ONLY, WITHOUT_REACHING

__all__ = [
    "BESIDE_COURSE",
    "CLAIM_LASTS",
    "NOT_CHOSEN",
    "PHYSICIAN_ONLY",
    "WITHOUT_REACHING",
    "AlertDetail",
    "CallbackDetail",
    "Claimed",
    "Counts",
    "Filters",
    "HandedOver",
    "InForce",
    "Look",
    "Mark",
    "Note",
    "Outcome",
    "Point",
    "QueuePage",
    "QueueRow",
    "Raise",
    "acknowledge",
    "add_attempt",
    "claim",
    "claim_next",
    "detail",
    "dispose",
    "etag",
    "free_all",
    "hand_over",
    "key_of",
    "look",
    "queue",
    "raise_alert",
    "raise_alerts",
    "release",
    "renew",
    "rows_of",
    "take_over",
]
