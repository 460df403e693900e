"""When each job last ran: read by the health page and the watchdog."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from records.models import Heartbeat


def beat(
    session: Session, *, job: str, now: datetime, took_ms: int, done: int, error: BaseException | None = None
) -> None:
    """A job ran. Of a failure only the exception's class is kept: its text may hold what nobody should read here."""
    row = {"job": job, "beat_at": now, "took_ms": took_ms, "done": done}
    if error is not None:
        row |= {"failed_at": now, "error": type(error).__name__}
    changed = {name: value for name, value in row.items() if name != "job"}
    session.execute(insert(Heartbeat).values(row).on_conflict_do_update(index_elements=[Heartbeat.job], set_=changed))


def last(session: Session, *, job: str) -> datetime | None:
    return session.scalar(select(Heartbeat.beat_at).where(Heartbeat.job == job))


def all_beats(session: Session) -> list[Heartbeat]:
    query = select(Heartbeat).order_by(Heartbeat.job)
    return list(session.scalars(query.execution_options(populate_existing=True)))
