"""Ends the doubt about messages of which nobody knows whether the provider took them over. Nothing here can send."""

from __future__ import annotations

from collections import Counter

from notifications import asking, settling
from notifications.handover import Delivery


def reconcile(delivery: Delivery, *, limit: int = asking.AT_ONCE) -> Counter[str]:
    """Look up to `limit` unknown messages up; returns how many ended in which status."""
    asked = asking.take(delivery, asking.DOUBTFUL, limit=limit, again_after=settling.LOOK_AGAIN_AFTER)
    counts: Counter[str] = Counter()
    for answers in asking.answers(delivery, asked):
        for one, found in answers:
            with delivery.sessions.begin() as session:
                status = settling.settle_look_up(session, message_id=one.id, found=found, at=delivery.clock())
            counts[f"looked-up-{status}"] += 1
    return counts
