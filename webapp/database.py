"""Where the database is, and an embedded one when none is given."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from records import embedded
from webapp.config import Settings


def addresses(settings: Settings) -> embedded.Addresses:
    """The database set, or the embedded one of the data folder."""
    if settings.database_url:
        owner = settings.migration_database_url or settings.database_url
        return embedded.Addresses(owner=owner, application=settings.database_url)
    return embedded.addresses(settings.data)


@contextmanager
def reachable(settings: Settings) -> Iterator[embedded.Server | None]:
    """A database that answers for the length of a command: the one set, the one already running, or our own child.

    Gives the embedded server, started or not; None for a database that was set.
    """
    if settings.database_url:
        yield None
        return
    server = embedded.Server(settings.data)
    if not _answers(settings.data):
        server.start()
    try:
        yield server
    finally:
        server.stop()


def _answers(folder: Path) -> bool:
    """Whether a server of `folder` runs and answers. One that is just starting or ending is waited for."""
    dsn = f"host={embedded.socket_folder(folder)} user={embedded.APPLICATION} dbname={embedded.DATABASE}"
    deadline = time.monotonic() + embedded.START_LIMIT_SECONDS
    while embedded.is_running(folder):
        try:
            psycopg.connect(dsn, connect_timeout=5).close()
            return True
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise embedded.ServerFailed(f"the database of {folder} does not answer: see its log") from None
            time.sleep(0.1)
    return False
