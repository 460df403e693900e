"""What the application's role may do: everything but change or remove the audit trail and the access log."""

from __future__ import annotations

from sqlalchemy import Connection, text

APPEND_ONLY = ("audit_entries", "access_entries")


def restate(connection: Connection, role: str) -> None:
    """Grant `role` its rights anew; called after every migration, so that a new table is never forgotten."""
    quoted = connection.dialect.identifier_preparer.quote(role)
    connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {quoted}"))
    connection.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}"))
    connection.execute(text(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}"))
    for table in APPEND_ONLY:
        connection.execute(text(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {quoted}"))
    connection.execute(text(f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {quoted}"))
