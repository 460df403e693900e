"""Every assessment is lived again once, from what it stored, and must come out the same (invariant 6).

What comes out differently was changed after the fact, or is judged by other code than before: both are found here and
neither is mended, for nobody may rewrite what was once said of a patient.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import func, not_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from records.models import Enrolment
from triage import protocols
from triage.assess import reassess
from triage.models import Assessment

log = structlog.get_logger(__name__)

CHUNK = 500

UNLIVED = """
    SELECT a.id, a.public_id, a.protocol_version_id, v.digest, a.level, a.call_15, a.facts, a.limits, a.explanation
    FROM (SELECT * FROM assessments WHERE relived_at IS NULL ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED) a
    JOIN protocol_versions v ON v.id = a.protocol_version_id
    ORDER BY a.id
"""

LIVED = """
    UPDATE assessments SET relived_at = %(now)s, relived_same = id <> ALL(%(differing)s::bigint[])
    WHERE id = ANY(%(ids)s::bigint[])
"""


def relive(session: Session, *, now: datetime, limit: int = CHUNK) -> int:
    """Live up to `limit` assessments again, the oldest first; returns how many. One that cannot be lived again at all
    counts as differing. Differing ones are logged by their public ids.
    """
    rows: Sequence[Any] = session.connection().exec_driver_sql(UNLIVED, {"limit": limit}).mappings().all()
    if not rows:
        return 0
    differing = [row for row in rows if not _is_same(session, row)]
    if differing:
        log.error("assessments_differ", assessments=[str(row["public_id"]) for row in differing])
    ids = {"ids": [row["id"] for row in rows], "differing": [row["id"] for row in differing]}
    session.connection().exec_driver_sql(LIVED, {"now": now, **ids})
    return len(rows)


def count_differing(session: Session) -> int:
    """How many came out differently, ever."""
    differs = not_(Assessment.relived_same)  # as its index says it; "is false" would read every assessment
    return session.scalars(select(func.count()).where(differs)).one()


def differing_ones(session: Session, *, limit: int) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Public ids of the newest `limit` that came out differently, each with that of its enrolment."""
    found = select(Assessment.public_id, Enrolment.public_id).join(Enrolment, Enrolment.id == Assessment.enrolment_id)
    rows = session.execute(found.where(~Assessment.relived_same).order_by(Assessment.id.desc()).limit(limit))
    return [(assessment, enrolment) for assessment, enrolment in rows]


def is_same_today(session: Session, assessment: Assessment, digest: bytes) -> bool:
    """Whether one assessment, by the version of that digest, comes out the same now. Marks nothing as lived again."""
    names = ("public_id", "protocol_version_id", "level", "call_15", "facts", "limits", "explanation")
    return _is_same(session, {"digest": digest, **{name: getattr(assessment, name) for name in names}})


def _is_same(session: Session, row: Mapping[str, Any]) -> bool:
    """A database that does not answer says nothing about the assessment: that error ends the beat instead."""
    try:
        protocol = protocols.compiled(session, version_id=row["protocol_version_id"], digest=row["digest"])
        occasion = row["explanation"]["occasion"]
        again = reassess(protocol, facts=row["facts"], own_limits=row["limits"], occasion=occasion).to_json()
    except SQLAlchemyError:
        raise
    except Exception as error:  # whatever was done to what is stored, the others are lived again all the same
        log.error("assessment_cannot_be_relived", assessment=str(row["public_id"]), error=type(error).__name__)
        return False
    stored = {name: row[name] for name in ("level", "call_15", "facts", "explanation")}
    return again == {**stored, "own_limits": row["limits"]}
