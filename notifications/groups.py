"""Messages moved several at a time, in two statements for all of them: the usual ends, which need nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from notifications import statuses
from notifications.models import MessageStatus
from notifications.settling import BACK_OFF, LOOKED_UP_AT_AGES
from notifications.why import why
from records import contacts, driver

MOVE = """
    WITH told AS MATERIALIZED (
        SELECT m.id, t.reason, t.provider_id, e.public_id AS enrolment
        FROM unnest(%(ids)s::bigint[], %(reasons)s::text[], %(provider_ids)s::text[]) AS t (id, reason, provider_id)
        JOIN messages m ON m.id = t.id
        LEFT JOIN enrolments e ON e.id = m.enrolment_id
        WHERE m.status = ANY(%(below)s) ORDER BY m.id FOR UPDATE OF m
    )
    UPDATE messages m SET status = %(status)s, status_at = %(at)s, reason = told.reason, claimed_by = NULL,
        lease_ends_at = NULL, provider_id = coalesce(m.provider_id, told.provider_id),
        next_try_at = coalesce(%(look_at)s, m.next_try_at)
    FROM told
    WHERE m.id = told.id
    RETURNING m.id, m.enrolment_id, m.public_id AS source, m.channel, m.purpose, m.reason,
        coalesce((SELECT c.public_id FROM checkins c WHERE c.id = m.checkin_id), told.enrolment) AS about
"""

AGAIN = """
    WITH told AS MATERIALIZED (
        SELECT m.id, t.reason FROM unnest(%(ids)s::bigint[], %(reasons)s::text[]) AS t (id, reason)
        JOIN messages m ON m.id = t.id WHERE m.status = 'sending' ORDER BY m.id FOR UPDATE OF m
    )
    UPDATE messages m SET status = 'queued', status_at = %(at)s, reason = told.reason, claimed_by = NULL,
        lease_ends_at = NULL, next_try_at = %(at)s + (%(waits)s::interval[])[least(m.tries, %(most)s)]
    FROM told WHERE m.id = told.id
    RETURNING m.id
"""

Told = tuple[str | None, str | None]
"""The provider's id of a message, and a reason."""


def move(
    session: Session, status: MessageStatus, told: Mapping[int, Told], *, at: datetime, look_at: datetime | None = None
) -> frozenset[int]:
    """Move these messages up to `status`, and tell triage; returns those that moved: none that had come further.

    `look_at` is when to ask the provider about them; without it they are asked when they were to be.
    """
    if not told:
        return frozenset()
    values = {
        "ids": list(told),
        "provider_ids": [provider_id or None for provider_id, _ in told.values()],
        "reasons": [reason for _, reason in told.values()],
        "status": status.value,
        "below": statuses.below(status),
        "at": at,
        "look_at": look_at,
    }
    moved = driver.all_rows(driver.under(session), MOVE, values)
    outcome = statuses.contact_outcome(status)
    ids = frozenset(row.pop("id") for row in moved)
    if outcome is not None:
        patients = [row | {"reason": why(status, row["reason"])} for row in moved if row["enrolment_id"] is not None]
        contacts.note_all(session, patients, outcome=outcome, at=at)
    return ids


def accept(session: Session, status: MessageStatus, told: Mapping[int, Told], *, at: datetime) -> frozenset[int]:
    """The provider took these over; what it says of them later is waited for, then asked for."""
    return move(session, status, told, at=at, look_at=at + LOOKED_UP_AT_AGES[0])


def try_again(session: Session, reasons: Mapping[int, str | None], *, at: datetime) -> frozenset[int]:
    """Put what the provider did not take over back into the queue, to wait as long as its tries ask for; returns those
    that were still on their way.
    """
    if not reasons:
        return frozenset()
    values = {
        "ids": list(reasons),
        "reasons": list(reasons.values()),
        "waits": list(BACK_OFF),
        "most": len(BACK_OFF),
        "at": at,
    }
    return frozenset(row["id"] for row in driver.all_rows(driver.under(session), AGAIN, values))
