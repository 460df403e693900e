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
from triage.duty import people
from triage.levels import Level
from triage.models import AlertKind, Callback, DispositionKind
from triage.refusals import AllBusy

# A red wants a voice within minutes: one that came in since a person handed the call-back up, or since anybody called,
# is anybody's to call where no physician is at work, and where the one who is has not called in time. What is left
# after the calls in vain (`unreached`) is no call, and stays a physician's decision.
A_VOICE = f"""
    b.rank >= {int(Level.RED)} AND (b.due_at <= %(now)s::timestamptz OR NOT b.team_id = ANY(%(doctors)s::bigint[]))
    AND EXISTS (
        SELECT 1 FROM alerts a WHERE a.callback_id = b.id AND a.closed_at IS NULL AND a.rank >= {int(Level.RED)}
          AND a.kind <> '{AlertKind.UNREACHED}'
          AND NOT EXISTS (SELECT 1 FROM attempts t WHERE t.callback_id = b.id AND t.at >= a.raised_at)
          AND NOT EXISTS (SELECT 1 FROM dispositions d WHERE d.callback_id = b.id AND d.at >= a.raised_at
                          AND d.kind = '{DispositionKind.TO_PHYSICIAN}'))
"""  # noqa: S608 - constants
FREE = f"""
    b.state = 'open' AND b.incident_id IS NULL AND (b.claim_ends_at IS NULL OR b.claim_ends_at <= %(now)s::timestamptz)
    AND (b.next_try_at IS NULL OR b.next_try_at <= %(now)s::timestamptz)
    AND (%(decides)s::boolean OR NOT b.for_physician OR ({A_VOICE}))
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
    anybody else (but see A_VOICE), nor what waits on an incident's page. Raises UnknownCode for a filter that is no
    level, AllBusy when others were at all that is left for as long as one waits here.
    """
    chosen = replace(filters or Filters(), mine=False)
    given = values(chosen, staff=staff, now=now) | {"decides": may_decide(staff), "doctors": []}
    if not may_decide(staff):
        given["doctors"] = people.with_physician(session, team_ids=given["teams"], now=now)
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
