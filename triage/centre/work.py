"""Reads what was done in a period: clocks, calls, decisions, claims, escalations, load; each by its hour's index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from triage.centre.figures import Clock, open_seconds
from triage.levels import Level
from triage.targets import Targets

# What closed it is a decision of a person: without one it is still to be called about.
CLOCKS = text("""
    SELECT c.team_id, e.programme_id, a.rank, a.raised_at, a.due_at, least(
        (SELECT min(t.at) FROM attempts t WHERE t.callback_id = a.callback_id AND t.at >= a.raised_at),
        CASE WHEN d.at IS NOT NULL THEN greatest(d.at, a.raised_at) END) AS called_at
    FROM alerts a JOIN callbacks c ON c.id = a.callback_id JOIN enrolments e ON e.id = a.enrolment_id
    LEFT JOIN dispositions d ON d.id = a.disposition_id
    WHERE a.raised_at >= :begins AND a.raised_at < :ends AND c.team_id = ANY(:teams)
""")
CALLS = text("""
    SELECT c.team_id, t.staff_id, t.outcome AS code, count(*) AS total FROM attempts t
    JOIN callbacks c ON c.id = t.callback_id
    WHERE t.at >= :begins AND t.at < :ends AND c.team_id = ANY(:teams) GROUP BY 1, 2, 3
""")
DECISIONS = text("""
    SELECT c.team_id, d.staff_id, d.kind AS code, count(*) AS total, count(*) FILTER (WHERE d.useful) AS useful,
        count(d.useful) AS said, CAST(coalesce(sum(d.held_seconds), 0) AS bigint) AS held,
        count(d.held_seconds) AS timed
    FROM dispositions d JOIN callbacks c ON c.id = d.callback_id
    WHERE d.at >= :begins AND d.at < :ends AND c.team_id = ANY(:teams) GROUP BY 1, 2, 3
""")
# That a claim ran out is written by whoever comes next: until then the call-back itself tells it.
EVENTS = text("""
    SELECT happened.team_id, happened.staff_id, happened.code, count(*) AS total FROM (
        SELECT c.team_id, e.staff_id, e.kind AS code FROM callback_events e
        JOIN callbacks c ON c.id = e.callback_id
        WHERE e.at >= :begins AND e.at < :ends AND e.kind IN ('expired', 'taken-over', 'handed-over')
          AND c.team_id = ANY(:teams)
        UNION ALL
        SELECT c.team_id, c.claimed_by_id, 'expired' FROM callbacks c
        WHERE c.claimed_by_id IS NOT NULL AND c.state = 'open' AND c.claim_ends_at <= :now
          AND c.claim_ends_at >= :begins AND c.claim_ends_at < :ends AND c.team_id = ANY(:teams)
    ) happened GROUP BY 1, 2, 3
""")
ESCALATED = text("""
    SELECT c.team_id, count(DISTINCT (x.callback_id, x.clock_at, x.step)) AS total,
        count(DISTINCT (x.callback_id, x.clock_at, x.step)) FILTER (WHERE x.staff_id IS NULL) AS nobody
    FROM escalations x JOIN callbacks c ON c.id = x.callback_id
    WHERE x.at >= :begins AND x.at < :ends AND c.team_id = ANY(:teams) GROUP BY 1
""")
OPENED = text("""
    SELECT date_bin('15 minutes', c.opened_at, TIMESTAMPTZ '2000-01-01 00:00+00') AS at, count(*) AS total
    FROM callbacks c WHERE c.opened_at >= :begins AND c.opened_at < :ends AND c.team_id = ANY(:teams) GROUP BY 1
""")
TRIED = text("""
    SELECT date_bin('15 minutes', t.at, TIMESTAMPTZ '2000-01-01 00:00+00') AS at, count(*) AS total
    FROM attempts t JOIN callbacks c ON c.id = t.callback_id
    WHERE t.at >= :begins AND t.at < :ends AND c.team_id = ANY(:teams) GROUP BY 1
""")


@dataclass(frozen=True, slots=True)
class Done:
    """How often one person did one thing for one team: `code` is an AttemptOutcome, DispositionKind or EventKind.
    `staff_id` None is the service. Of decisions: on how many a word was `said`, how many of them `useful`, for how many
    seconds the call-backs had been `held` and of how many that is known.
    """

    team_id: int
    staff_id: int | None
    code: str
    total: int
    useful: int = 0
    said: int = 0
    held: int = 0
    timed: int = 0


@dataclass(frozen=True, slots=True)
class Escalated:
    """Times at which a late call-back was put before somebody, and those of them at which there was nobody."""

    team_id: int
    total: int
    nobody: int


def clocks(session: Session, asked: Mapping[str, Any], hours: Mapping[int, Targets]) -> Iterator[Clock]:
    """`hours` are those of each programme by its id. A call after the period stops a clock too."""
    for row in session.execute(CLOCKS, asked, execution_options={"yield_per": 5000}):
        waited = None
        if row.called_at is not None:
            waited = open_seconds(hours[row.programme_id], row.raised_at, row.called_at)
        yield Clock(row.team_id, Level(row.rank), row.due_at, row.called_at, waited)


def calls(session: Session, asked: Mapping[str, Any]) -> list[Done]:
    return [Done(*row) for row in session.execute(CALLS, asked)]


def decisions(session: Session, asked: Mapping[str, Any]) -> list[Done]:
    return [Done(*row) for row in session.execute(DECISIONS, asked)]


def events(session: Session, asked: Mapping[str, Any], *, now: datetime) -> list[Done]:
    return [Done(*row) for row in session.execute(EVENTS, {**asked, "now": now})]


def escalated(session: Session, asked: Mapping[str, Any]) -> list[Escalated]:
    return [Escalated(*row) for row in session.execute(ESCALATED, asked)]


def opened(session: Session, asked: Mapping[str, Any]) -> list[tuple[datetime, int]]:
    return [(row.at, row.total) for row in session.execute(OPENED, asked)]


def tried(session: Session, asked: Mapping[str, Any]) -> list[tuple[datetime, int]]:
    return [(row.at, row.total) for row in session.execute(TRIED, asked)]


def asked_of(team_ids: Sequence[int], begins: datetime, ends: datetime) -> dict[str, Any]:
    return {"teams": list(team_ids), "begins": begins, "ends": ends}
