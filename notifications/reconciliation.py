"""Asks the provider what became of messages in doubt. Nothing here can send."""

from __future__ import annotations

from collections import Counter

import structlog
from sqlalchemy import text

from notifications import recipients, settling
from notifications.delivery import Delivery
from notifications.providers import LookUp, LookUpKind

log = structlog.get_logger(__name__)

AT_ONCE = 50

# Pushing the next look forward is the claim: two workers seldom ask twice, and asking twice would change nothing.
TAKE = text("""
    WITH doubtful AS MATERIALIZED (
        SELECT id FROM messages WHERE status = 'unknown' AND next_try_at <= :now
        ORDER BY next_try_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE messages m SET next_try_at = :again FROM doubtful WHERE m.id = doubtful.id RETURNING m.id
""")


def reconcile(delivery: Delivery, *, limit: int = AT_ONCE) -> Counter[str]:
    """Look up to `limit` unknown messages up; returns how many ended in which status."""
    now = delivery.clock()
    with delivery.sessions.begin() as session:
        values = {"now": now, "again": now + settling.LOOK_AGAIN_AFTER, "limit": limit}
        ids = sorted(session.scalars(TAKE, values))
    counts: Counter[str] = Counter()
    for message_id in ids:
        found = _look_up(delivery, message_id)
        with delivery.sessions.begin() as session:
            status = settling.settle_look_up(session, message_id=message_id, found=found, at=delivery.clock())
        counts[f"looked-up-{status}"] += 1
    return counts


def _look_up(delivery: Delivery, message_id: int) -> LookUp:
    """What the provider knows; a message that cannot be written again cannot be recognised there either."""
    try:
        with delivery.sessions() as session:
            (facts,) = recipients.load(session, [message_id], now=delivery.clock())
            recipient, sent_at = recipients.opened(facts), facts.message.sent_at
            if recipient.phone is None or sent_at is None:
                return LookUp(LookUpKind.IMPOSSIBLE)
            asked = recipients.written(recipient, public_url=delivery.public_url, at=sent_at)
        return delivery.provider.find(asked)
    except Exception as error:
        log.error("look_up_failed", message=message_id, error=type(error).__name__)
        return LookUp(LookUpKind.UNABLE, reason=type(error).__name__)
