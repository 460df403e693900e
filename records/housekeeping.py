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


def tidy(session: Session, *, now: datetime, limit: int = 5_000) -> int:
    """Remove up to `limit` stale rows of each kind; returns how many went."""
    return sum(_remove(session, table, column, now - kept, limit) for table, (column, kept) in KEPT.items())


def _remove(session: Session, table: str, column: str, before: datetime, limit: int) -> int:
    statement = text(
        f"DELETE FROM {table} WHERE ctid = ANY (ARRAY("  # noqa: S608 - names of the table above
        f"SELECT ctid FROM {table} WHERE {column} < :before LIMIT :limit FOR UPDATE SKIP LOCKED))"
    )
    done = session.execute(statement, {"before": before, "limit": limit})
    return int(done.rowcount)  # type: ignore[attr-defined]
