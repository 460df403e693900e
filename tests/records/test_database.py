"""The schema, the two roles, and column types that refuse what must not be written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_migrate import check, downgrade, upgrade
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session

from records import driver
from records.db import Base, engine_options
from records.models import PatientKey, Team
from tests.factories import NOW
from webapp.config import Settings


def test_the_models_and_the_migrations_agree(database: Flask) -> None:
    with database.app_context():
        check()


def test_the_migrations_run_backwards_and_forwards_again(database: Flask) -> None:
    with database.app_context():
        downgrade(revision="base")
        upgrade()
        check()


def test_the_doors_make_nobody_wait_while_every_response_is_read(database: Flask, superuser: sa.Engine) -> None:
    rules = "SELECT count(*) FROM pg_constraint WHERE contype = 'c' AND NOT convalidated"
    with database.app_context(), superuser.connect() as connection:
        downgrade(revision="0005")
        upgrade(revision="0006")
        by_then = connection.scalar(sa.text(rules))
        connection.rollback()
        upgrade()

        assert (by_then, connection.scalar(sa.text(rules))) == (7, 0)


REWRITING = [
    "UPDATE audit_entries SET canonical = ''",
    "DELETE FROM audit_entries",
    "TRUNCATE audit_entries",
    "UPDATE access_entries SET page = ''",
    "DELETE FROM access_entries",
    "TRUNCATE access_entries",
]


@pytest.mark.parametrize("statement", REWRITING)
def test_the_applications_role_cannot_rewrite_the_audit_trail(session: Session, statement: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        session.execute(sa.text(statement))


@pytest.mark.parametrize("statement", REWRITING)
def test_even_a_superuser_meets_the_append_only_trigger(database: Flask, superuser: sa.Engine, statement: str) -> None:
    with superuser.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.execute(sa.text(statement))


@pytest.mark.parametrize("table", ["protocol_versions", "questionnaire_versions"])
def test_the_applications_role_cannot_rewrite_a_version(session: Session, table: str) -> None:
    for statement in (f"UPDATE {table} SET document = '{{}}'", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(DBAPIError, match="permission denied"):
            session.execute(sa.text(statement))
        session.rollback()


def test_the_applications_role_cannot_rewrite_who_wrote_which_step_of_a_draft(session: Session) -> None:
    """Of the steps is told who may not sign what came of them."""
    table = "protocol_draft_edits"
    for statement in (f"UPDATE {table} SET staff_id = 1", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(DBAPIError, match="permission denied"):
            session.execute(sa.text(statement))
        session.rollback()


def test_every_check_of_the_models_stands_in_the_database(session: Session) -> None:
    """Alembic compares tables, columns and indexes, and never a check."""
    checks = (one for table in Base.metadata.tables.values() for one in table.constraints)
    declared = {(one.table.name, str(one.name)) for one in checks if isinstance(one, sa.CheckConstraint)}
    found = session.execute(
        sa.text("SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0")
    )

    assert {tuple(row) for row in found} == declared


def test_a_commit_of_ours_waits_for_the_disk(session: Session) -> None:
    """As the server is set; a connection that asked for less would say so here."""
    asked = "SELECT name FROM pg_settings WHERE source = 'client' AND name IN ('synchronous_commit', 'commit_delay')"

    assert session.scalars(sa.text(asked)).all() == []


def test_a_sealed_column_refuses_bytes_that_nobody_sealed(session: Session) -> None:
    with pytest.raises(StatementError, match="ciphertext"):
        session.execute(sa.insert(PatientKey).values(patient_id=1, wrapped=b"plain", created_at=NOW))


def test_an_error_of_the_database_names_no_parameter(session: Session) -> None:
    with pytest.raises(DBAPIError) as raised:
        session.execute(sa.text("SELECT CAST(:name AS text), 1 / 0"), {"name": "Durand"})

    assert "Durand" not in str(raised.value)


def test_a_naive_instant_is_refused_before_it_reaches_the_database(session: Session) -> None:
    session.add(Team(name="North", created_at=datetime(2026, 11, 21)))  # noqa: DTZ001 - naive on purpose
    with pytest.raises(StatementError, match="time zone"):
        session.flush()


@pytest.fixture
def single(settings: Settings, database: Flask) -> Iterator[sa.Engine]:
    """A pool of one connection, so that the next one lent is the last one given back."""
    assert settings.database_url is not None
    engine = sa.create_engine(settings.database_url, **engine_options(pool_size=1))
    yield engine
    engine.dispose()


PID = sa.text("SELECT pg_backend_pid()")


def test_a_connection_that_the_server_ended_is_replaced_before_anybody_uses_it(
    single: sa.Engine, superuser: sa.Engine
) -> None:
    with single.connect() as lent:
        ended = lent.execute(PID).scalar_one()
    with superuser.connect() as other:
        assert other.execute(sa.text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": ended}).scalar_one()

    with single.connect() as lent:
        assert lent.execute(PID).scalar_one() != ended


def test_a_connection_on_which_the_server_only_said_something_is_kept(single: sa.Engine, superuser: sa.Engine) -> None:
    with single.connect() as lent:
        pid = lent.execute(PID).scalar_one()
        lent.execute(sa.text("LISTEN news"))
        lent.commit()
    with superuser.connect() as other:
        other.execute(sa.text("NOTIFY news"))

    with single.connect() as lent:
        assert lent.execute(PID).scalar_one() == pid


def test_a_statement_that_is_read_once_takes_each_name_in_one_place_and_says_its_columns(session: Session) -> None:
    statement = driver.read_once("""
        SELECT %(b)s::int AS first,   %(a)s::text AS second, %(b)s::int + 1 AS third
        WHERE %(b)s::int > 0
    """)
    line = driver.under(session)

    assert statement.text == "SELECT $1::int AS first, $2::text AS second, $1::int + 1 AS third WHERE $1::int > 0"
    assert driver.one_row(line, statement, {"a": "x", "b": 1, "c": None}) == {"first": 1, "second": "x", "third": 2}
    assert driver.one_row(line, statement, {"a": "x", "b": 0}) is None
    with pytest.raises(KeyError):
        driver.one_row(line, statement, {"a": "x"})
