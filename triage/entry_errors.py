"""How often an answer turned out to be mistaken, question by question, and with the instructions opened or not.

Counted are the answers of a programme that came in on some days. Mistaken are those whose alert was closed as an entry
error and which made a rule fire, or were in doubt. An answer that stands in several such alerts counts once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from records import clock
from records.models import Programme
from triage import protocols
from triage.assess import Reason
from triage.documents import Document, facts_in_use
from triage.facts import TRENDS, SourceKind
from triage.wording import true_leaves
from triage.worth.intervals import Share

AT_HAND = (SourceKind.ANSWER, *TRENDS)
"""Facts that the answers at hand are part of; what was answered before was not mistaken now."""

# By the index of the hours of assessment, which are those of receiving to the instant.
WHICH = """
    assessments s JOIN responses r ON r.id = s.response_id JOIN enrolments e ON e.id = s.enrolment_id
    JOIN patients p ON p.id = e.patient_id
    WHERE s.assessed_at >= :begins AND s.assessed_at < :ends AND e.programme_id = :programme
      AND p.rehearsal = :rehearsal
"""

ANSWERED = text(f"""
    SELECT asked.link_id, asked.seen, count(*) AS answers FROM (
        SELECT q.link_id, CASE WHEN r.how_to IS NOT NULL THEN r.how_to ? q.link_id END AS seen
        FROM unnest(CAST(:questions AS text[])) q (link_id), {WHICH}
          AND r.answers -> q.link_id -> 0 IS NOT NULL AND NOT r.answers -> q.link_id -> 0 ? 'absent'
    ) asked GROUP BY asked.link_id, asked.seen
""")  # noqa: S608 - constant text, every value is a parameter

MISTAKEN = text(f"""
    SELECT s.explanation, s.protocol_version_id, v.digest, r.how_to, r.answers
    FROM protocol_versions v, {WHICH} AND v.id = s.protocol_version_id AND EXISTS (
        SELECT FROM alerts a JOIN dispositions d ON d.id = a.disposition_id
        WHERE a.assessment_id = s.id AND d.kind = 'entry-error')
""")  # noqa: S608 - constant text, every value is a parameter


@dataclass(frozen=True, slots=True)
class Question:
    """Mistaken answers to one question: of all, of those before which its instructions were opened, of those before
    which they were not, and of those of doors that cannot tell.
    """

    link_id: str
    all: Share
    seen: Share
    unseen: Share
    unknown: Share


def measure(
    session: Session, *, programme: Programme, document: Document, first: date, last: date, rehearsal: bool
) -> list[Question]:
    """Every question that the rules of `document` read, and any other that was mistaken, in their order. Days are the
    centre's. Two statements; of the mistaken answers one row each.
    """
    values: dict[str, Any] = {"programme": programme.id, "rehearsal": rehearsal}
    values["begins"] = clock.instant(first, time(0), programme.zone)
    values["ends"] = clock.instant(last + timedelta(days=1), time(0), programme.zone)
    mistaken = _mistaken(session, values)
    known = [fact.source.key for fact in document.facts if fact.source.kind is SourceKind.ANSWER]
    questions = list(dict.fromkeys([*known, *sorted({link_id for link_id, _ in mistaken})]))
    answered = _answered(session, {**values, "questions": questions})
    return [_question(link_id, mistaken, answered) for link_id in questions]


Counts = dict[tuple[str, bool | None], int]


def _question(link_id: str, mistaken: Counts, answered: Counts) -> Question:
    parts = [Share(mistaken.get((link_id, seen), 0), answered.get((link_id, seen), 0)) for seen in (True, False, None)]
    everything = Share(sum(share.part for share in parts), sum(share.whole for share in parts))
    return Question(link_id, everything, *parts)


def _answered(session: Session, values: Mapping[str, Any]) -> Counts:
    return {(row.link_id, row.seen): row.answers for row in session.execute(ANSWERED, values)}


def _mistaken(session: Session, values: Mapping[str, Any]) -> Counts:
    counts: Counts = {}
    for row in session.execute(MISTAKEN, values, execution_options={"yield_per": 500}):
        protocol = protocols.compiled(session, version_id=row.protocol_version_id, digest=row.digest)
        for link_id in questions_of(protocol.document, row.explanation):
            if not is_answer(row.answers.get(link_id)):
                continue  # what was not answered was not mistaken
            seen = None if row.how_to is None else link_id in row.how_to
            counts[link_id, seen] = counts.get((link_id, seen), 0) + 1
    return counts


def is_answer(values: Any) -> bool:
    return bool(values) and "absent" not in values[0]


def questions_of(document: Document, explanation: Mapping[str, Any]) -> set[str]:
    """The questions whose answers made a rule of this assessment fire, or were in doubt."""
    asked = {fact.name: fact.source.key for fact in facts_in_use(document) if fact.source.kind in AT_HAND}
    return {asked[name] for name in _facts(explanation) if name in asked}


def _facts(explanation: Mapping[str, Any]) -> Iterator[str]:
    for entry in explanation["rules"]:
        if entry["outcome"] is True:
            yield from (leaf["fact"] for leaf in true_leaves(entry["when"]))
    for doubt in explanation["doubts"]:
        if doubt["reason"] in (Reason.IMPLAUSIBLE, Reason.UNREADABLE):
            yield doubt["subject"]
