"""The driver itself, for the statements of the hot paths: what SQLAlchemy wraps around one costs more than the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from threading import BoundedSemaphore
from typing import Any

import psycopg
from psycopg.rows import dict_row
from sqlalchemy import Engine, QueuePool, exc
from sqlalchemy.orm import Session

from records.db import db

Driver = psycopg.Connection[Any]


WAIT_SECONDS = 10


@contextmanager
def single_statements() -> Iterator[Driver]:
    """A connection of the application's own pool on which each statement is a transaction: on disk when it returns.

    Whoever has one may need the session's beside it. So never all of the pool are lent like this, or threads that each
    have their first would wait for a second that nobody gives back. Raises sqlalchemy.exc.TimeoutError.
    """
    engine = db.engine
    places = _places(engine)
    if not places.acquire(timeout=WAIT_SECONDS):
        raise exc.TimeoutError(f"no connection within {WAIT_SECONDS} s")
    try:
        yield from _lent(engine)
    finally:
        places.release()


@lru_cache
def _places(engine: Engine) -> BoundedSemaphore:
    """As many as the pool keeps; what it may make beyond that is for the sessions."""
    assert isinstance(engine.pool, QueuePool)
    return BoundedSemaphore(engine.pool.size())


def _lent(engine: Engine) -> Iterator[Driver]:
    lent = engine.raw_connection()
    driver = lent.driver_connection
    assert isinstance(driver, psycopg.Connection)
    try:
        driver.autocommit = True
        yield driver
        driver.autocommit = False
    except BaseException:
        lent.invalidate()
        raise
    finally:
        lent.close()


def under(session: Session) -> Driver:
    """The connection that the session's transaction uses; what it does is part of that transaction."""
    driver = session.connection().connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


@dataclass(frozen=True, slots=True)
class Statement:
    """A constant statement as the server takes it, `$1` for the first of `names`. Of a text beyond 4,096 characters
    the driver would look for each `%(name)s` anew at each sending.
    """

    text: str
    names: tuple[str, ...]
    columns: list[str] = field(default_factory=list, compare=False)
    """Those of its result, named once in this process and not in each of its rows."""


def read_once(statement: str) -> Statement:
    """The statement without its layout; in its literals no two blanks may stand together, and no percent sign."""
    names: dict[str, int] = {}

    def place(found: re.Match[str]) -> str:
        return f"${names.setdefault(found[1], len(names) + 1)}"

    return Statement(PLACE.sub(place, " ".join(statement.split())), tuple(names))


PLACE = re.compile(r"%\((\w+)\)s")


def one_row(driver: Driver, statement: Statement, values: Mapping[str, Any]) -> dict[str, Any] | None:
    """The first row of the result, by name; None without one."""
    cursor: psycopg.Cursor[Any] = _raw(driver.cursor_factory)(driver)
    row = cursor.execute(statement.text, [values[name] for name in statement.names]).fetchone()
    if not statement.columns:
        statement.columns[:] = [column.name for column in cursor.description or ()]
    return None if row is None else dict(zip(statement.columns, row, strict=True))


def _raw(kind: Any) -> Any:
    """The connection's own kind of cursor, for statements that need no reading."""
    made = _kinds.get(kind)
    if made is None:
        made = _kinds[kind] = type("RawCursor", (psycopg.RawCursor, kind), {})
    return made


_kinds: dict[Any, Any] = {}


def each_row(driver: Driver, statement: Statement, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All rows of the result, by name."""
    cursor: psycopg.Cursor[Any] = _raw(driver.cursor_factory)(driver)
    rows = cursor.execute(statement.text, [values[name] for name in statement.names]).fetchall()
    if not statement.columns:
        statement.columns[:] = [column.name for column in cursor.description or ()]
    columns = statement.columns
    return [dict(zip(columns, row, strict=True)) for row in rows]


def plan_once(driver: Driver) -> None:
    """Until the transaction ends, a prepared statement is planned once for all its values. For large ones that run
    often and go by an index whatever the values: planning the queue's anew takes longer than reading it.
    """
    driver.execute("SET LOCAL plan_cache_mode = force_generic_plan")


def all_rows(driver: Driver, statement: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return driver.cursor(row_factory=dict_row).execute(statement, values).fetchall()
