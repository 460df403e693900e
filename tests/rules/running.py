"""What the children of a trial do, forked from a process that has loaded the libraries and nothing else of ours."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.rules.telling import TOLD

LIBRARIES = (
    *("alembic.command", "apscheduler.schedulers.background", "argon2", "babel", "cryptography.fernet", "flask_babel"),
    *("flask_migrate", "flask_sqlalchemy", "flask_wtf", "orjson", "pandas", "phonenumbers", "psycopg_pool"),
    *("sqlalchemy.dialects.postgresql.psycopg", "structlog", "twilio.rest", "wtforms", "zxcvbn"),
)
"""Slow to load; none that pytest wants to load itself."""


def load() -> None:
    for name in LIBRARIES:
        importlib.import_module(name)


def _enter(root: Path) -> None:
    """From here on, what is imported comes from the copy."""
    for name in [name for name in sys.modules if name.partition(".")[0] in ("records", "tests")]:
        del sys.modules[name]
    here = str(Path(__file__).parents[2])
    sys.path[:] = [str(root), *(place for place in sys.path if place not in ("", here))]
    os.environ["PYTHONPATH"] = str(root)
    os.chdir(root)
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)


def tests(root: Path, names: list[str], told: Path, database: str) -> None:
    """Run `names` in the copy `root`, on a database of their own on the server of `database`; `told` says the rest."""
    _enter(root)
    os.environ |= {"TEST_DATABASE_URL": database, "CI": "1", TOLD: str(told)}
    options = ["-p", "tests.rules.telling", "--timeout=100", "--tb=no", f"--basetemp={root.parent / 'pytest'}"]
    pytest.main([*options, *names])


def migrate(root: Path, database: str) -> None:
    """Have every new database on that server begin with the schema."""
    _enter(root)
    from flask_migrate import upgrade

    from records import embedded
    from webapp import config, create_app

    template = sa.make_url(database).set(database="template1")
    engine = sa.create_engine(template, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text(f"ALTER DATABASE template1 OWNER TO {embedded.OWNER}"))
    roles = {"DATABASE_URL": embedded.APPLICATION, "MIGRATION_DATABASE_URL": embedded.OWNER}
    settings = {name: template.set(username=role).render_as_string(False) for name, role in roles.items()}
    with create_app(config.read(settings | {"VIGIDOM_DATA": str(root.parent / "keys" / "data")})).app_context():
        upgrade()
