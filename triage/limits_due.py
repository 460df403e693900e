"""Whose own limits a physician has to set or set again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from records.models.enrolments import CALLS_FOR_OWN_LIMITS

AHEAD = timedelta(hours=24)
AGAIN_AFTER = timedelta(hours=24)

# Kind and state are literals, so that the indexes of just these are used, and no walk over all who are followed.
DUE = text(f"""
    SELECT candidate.id FROM (
        SELECT e.id FROM enrolments e JOIN programmes g ON g.id = e.programme_id AND g.holds_conditions
        WHERE e.state = 'active' AND e.{CALLS_FOR_OWN_LIMITS} AND NOT EXISTS (
            SELECT 1 FROM patient_limits l WHERE l.enrolment_id = e.id AND l.withdrawn_at IS NULL
              AND (l.until_at IS NULL OR l.until_at > :soon))
        UNION
        SELECT l.enrolment_id FROM patient_limits l
        JOIN enrolments e ON e.id = l.enrolment_id AND e.state = 'active'
        WHERE l.withdrawn_at IS NULL AND l.until_at <= :soon AND NOT EXISTS (
            SELECT 1 FROM alerts a WHERE a.enrolment_id = l.enrolment_id AND a.kind = 'limits-due'
              AND a.raised_at >= l.until_at - :ahead)
    ) candidate
    WHERE NOT EXISTS (
        SELECT 1 FROM alerts a WHERE a.enrolment_id = candidate.id AND a.kind = 'limits-due'
          AND (a.closed_at IS NULL OR a.raised_at > :recently))
    ORDER BY candidate.id LIMIT :limit
""")  # noqa: S608 - a constant fragment, every value is a parameter


def who_is_due(session: Session, *, now: datetime, limit: int) -> Sequence[int]:
    """Active enrolments for which no own limit lasts another day though a condition calls for one, every day until one
    does; and once for each own limit that comes to its end, for it may have been meant to. At most once in 24 hours.
    """
    values = {"soon": now + AHEAD, "ahead": AHEAD, "recently": now - AGAIN_AFTER, "limit": limit}
    return session.scalars(DUE, values).all()
