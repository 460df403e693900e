"""The outbox's own moves: who holds a message, until when, and what becomes of it when nobody does any more.

Everything is arbitrated by the database: any number of workers may run these at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from notifications import settling
from notifications.models import Message, MessageStatus
from records import driver
from records.models import EnrolmentState

BATCH = 500
CLAIM_LASTS = timedelta(minutes=10)
SENDING_LASTS = timedelta(minutes=2)
APART = timedelta(minutes=1)
"""More than the clocks of two workers ever differ."""
SWEPT_AT_ONCE = 1000
WRITTEN_TO = (EnrolmentState.INVITED, EnrolmentState.ACTIVE)


@dataclass(frozen=True)
class Claim:
    """`token` names this claim, not its worker, so that a worker's earlier claim is never taken for this one."""

    token: str
    message_ids: tuple[int, ...]


CLAIM = text("""
    WITH due AS MATERIALIZED (
        SELECT id FROM messages WHERE status = 'queued' AND next_try_at <= :now AND expires_at > :now
        ORDER BY next_try_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE messages m SET status = 'claimed', status_at = :now, claimed_by = :token, lease_ends_at = :until
    FROM due WHERE m.id = due.id RETURNING m.id
""")


def claim(session: Session, *, worker: str, now: datetime, limit: int = BATCH) -> Claim:
    """Take up to `limit` due messages for this worker. Commit before working on them; the lease gives them back."""
    token = f"{worker}/{uuid.uuid4()}"
    values = {"now": now, "limit": limit, "token": token, "until": now + CLAIM_LASTS}
    return Claim(token, tuple(sorted(session.scalars(CLAIM, values))))


# Rows are locked in one order, here and wherever several are, so that no two writers can deadlock.
START = """
    WITH mine AS MATERIALIZED (
        SELECT m.id FROM messages m LEFT JOIN enrolments e ON e.id = m.enrolment_id
        WHERE m.id = ANY(%(ids)s) AND m.status = 'claimed' AND m.claimed_by = %(token)s AND m.expires_at > %(at)s
          AND (m.staff_id IS NOT NULL OR e.state = ANY(%(followed)s))
        ORDER BY m.id FOR UPDATE OF m
    )
    UPDATE messages m SET status = 'sending', status_at = %(at)s, sent_at = %(at)s, tries = tries + 1,
        provider = %(provider)s, lease_ends_at = %(until)s
    FROM mine WHERE m.id = mine.id RETURNING m.id
"""


def start_sending(
    session: Session, *, message_ids: Sequence[int], token: str, provider: str, at: datetime
) -> frozenset[int]:
    """Say, before the provider is called, that from here on these messages' fate may be unknown. Commit at once.

    Returns those that may be sent. Missing are lost claims: another worker has them, and they must not be sent here;
    and those whose follow-up was paused or ended while the batch went out: the lease gives them back, and policy drops
    them.
    """
    if not message_ids:
        return frozenset()
    values = {
        "ids": list(message_ids),
        "token": token,
        "provider": provider,
        "at": at,
        "until": at + SENDING_LASTS,
        "followed": [state.value for state in WRITTEN_TO],
    }
    return frozenset(row["id"] for row in driver.all_rows(driver.under(session), START, values))


def put_back(session: Session, *, message_id: int, token: str, reason: str, again_at: datetime, now: datetime) -> None:
    """Give a claimed message back to the queue for a later moment."""
    values = {
        "status": MessageStatus.QUEUED,
        "status_at": now,
        "reason": reason,
        "next_try_at": again_at,
        "claimed_by": None,
        "lease_ends_at": None,
    }
    held = (Message.id == message_id, Message.status == MessageStatus.CLAIMED, Message.claimed_by == token)
    session.execute(update(Message).where(*held).values(values).execution_options(synchronize_session=False))


# A lease that ends later than any could is of before the clock was set back. Two workers that release at once would
# wait for each other's rows in two orders; what one has taken, the other leaves to it.
RELEASE = text("""
    WITH old AS MATERIALIZED (
        SELECT id FROM messages WHERE status = 'claimed' AND (lease_ends_at <= :now OR lease_ends_at > :longest)
        ORDER BY id FOR UPDATE SKIP LOCKED
    )
    UPDATE messages m SET status = 'queued', status_at = :now, claimed_by = NULL, lease_ends_at = NULL
    FROM old WHERE m.id = old.id
""")


def release_leases(session: Session, *, now: datetime) -> int:
    """Return to the queue what a worker claimed and never began to send; returns how many."""
    values = {"now": now, "longest": now + CLAIM_LASTS + APART}
    return int(session.execute(RELEASE, values).rowcount)  # type: ignore[attr-defined]


EXPIRE = text("""
    WITH old AS MATERIALIZED (
        SELECT id FROM messages WHERE status = 'queued' AND expires_at <= :now
        ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE messages m SET status = 'expired', status_at = :now
    FROM old WHERE m.id = old.id RETURNING m.id
""")


def expire(session: Session, *, now: datetime, limit: int = SWEPT_AT_ONCE) -> int:
    """End what was not sent in its time; returns how many. Called again while it returns `limit`."""
    ids = list(session.scalars(EXPIRE, {"now": now, "limit": limit}))
    settling.tell_triage(session, message_ids=ids, at=now)
    return len(ids)


STUCK = text("""
    WITH old AS MATERIALIZED (
        SELECT id FROM messages WHERE status = 'sending' AND (lease_ends_at <= :now OR lease_ends_at > :longest)
        ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE messages m
    SET status = 'unknown', status_at = :now, reason = 'worker-lost', claimed_by = NULL, lease_ends_at = NULL,
        next_try_at = :look
    FROM old WHERE m.id = old.id RETURNING m.id
""")


def doubt_stuck(session: Session, *, now: datetime, limit: int = SWEPT_AT_ONCE) -> int:
    """Call unknown what was being sent when its worker vanished; it is asked about, never sent again."""
    ids = list(
        session.scalars(STUCK, {"now": now, "limit": limit, "look": now, "longest": now + SENDING_LASTS + APART})
    )
    settling.tell_triage(session, message_ids=ids, at=now)
    return len(ids)
