"""The driver itself, for the statements of the hot paths: what SQLAlchemy wraps around one costs more than the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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


def one_row(driver: Driver, statement: str, values: Mapping[str, Any]) -> dict[str, Any] | None:
    """The first row of the result, by name; None without one."""
    cursor = driver.execute(statement, values)
    row = cursor.fetchone()
    return None if row is None else dict(zip(_names(statement, cursor), row, strict=True))


def _names(statement: str, cursor: psycopg.Cursor[Any]) -> tuple[str, ...]:
    """The columns of a constant statement, named once in this process and not in each of its rows."""
    found = _columns.get(statement)
    if found is None:
        found = _columns[statement] = tuple(column.name for column in cursor.description or ())
    return found


_columns: dict[str, tuple[str, ...]] = {}


def all_rows(driver: Driver, statement: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return driver.cursor(row_factory=dict_row).execute(statement, values).fetchall()


def on_one_line(statement: str) -> str:
    """The statement without its layout: the driver keeps what it worked out of a text of up to 4,096 characters. For
    constant statements, in whose literals no two blanks stand together.
    """
    return " ".join(statement.split())
