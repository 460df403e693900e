"""What reaches the driver, whichever way: SQLAlchemy's own events do not see what a hot path sends without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import Session

from records import driver

Hear = Callable[[str], object]


def cursors(before: Hear, after: Hear = lambda _: None) -> type[psycopg.Cursor[Any]]:
    """Cursors that tell of every statement, before and after."""

    class Telling(psycopg.Cursor[Any]):
        def execute(self, query: Any, *given: Any, **options: Any) -> Any:
            before(str(query))
            done = super().execute(query, *given, **options)
            after(str(query))
            return done

        def executemany(self, query: Any, *given: Any, **options: Any) -> Any:
            before(str(query))
            done = super().executemany(query, *given, **options)
            after(str(query))
            return done

    return Telling


@contextmanager
def counted(bind: sa.Engine | Session) -> Iterator[list[str]]:
    """The statements sent inside the block by connections lent inside it, and by the one that a session holds."""
    seen: list[str] = []
    lent: list[psycopg.Connection[Any]] = [driver.under(bind)] if isinstance(bind, Session) else []
    telling = cursors(seen.append)

    def lend(connection: psycopg.Connection[Any], *_: object) -> None:
        lent.append(connection)
        connection.cursor_factory = telling

    for connection in lent:
        connection.cursor_factory = telling
    engine = bind.get_bind() if isinstance(bind, Session) else bind
    sa.event.listen(engine, "checkout", lend)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "checkout", lend)
        for connection in lent:
            connection.cursor_factory = psycopg.Cursor
