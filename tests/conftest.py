"""A real PostgreSQL for the whole run, migrated for real, and emptied after every test that used it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy.orm import Session

from records import embedded
from records.db import Base, db, engine_options
from webapp import config, create_app, logs

# A slow machine is no fault of the code; in CI the same examples are drawn every time.
hypothesis.settings.register_profile("house", deadline=None, print_blob=True, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("house")
logs.configure()  # as every process does; the library's own format takes seconds to draw one exception
os.environ.setdefault("TZ", "Pacific/Noumea")  # nothing may depend on the machine's own zone


@pytest.fixture(scope="session")
def cluster() -> Iterator[embedded.Addresses]:
    """The embedded server, or the one of TEST_DATABASE_URL: a superuser's address, with no password asked of roles."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield from _database_of(sa.make_url(given))
        return
    with tempfile.TemporaryDirectory(prefix="vigidom-tests-") as folder:
        Path(folder).chmod(0o755)  # the server's unprivileged user has to enter; pytest's own folders are closed
        server = embedded.Server(Path(folder) / "data", durable=False)
        yield server.start()
        server.stop()


def _database_of(superuser: sa.URL) -> Iterator[embedded.Addresses]:
    """A database of this process on a server that runs already, with the two roles of production."""
    name = f"vigidom_test_{os.getpid()}"
    engine = sa.create_engine(superuser, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        known = set(connection.scalars(sa.text("SELECT rolname FROM pg_roles")))
        for role in {embedded.OWNER, embedded.APPLICATION} - known:
            connection.execute(sa.text(f"CREATE ROLE {role} LOGIN"))
        connection.execute(sa.text(f"CREATE DATABASE {name} OWNER {embedded.OWNER}"))
    roles = (superuser.set(username=role, database=name) for role in (embedded.OWNER, embedded.APPLICATION))
    yield embedded.Addresses(*(role.render_as_string(hide_password=False) for role in roles))
    with engine.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def settings(cluster: embedded.Addresses, tmp_path_factory: pytest.TempPathFactory) -> config.Settings:
    keys = tmp_path_factory.mktemp("keys")
    return config.read(
        {
            "DATABASE_URL": cluster.application,
            "MIGRATION_DATABASE_URL": cluster.owner,
            "VIGIDOM_DATA": str(keys / "data"),
            "VIGIDOM_PUBLIC_URL": "http://localhost",
        }
    )


@pytest.fixture(scope="session")
def migrated_app(settings: config.Settings) -> Iterator[Flask]:
    app = create_app(settings)
    app.config.update(TESTING=True)
    with app.app_context():
        upgrade()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def superuser(cluster: embedded.Addresses) -> Iterator[sa.Engine]:
    address = cluster.owner.replace(f"{embedded.OWNER}@", "postgres@")
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    yield engine
    engine.dispose()


@pytest.fixture
def database(migrated_app: Flask, superuser: sa.Engine) -> Iterator[Flask]:
    """The migrated application with an empty database, emptied again afterwards. Rows are deleted where there are any:
    truncating every table takes four times as long.
    """
    yield migrated_app
    names = [table.name for table in Base.metadata.sorted_tables]
    filled = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in names)
    with superuser.connect() as connection:
        deletes = [f"DELETE FROM {name}" for name in connection.scalars(sa.text(filled))]
        connection.execute(sa.text(";".join(["SET session_replication_role = replica", *deletes])))


@pytest.fixture
def app(database: Flask) -> Flask:
    return database


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's fixture, whose shared context makes an uncommitted insert look saved."""


@pytest.fixture(scope="session")
def engine(migrated_app: Flask, settings: config.Settings) -> Iterator[sa.Engine]:
    """A second way into the database, apart from the application's, as the application's role."""
    assert settings.database_url is not None
    engine = sa.create_engine(settings.database_url, **engine_options(application_name="tests"))
    yield engine
    engine.dispose()


@pytest.fixture
def session(database: Flask, engine: sa.Engine) -> Iterator[Session]:
    """A session of its own: what it reads was committed by somebody, what it writes must be committed to be seen."""
    with Session(engine, expire_on_commit=True) as session:
        yield session
