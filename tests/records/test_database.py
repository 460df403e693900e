"""The schema, the two roles, and column types that refuse what must not be written."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_migrate import check, downgrade, upgrade
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session

from records.models import Team


def test_the_models_and_the_migrations_agree(database: Flask) -> None:
    with database.app_context():
        check()


def test_the_migrations_run_backwards_and_forwards_again(database: Flask) -> None:
    with database.app_context():
        downgrade(revision="base")
        upgrade()
        check()


@pytest.mark.parametrize("statement", ["UPDATE audit_entries SET canonical = ''", "DELETE FROM audit_entries"])
def test_the_applications_role_cannot_rewrite_the_audit_trail(session: Session, statement: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        session.execute(sa.text(statement))


@pytest.mark.parametrize("statement", ["UPDATE audit_entries SET canonical = ''", "DELETE FROM audit_entries"])
def test_even_a_superuser_meets_the_append_only_trigger(database: Flask, superuser: sa.Engine, statement: str) -> None:
    with superuser.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.execute(sa.text(statement))


def test_a_naive_instant_is_refused_before_it_reaches_the_database(session: Session) -> None:
    session.add(Team(name="North", created_at=datetime(2026, 11, 21)))  # noqa: DTZ001 - naive on purpose
    with pytest.raises(StatementError, match="time zone"):
        session.flush()
