"""Remove what the service no longer needs to know of doors and sessions; patients' records are never touched here."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

# Ended sessions stay for a month, so that somebody who asks what happened can still be answered.
KEPT = {
    "throttles": ("window_started_at", timedelta(days=1)),
    "staff_setups": ("expires_at", timedelta(days=30)),
    "staff_sessions": ("ends_at", timedelta(days=30)),
    "patient_sessions": ("ends_at", timedelta(days=30)),
    "devices": ("seen_at", timedelta(days=200)),
    "patient_codes": ("ends_at", timedelta(days=30)),
}


UNSENT_KEPT = timedelta(days=7)
"""What was typed during a call-back and never sent: its author can copy it for a week after the call-back closed."""


def tidy(session: Session, *, now: datetime, limit: int = 5_000) -> int:
    """Remove up to `limit` stale rows of each kind; returns how many went."""
    gone = sum(_remove(session, table, column, now - kept, limit) for table, (column, kept) in KEPT.items())
    return gone + _remove_unsent(session, now - UNSENT_KEPT, limit)


def _remove_unsent(session: Session, before: datetime, limit: int) -> int:
    statement = text("""
        DELETE FROM call_drafts WHERE ctid = ANY (ARRAY(
            SELECT d.ctid FROM call_drafts d JOIN callbacks b ON b.id = d.callback_id
            WHERE d.saved_at < :before AND b.closed_at < :before LIMIT :limit FOR UPDATE OF d SKIP LOCKED))
    """)
    return int(session.execute(statement, {"before": before, "limit": limit}).rowcount)  # type: ignore[attr-defined]


def _remove(session: Session, table: str, column: str, before: datetime, limit: int) -> int:
    statement = text(
        f"DELETE FROM {table} WHERE ctid = ANY (ARRAY("  # noqa: S608 - names of the table above
        f"SELECT ctid FROM {table} WHERE {column} < :before LIMIT :limit FOR UPDATE SKIP LOCKED))"
    )
    done = session.execute(statement, {"before": before, "limit": limit})
    return int(done.rowcount)  # type: ignore[attr-defined]
