"""Alembic's environment: our own types rendered by name, and every migration with a lock time-out."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import create_engine, inspect, make_url, pool, text

import notifications.models
import triage.drafting_models
import triage.models
import triage.outcome_models
from migrations import rights
from records.db import Base, Instant, SealedText
from webapp.database import addresses

ROOMS = (notifications.models, triage.models, triage.drafting_models, triage.outcome_models)
TYPES = {Instant: "Instant", SealedText: "SealedText"}


def render_item(kind: str, item: object, autogen_context: object) -> str | bool:
    if kind == "type" and type(item) in TYPES:
        autogen_context.imports.add("from records.db import Instant, SealedText")  # type: ignore[attr-defined]
        return f"{TYPES[type(item)]}()"
    return False


def run() -> None:
    """Migrate as the owner, then restate the application's rights where the two roles differ."""
    known = addresses(current_app.config["VIGIDOM"])
    engine = create_engine(known.owner, poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text("SET lock_timeout = '5s'"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_item=render_item,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        application, owner = make_url(known.application).username, make_url(known.owner).username
        if application and application != owner and inspect(connection).has_table("audit_entries"):
            rights.restate(connection, application)
            connection.commit()


run()
