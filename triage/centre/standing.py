"""What stands in the queues of some teams at this moment, and who works there. Nothing here names a patient."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce

from sqlalchemy import text
from sqlalchemy.orm import Session

from triage.levels import Level

SOON = timedelta(minutes=10)
SEEN_LATELY = timedelta(minutes=5)
"""Who counts among the callers of the next hours: fewer than are at work (triage.duty.people), for nobody may be
counted on who has gone home.
"""

BOARD = text("""
    SELECT c.team_id, c.rank, count(*) AS total, min(c.opened_at) AS oldest,
        count(*) FILTER (WHERE c.due_at < :now) AS late,
        count(*) FILTER (WHERE c.due_at >= :now AND c.due_at < :soon) AS soon,
        count(*) FILTER (WHERE c.claim_ends_at > :now) AS held,
        count(*) FILTER (WHERE c.next_try_at > :now) AS scheduled,
        count(*) FILTER (WHERE c.for_physician) AS physician,
        count(*) FILTER (WHERE c.incident_id IS NOT NULL) AS folded
    FROM callbacks c WHERE c.team_id = ANY(:teams) AND c.state = 'open' GROUP BY c.team_id, c.rank
""")
PEOPLE = text("""
    SELECT s.id, s.public_id, s.name, s.role, seen.at AS seen_at
    FROM staff s LEFT JOIN (
        SELECT staff_id, max(seen_at) AS at FROM staff_sessions
        WHERE ends_at > :now AND revoked_at IS NULL AND seen_at > :lately GROUP BY staff_id
    ) seen ON seen.staff_id = s.id
    WHERE s.id IN (SELECT staff_id FROM staff_teams WHERE team_id = ANY(:teams)) AND seen.at IS NOT NULL
       OR s.id = ANY(:holders)
    ORDER BY s.name, s.id
""")
HELD = text("""
    SELECT c.claimed_by_id AS staff_id, e.public_id AS enrolment, c.rank, c.claimed_at, c.due_at, c.team_id,
        c.first_called_at
    FROM callbacks c JOIN enrolments e ON e.id = c.enrolment_id
    WHERE c.claimed_by_id IS NOT NULL AND c.claim_ends_at > :now AND c.state = 'open' AND c.team_id = ANY(:teams)
    ORDER BY c.rank DESC, c.claimed_at, c.id
""")
NOBODY = text("""
    SELECT DISTINCT ON (c.id) e.public_id AS enrolment, c.rank, c.team_id, x.at
    FROM escalations x JOIN callbacks c ON c.id = x.callback_id JOIN enrolments e ON e.id = c.enrolment_id
    WHERE x.staff_id IS NULL AND x.acknowledged_at IS NULL AND c.state = 'open' AND c.team_id = ANY(:teams)
      AND NOT coalesce(c.claim_ends_at > :now, false)
    ORDER BY c.id, x.at
""")


@dataclass(frozen=True, slots=True)
class Standing:
    """Open call-backs of one level, or of several together. `late`: their target is over; `soon`: it is within SOON;
    `held` by a live claim; `scheduled` for a later try; `folded` into an incident.
    """

    total: int = 0
    oldest: datetime | None = None
    late: int = 0
    soon: int = 0
    held: int = 0
    scheduled: int = 0
    physician: int = 0
    folded: int = 0

    def __add__(self, other: Standing) -> Standing:
        oldest = [moment for moment in (self.oldest, other.oldest) if moment]
        counts = {name: getattr(self, name) + getattr(other, name) for name in COUNTS}
        return Standing(oldest=min(oldest, default=None), **counts)


COUNTS = ("total", "late", "soon", "held", "scheduled", "physician", "folded")
NOTHING = Standing()


@dataclass(frozen=True, slots=True)
class Held:
    """One call-back that somebody has since `since`. `called`: a call was tried already."""

    enrolment: uuid.UUID
    level: Level
    team_id: int
    since: datetime
    due_at: datetime
    called: bool


@dataclass(frozen=True, slots=True)
class Person:
    """`seen_at` is None for somebody who holds a call-back and has not been seen lately."""

    public_id: uuid.UUID
    name: str
    role: str
    seen_at: datetime | None
    holds: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A call-back that was to be put before somebody at `since`, and there was nobody."""

    enrolment: uuid.UUID
    level: Level
    team_id: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Board:
    """`standing` by team and level; only what is there has an entry."""

    standing: Mapping[tuple[int, Level], Standing]
    people: Sequence[Person]
    nobody: Sequence[Unanswered]

    def of(self, team_id: int | None = None, level: Level | None = None) -> Standing:
        """Of one team or all, of one level or all."""
        return together(
            one for (team, rank), one in self.standing.items() if team_id in (None, team) and level in (None, rank)
        )


def together(found: Iterable[Standing]) -> Standing:
    return reduce(lambda one, other: one + other, found, NOTHING)


def board(session: Session, *, team_ids: Sequence[int], now: datetime) -> Board:
    """Four statements, each by an index of what is open, held, signed in or unacknowledged."""
    asked = {"teams": list(team_ids), "now": now, "soon": now + SOON, "lately": now - SEEN_LATELY}
    standing = {
        (row["team_id"], Level(row["rank"])): Standing(oldest=row["oldest"], **{name: row[name] for name in COUNTS})
        for row in session.execute(BOARD, asked).mappings()
    }
    held: dict[int, list[Held]] = {}
    for row in session.execute(HELD, asked):
        one = Held(row.enrolment, Level(row.rank), row.team_id, row.claimed_at, row.due_at, bool(row.first_called_at))
        held.setdefault(row.staff_id, []).append(one)
    people = [
        Person(row.public_id, row.name, row.role, row.seen_at, tuple(held.get(row.id, ())))
        for row in session.execute(PEOPLE, {**asked, "holders": list(held)})
    ]
    nobody = [Unanswered(row.enrolment, Level(row.rank), row.team_id, row.at) for row in session.execute(NOBODY, asked)]
    return Board(standing, people, sorted(nobody, key=lambda one: (-one.level, one.since)))
