"""What a protocol looks back on over several days: found by the read of a submission, and read for its facts.

How far and for which questions is a property of the stored protocol version, so that a protocol without such facts
costs that read nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from records import clock
from triage.facts import WINDOWS, Earlier, Fact, SourceKind

MOST_RESPONSES = 200

EARLIER = f"""
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(found.response) AS responses FROM (
            SELECT jsonb_build_object('id', r.public_id, 'at', r.due_at, 'answers', (
                SELECT coalesce(jsonb_object_agg(asked.name, r.answers -> asked.name), jsonb_build_object())
                FROM jsonb_array_elements_text(protocol.looks_back -> 'answers') asked (name)
                WHERE r.answers ? asked.name)) AS response
            FROM (
                SELECT DISTINCT ON (due_at) public_id, due_at, answers FROM responses
                WHERE protocol.looks_back IS NOT NULL AND enrolment_id = e.id AND due_at < {{before}}
                  AND due_at >= {{before}} - make_interval(
                      days => (protocol.looks_back ->> 'days')::int + 1, hours => 1)
                ORDER BY due_at DESC, id DESC LIMIT {MOST_RESPONSES}
            ) r
        ) found
    ) earlier ON true
"""  # noqa: S608 - constants only
"""Of each earlier hour what was said last: a correction stands for what it corrects. One day more than the window is
read, for the window is of the patient's local days, one of which has 25 hours.
"""


@dataclass(frozen=True, slots=True)
class LooksBack:
    """`days` of the longest window, hours rounded up, and the linkIds of every window."""

    days: int
    answers: Sequence[str]

    def to_json(self) -> dict[str, Any]:
        return {"days": self.days, "answers": list(self.answers)}


def looks_back(facts: Iterable[Fact]) -> LooksBack | None:
    """What these facts (see `documents.facts_in_use`) need of the past; None when the previous response is enough."""
    sources = [fact.source for fact in facts if fact.source.kind in (*WINDOWS, SourceKind.BACK)]
    if not sources:
        return None
    days = max(max(source.days, -(-source.hours // 24)) for source in sources)
    return LooksBack(days, sorted({source.key for source in sources if source.key}))


def earlier(
    found: Sequence[Mapping[str, Any]] | None, *, on: date, zone: str, at: datetime | None = None
) -> tuple[Earlier, ...]:
    """The rows of EARLIER as days before `on`, the patient's day that is decided about, and as whole minutes before
    `at`, when the answers at hand were due; the latest one first.
    """
    rows = sorted(((datetime.fromisoformat(row["at"]), row) for row in found or ()), key=_due, reverse=True)
    return tuple(_earlier(due, row, on, zone, at, back) for back, (due, row) in enumerate(rows, 1))


def _due(row: tuple[datetime, Mapping[str, Any]]) -> datetime:
    return row[0]


def _earlier(due: datetime, row: Mapping[str, Any], on: date, zone: str, at: datetime | None, back: int) -> Earlier:
    days = (on - clock.local_day(due, zone)).days
    minutes = (at - due) // timedelta(minutes=1) if at else 0
    return Earlier(days, row["answers"], f"{uuid.UUID(row['id'])} {due.isoformat()}", minutes, back)
