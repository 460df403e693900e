"""What the groups of commands share: the application for the length of one command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from records.db import db
from webapp import config, create_app, database


@contextmanager
def application() -> Iterator[Flask]:
    """The application in its context, on a database that answers, for the length of one command."""
    settings = config.read()
    with database.reachable(settings):
        app = create_app(settings)
        with app.app_context():
            try:
                yield app
            finally:
                db.session.remove()
                db.engine.dispose()
