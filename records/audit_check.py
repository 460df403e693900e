"""Walking the audit trail: finds a changed, removed or reordered row."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import orjson
from sqlalchemy import Select, and_, exists, select
from sqlalchemy.orm import Session

from records.audit import Subject
from records.models import AuditEntry, AuditHead
from records.refusals import Sentence

ZERO = bytes(32)
CHANGED = Sentence("this entry was changed or moved: its seal does not fit")
MISSING = Sentence("this entry is missing")
HEAD = Sentence("the end of the chain does not fit its last entry: entries were removed or added at the end")
HEADLESS = Sentence("the chain has entries but no head")


@dataclass(frozen=True)
class Problem:
    subject: Subject
    number: int
    what: Sentence


@dataclass(frozen=True)
class Verification:
    """How many chains and entries were walked, and every problem found; whole when there is none."""

    chains: int
    entries: int
    problems: list[Problem]


def verify(session: Session, *, subject: Subject | None = None) -> Verification:
    """Recompute the chain of `subject`, or every chain; rows are streamed, so the size of the trail does not matter."""
    rows = session.execute(_walk(subject)).yield_per(1000)
    chains = entries = 0
    problems: list[Problem] = []
    for key, chain in groupby(rows, key=lambda row: (row.subject_kind, row.subject_id)):
        length, found = _check_chain(key, chain)
        chains, entries = chains + 1, entries + length
        problems += found
    for head in session.execute(_empty_heads(subject)):
        chains += 1
        problems.append(Problem((head.subject_kind, head.subject_id), 1, MISSING))
    return Verification(chains, entries, problems)


def _walk(subject: Subject | None) -> Select[*tuple[Any, ...]]:
    """Entries in order, each with its chain's head: one statement, so that an act in the meantime confuses nothing."""
    same = and_(AuditHead.subject_kind == AuditEntry.subject_kind, AuditHead.subject_id == AuditEntry.subject_id)
    query = (
        select(
            AuditEntry.subject_kind,
            AuditEntry.subject_id,
            AuditEntry.number,
            AuditEntry.at,
            AuditEntry.canonical,
            AuditEntry.hash,
            AuditHead.length.label("head_length"),
            AuditHead.hash.label("head_hash"),
        )
        .outerjoin(AuditHead, same)
        .order_by(AuditEntry.subject_kind, AuditEntry.subject_id, AuditEntry.number)
    )
    if subject is not None:
        query = query.where(AuditEntry.subject_kind == subject[0], AuditEntry.subject_id == subject[1])
    return query


def _empty_heads(subject: Subject | None) -> Select[*tuple[Any, ...]]:
    same = and_(AuditEntry.subject_kind == AuditHead.subject_kind, AuditEntry.subject_id == AuditHead.subject_id)
    query = select(AuditHead.subject_kind, AuditHead.subject_id).where(~exists().where(same))
    if subject is not None:
        query = query.where(AuditHead.subject_kind == subject[0], AuditHead.subject_id == subject[1])
    return query


def _check_chain(subject: Subject, rows: Iterable[Any]) -> tuple[int, list[Problem]]:
    """After a problem the walk goes on from the stored hash, so that one forged row is one problem, not hundreds."""
    problems: list[Problem] = []
    number, previous, length, last = 0, ZERO, 0, None
    for row in rows:
        problems += [Problem(subject, absent, MISSING) for absent in range(number + 1, row.number)]
        follows = row.number == number + 1
        if not _tells_its_place(row) or (follows and _hash(previous, row) != row.hash):
            problems.append(Problem(subject, row.number, CHANGED))
        number, previous, length, last = row.number, row.hash, length + 1, row
    if last is not None and last.head_hash is None:
        problems.append(Problem(subject, number, HEADLESS))
    elif last is not None and (last.head_length, last.head_hash) != (number, previous):
        problems.append(Problem(subject, number, HEAD))
    return length, problems


def _hash(previous: bytes, row: Any) -> bytes:
    return hashlib.sha256(previous + int(row.number).to_bytes(8, "big", signed=True) + row.canonical).digest()


def _tells_its_place(row: Any) -> bool:
    """Whether the hashed bytes name the same subject and instant as the columns beside them."""
    try:
        document = orjson.loads(row.canonical)
        told = (document["subject"]["kind"], document["subject"]["id"], datetime.fromisoformat(document["at"]))
    except (ValueError, KeyError, TypeError):
        return False
    return told == (row.subject_kind, str(row.subject_id), row.at.astimezone(UTC))
