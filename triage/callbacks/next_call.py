"""The next call of the queue, for a caller who takes what comes: each goes to one of however many ask at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from records import driver
from records.models import Staff
from triage.callbacks.claims import Claimed, taken_by
from triage.callbacks.dispositions import may_decide
from triage.callbacks.queue_filters import Filters, conditions, values
from triage.models import Callback
from triage.refusals import AllBusy

FREE = """
    b.state = 'open' AND b.incident_id IS NULL AND (b.claim_ends_at IS NULL OR b.claim_ends_at <= %(now)s::timestamptz)
    AND (b.next_try_at IS NULL OR b.next_try_at <= %(now)s::timestamptz)
    AND (%(decides)s::boolean OR NOT b.for_physician)
"""
NEAR = 100

# The first of each team by the queue's index; then the first of those that nobody else is just taking. What was taken
# meanwhile fails the condition when the lock is had, and the next one is looked at.
NEXT = """
    WITH near AS MATERIALIZED (
        SELECT c.id, c.rank, c.due_at FROM unnest(%(teams)s::bigint[]) AS team (id) CROSS JOIN LATERAL (
            SELECT b.id, b.rank, b.due_at FROM callbacks b WHERE b.team_id = team.id AND {free} {asked}
            ORDER BY b.rank DESC, b.due_at, b.id LIMIT {near}
        ) c ORDER BY c.rank DESC, c.due_at, c.id LIMIT {near}
    )
    SELECT b.id FROM near JOIN callbacks b ON b.id = near.id WHERE {free}
    ORDER BY near.rank DESC, near.due_at, near.id LIMIT 1
"""
TAKEN = " FOR UPDATE OF b SKIP LOCKED"
TRIES, PAUSE = 100, "SELECT pg_sleep(0.02)"


def claim_next(
    session: Session,
    *,
    staff: Staff,
    now: datetime,
    filters: Filters | None = None,
    from_address: str | None = None,
) -> Claimed | None:
    """Claim the most urgent call-back of one's teams that nobody holds; None when there is none.

    In the queue's own order, within `filters`. Not what is to be tried again later, nor what is a physician's for
    anybody else, nor what waits on an incident's page. Raises UnknownCode for a filter that is no level, AllBusy when
    others were at all that is left for as long as one waits here.
    """
    chosen = replace(filters or Filters(), mine=False)
    given = values(chosen, staff=staff, now=now) | {"decides": may_decide(staff)}
    statement = NEXT.format(free=FREE, asked=conditions(chosen), near=NEAR)
    session.flush()
    line = driver.under(session)
    rows = driver.all_rows(line, statement + TAKEN, given)
    for _ in range(TRIES):
        # Others are just taking, or writing into, all that is left. Nobody waits for a row of theirs while holding one
        # that was had too late: two who did so waited for each other.
        if rows:
            break
        if not driver.all_rows(line, statement, given):
            return None
        driver.all_rows(line, PAUSE, {})
        rows = driver.all_rows(line, statement + TAKEN, given)
    if not rows:
        raise AllBusy
    found = session.scalars(
        select(Callback)
        .where(Callback.id == rows[0]["id"])
        .options(joinedload(Callback.enrolment), joinedload(Callback.claimed_by))
        .execution_options(populate_existing=True)
    ).one()
    return taken_by(session, found, staff=staff, now=now, from_address=from_address)
