"""One bad row stops nobody: a chunk as one, and row by row when that fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog
from sqlalchemy.orm import Session

Row = TypeVar("Row")
log = structlog.get_logger(__name__)


def each_or_all(session: Session, rows: Sequence[Row], act: Callable[[Sequence[Row]], int], *, job: str) -> int:
    """`act` on all rows in a savepoint, or after a failure on each in one of its own; returns what was done.

    A row that fails is logged by its exception's class, never its message, which could hold a value; it is tried
    again at the next tick.
    """
    if not rows:
        return 0
    try:
        with session.begin_nested():
            return act(rows)
    except Exception as error:  # any row may fail in any way, and the others must not wait for it
        log.warning("chunk_failed", job=job, rows=len(rows), error=type(error).__name__)
    return sum(_alone(session, row, act, job) for row in rows)


def _alone(session: Session, row: Row, act: Callable[[Sequence[Row]], int], job: str) -> int:
    try:
        with session.begin_nested():
            return act([row])
    except Exception as error:
        log.error("row_failed", job=job, error=type(error).__name__)
        return 0
