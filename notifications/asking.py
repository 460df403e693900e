"""Asking the provider about messages that it has or may have. Nothing here sends, and nothing here ends a message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

import structlog

from notifications import recipients, staff_pages
from notifications.handover import Delivery
from notifications.providers import LookUp, LookUpKind, Text
from records import driver

log = structlog.get_logger(__name__)

AT_ONCE = 50


@dataclass(frozen=True)
class Asked:
    """A message whose turn it is to be asked about."""

    id: int
    provider: str | None
    provider_id: str | None
    sent_at: datetime


Answers = list[tuple[Asked, LookUp]]

# Pushing the next look forward is the claim: two workers seldom ask twice, and asking twice would change nothing.
TAKE = """
    WITH due AS MATERIALIZED (
        SELECT id, coalesce(sent_at, created_at) AS sent_at FROM messages
        WHERE {which} AND next_try_at <= %(now)s
        ORDER BY next_try_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    )
    UPDATE messages m SET next_try_at = coalesce(
        (SELECT min(due.sent_at + age) FROM unnest(%(ages)s::interval[]) AS age WHERE due.sent_at + age > %(now)s),
        %(again)s)
    FROM due WHERE m.id = due.id RETURNING m.id, m.provider, m.provider_id, due.sent_at
"""
DOUBTFUL = TAKE.format(which="status = 'unknown'")
SILENT = TAKE.format(which="status IN ('accepted', 'sent')")


def take(
    delivery: Delivery, which: str, *, limit: int, again_after: timedelta, ages: Sequence[timedelta] = ()
) -> list[Asked]:
    """Up to `limit` messages whose turn has come. Each is due again at the next of `ages`, or after `again_after`."""
    now = delivery.clock()
    values = {"now": now, "limit": limit, "again": now + again_after, "ages": list(ages)}
    with delivery.sessions.begin() as session:
        rows = driver.all_rows(driver.under(session), which, values)
    return sorted((Asked(**row) for row in rows), key=lambda one: one.id)


def answers(delivery: Delivery, asked: Sequence[Asked]) -> Iterator[Answers]:
    """What the provider knows, `lanes` at a time. Ends early when it cannot be asked: the rest have their next turn."""
    waiting = iter(asked)
    with ThreadPoolExecutor(delivery.lanes) as lanes:
        while some := list(islice(waiting, delivery.lanes)):
            found = list(lanes.map(lambda one: _look_up(delivery, one), some))
            yield list(zip(some, found, strict=True))
            if all(one.kind is LookUpKind.UNABLE for one in found):
                return


def _look_up(delivery: Delivery, asked: Asked) -> LookUp:
    """By the provider's own id; without one by what was sent. A message that cannot be written again cannot be
    recognised there either, and another provider than the one it went to would know nothing of it.
    """
    try:
        if asked.provider != delivery.provider.name:
            return LookUp(LookUpKind.IMPOSSIBLE)
        if asked.provider_id is not None:
            return delivery.provider.look(asked.provider_id)
        written = _written_again(delivery, asked)
        return LookUp(LookUpKind.IMPOSSIBLE) if written is None else delivery.provider.find(written)
    except Exception as error:
        log.error("look_up_failed", message=asked.id, error=type(error).__name__)
        return LookUp(LookUpKind.UNABLE, reason=type(error).__name__)


def _written_again(delivery: Delivery, asked: Asked) -> Text | None:
    with delivery.sessions() as session:
        pages = staff_pages.load(session, [asked.id])
        if pages:
            page = staff_pages.opened(pages[0])
            return staff_pages.written(page, public_url=delivery.public_url, at=asked.sent_at) if page.phone else None
        (facts,) = recipients.load(session, [asked.id], now=delivery.clock())
        recipient = recipients.opened(facts)
        if recipient.phone is None:
            return None
        return recipients.written(recipient, public_url=delivery.public_url, at=asked.sent_at)
