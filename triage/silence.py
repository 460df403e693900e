"""What the protocol says of a silence: the same rules, limits and explanation as for an answer, from what is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from triage import history, protocols, reasons
from triage.assess import Assessment, Occasion, assess
from triage.facts import gather
from triage.levels import Level
from triage.situation import Situation, inputs, situation

NOW = "%(now)s::timestamptz"

OF_ENROLMENT = f"""
    SELECT {history.PATIENT}, {history.MISSED.format(until=NOW)}, {history.FAILED_CALLS},
           {history.OWN_LIMITS.format(now=NOW)}
    FROM enrolments e {history.JOINED}
    {history.IN_FORCE.format(now=NOW)}
    {history.PREVIOUS.format(before=NOW)}
    WHERE e.id = %(enrolment_id)s
"""  # noqa: S608 - constant fragments, every value is a parameter


@dataclass(frozen=True, slots=True)
class Verdict:
    """How urgent a silence is and why. Without a protocol in force it is urgent: what is not known is never calm."""

    level: Level
    fired: frozenset[str]
    reasons: list[dict[str, Any]]


def situation_of(session: Session, *, enrolment_id: int, now: datetime) -> Situation:
    row: Any = session.connection().exec_driver_sql(OF_ENROLMENT, {"enrolment_id": enrolment_id, "now": now})
    return situation(row.mappings().one())


def judge(session: Session, known: Situation, *, on: date, code: str) -> Verdict:
    """Assess a silence about local day `on`; `code` says what happened, and carries what re-living it needs."""
    if known.protocol_id is None or known.protocol_digest is None:
        return Verdict(Level.SILENT_URGENT, frozenset(), [reasons.from_code(code)])
    protocol = protocols.compiled(session, version_id=known.protocol_id, digest=known.protocol_digest)
    given = inputs(known, protocol, answers={}, on=on)
    found = assess(
        protocol, gather(protocol.facts.values(), given), own_limits=known.own_limits, occasion=Occasion.SILENCE
    )
    told = reasons.from_assessment(protocol.document, found)
    return Verdict(found.level, frozenset(found.fired), [_explained(code, found), *told])


def _explained(code: str, found: Assessment) -> dict[str, Any]:
    return {
        **reasons.from_code(code),
        "assessed": {"facts": found.facts, "own_limits": found.own_limits, "explanation": found.explanation},
    }
