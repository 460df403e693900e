"""The beat of incidents: find, join, settle, count, unfold, fold, end. Any number of workers may run it at once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from triage.incidents import finding, folding, members, raising

CHUNK = 5_000


def run(session: Session, *, now: datetime, limit: int = CHUNK) -> int:
    """Returns how many silences joined and call-backs moved; a chunk that comes back full is followed by another."""
    finding.find(session, now=now)
    ids = members.hold(session)
    joined = members.join(session, ids=ids, now=now, limit=limit) if ids else 0
    if ids:
        raising.tell(session, ids=ids, now=now)
        members.settle(session, ids=ids, now=now)
        members.count(session, ids=ids)
    moved = folding.unfold(session, now=now, limit=limit)
    if ids:
        moved += folding.fold(session, ids=ids, now=now, limit=limit)
        members.end(session, ids=ids, now=now)
    return joined + moved
