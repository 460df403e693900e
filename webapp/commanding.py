"""What the groups of commands share: the application for the length of one command, and who gives the command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import Flask

from records import clock, staff, texts
from records.db import db
from records.models import Staff
from webapp import config, create_app, database, permissions

HERE = "command line"
"""Stands in the audit trail where a browser's address would."""


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


def acting(email: str, permission: str) -> Staff:
    """The person who gives the command, proved by their own password: whoever has the server is nobody by that alone.

    Tries count towards the same caps as those in a browser, and the audit trail has both. Raises ClickException.
    """
    password = click.prompt("Password", hide_input=True, err=True)
    now = clock.now()
    found = staff.sign_in(db.session, email=email, password=password, from_address=HERE, now=now)
    if isinstance(found, staff.SignInRefused):
        db.session.commit()
        raise click.ClickException(found.reason.text(texts.translator(texts.SOURCE)))
    session, _ = found
    staff.sign_out(db.session, staff_session=session, from_address=HERE, now=now)
    db.session.commit()
    person = session.staff
    if not permissions.allows(person.role, permission):
        raise click.ClickException(f"{person.name} ({person.role}) may not do this: it needs {permission}")
    return person
