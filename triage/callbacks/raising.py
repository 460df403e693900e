"""Putting reasons to call into the queue: each key once, one open call-back per enrolment."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy.orm import Session

from records.models import Enrolment
from triage.intake_writing import CALLBACK_WORSENS
from triage.levels import Level
from triage.models import AlertKind
from triage.targets import due_at as target

# Enrolments in order, so that two workers with overlapping chunks wait for each other instead of deadlocking.
RAISE = f"""
    WITH given AS (
        SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (
            key text, enrolment_id bigint, team_id bigint, kind text, rank smallint, reasons jsonb,
            due_at timestamptz, checkin_id bigint, assessment_id bigint, for_physician boolean, cause text)
    ), fresh AS (
        SELECT given.* FROM given WHERE NOT EXISTS (SELECT 1 FROM alerts a WHERE a.key = given.key)
    ), worst AS (
        SELECT DISTINCT ON (enrolment_id) enrolment_id, team_id, rank, due_at,
            bool_or(for_physician) OVER (PARTITION BY enrolment_id) AS for_physician
        FROM fresh ORDER BY enrolment_id, rank DESC, due_at
    ), callback AS (
        INSERT INTO callbacks AS known (enrolment_id, team_id, rank, opened_at, due_at, for_physician)
        SELECT enrolment_id, team_id, rank, %(now)s::timestamptz, due_at, for_physician FROM worst
        {CALLBACK_WORSENS}
        RETURNING id, enrolment_id
    ), raised AS (
        INSERT INTO alerts (key, enrolment_id, callback_id, kind, rank, assessment_id, checkin_id, reasons, raised_at,
            due_at, cause)
        SELECT fresh.key, fresh.enrolment_id, callback.id, fresh.kind, fresh.rank, fresh.assessment_id,
            fresh.checkin_id, fresh.reasons, %(now)s::timestamptz, fresh.due_at, fresh.cause
        FROM fresh JOIN callback ON callback.enrolment_id = fresh.enrolment_id
        ON CONFLICT (key) DO NOTHING
        RETURNING 1
    )
    SELECT count(*) FROM raised
"""  # noqa: S608 - constant fragments, every value is a parameter


@dataclass(frozen=True, slots=True)
class Raise:
    """One alert to raise. `key` is deterministic, so that raising it again is a no-op."""

    key: str
    enrolment_id: int
    team_id: int
    kind: AlertKind
    rank: Level
    reasons: Sequence[Mapping[str, Any]]
    due_at: datetime
    checkin_id: int | None = None
    assessment_id: int | None = None
    for_physician: bool = False
    cause: str | None = None

    def row(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "enrolment_id": self.enrolment_id,
            "team_id": self.team_id,
            "kind": self.kind.value,
            "rank": int(self.rank),
            "reasons": list(self.reasons),
            "due_at": self.due_at.isoformat(),
            "checkin_id": self.checkin_id,
            "assessment_id": self.assessment_id,
            "for_physician": self.for_physician,
            "cause": self.cause,
        }


def raise_alerts(session: Session, *, alerts: Sequence[Raise], now: datetime) -> int:
    """One statement for any number of alerts; returns how many did not stand already."""
    if not alerts:
        return 0
    rows = orjson.dumps([alert.row() for alert in alerts]).decode()
    found = session.connection().exec_driver_sql(RAISE, {"rows": rows, "now": now})
    return int(found.scalar_one())


def raise_alert(
    session: Session,
    *,
    enrolment: Enrolment,
    kind: AlertKind,
    rank: Level,
    key: str,
    reasons: Sequence[Mapping[str, Any]],
    now: datetime,
    due_at: datetime | None = None,
    checkin_id: int | None = None,
    assessment_id: int | None = None,
    for_physician: bool = False,
) -> bool:
    """False when that key stands already, open or dealt with. Without `due_at` the programme's target counts."""
    alert = Raise(
        key=key,
        enrolment_id=enrolment.id,
        team_id=enrolment.team_id,
        kind=kind,
        rank=rank,
        reasons=reasons,
        due_at=due_at or target(enrolment.programme, rank, now),
        checkin_id=checkin_id,
        assessment_id=assessment_id,
        for_physician=for_physician,
    )
    return raise_alerts(session, alerts=[alert], now=now) == 1


def key_of(kind: AlertKind, *parts: uuid.UUID | str | int) -> str:
    return ":".join([kind.value, *(str(part) for part in parts)])
