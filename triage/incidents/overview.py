"""What stands of the incidents, from what the last beat counted: every look at the queue asks for it."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy.orm import Session

from records import driver

OPEN = """
    SELECT jsonb_agg(jsonb_build_array(i.public_id, i.kind, i.began_at, i.waiting) ORDER BY i.began_at, i.id)::text
    FROM incidents i WHERE i.closed_at IS NULL AND i.waiting <> '{}'
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """An open incident as some teams see it: how many of their patients wait, the worst of their ranks, when the first
    of them must have been called, and whether that hour has passed.
    """

    public_id: uuid.UUID
    kind: str
    began_at: datetime
    waiting: int
    worst: int
    first_deadline: datetime
    next_deadline_passed: bool


def standing(session: Session, *, team_ids: Collection[int], now: datetime) -> list[Standing]:
    """The open incidents in which a patient of these teams waits, the oldest first."""
    found = driver.under(session).execute(OPEN).fetchone()
    return within(found[0] if found else None, team_ids=team_ids, now=now)


def within(found: str | None, *, team_ids: Collection[int], now: datetime) -> list[Standing]:
    """What these teams see of `found`, as OPEN tells it. Pure."""
    seen = []
    for public_id, kind, began_at, waiting in orjson.loads(found) if found else ():
        own = [counted for team, counted in waiting.items() if int(team) in team_ids]
        if own:
            patients, worst, firsts = zip(*own, strict=True)
            first = min(map(datetime.fromisoformat, firsts))
            seen.append(
                Standing(
                    public_id=uuid.UUID(public_id),
                    kind=kind,
                    began_at=datetime.fromisoformat(began_at),
                    waiting=sum(patients),
                    worst=max(worst),
                    first_deadline=first,
                    next_deadline_passed=first <= now,
                )
            )
    return seen
