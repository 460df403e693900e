"""Where the database is, and an embedded one when none is given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from records import embedded
from webapp.config import Settings


def addresses(settings: Settings) -> embedded.Addresses:
    """The database set, or the embedded one of the data folder."""
    if settings.database_url:
        owner = settings.migration_database_url or settings.database_url
        return embedded.Addresses(owner=owner, application=settings.database_url)
    return embedded.addresses(settings.data)


@contextmanager
def reachable(settings: Settings) -> Iterator[embedded.Addresses]:
    """A database that answers for the length of a command: the one set, the one already running, or our own child."""
    if settings.database_url or embedded.is_running(settings.data):
        yield addresses(settings)
        return
    server = embedded.Server(settings.data)
    server.start()
    try:
        yield addresses(settings)
    finally:
        server.stop()
