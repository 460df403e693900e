"""What the application's role may do: everything but change or remove the audit trail, the access log, who wrote which
step of a draft, and what a version of a protocol or a questionnaire says.
"""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

APPEND_ONLY = ("audit_entries", "access_entries", "protocol_draft_edits", "callback_events", "moved_answers")
SIGNABLE = {
    "protocol_versions": ("status", "signed_at", "signed_by_id", "withdrawn_at", "withdrawn_by_id"),
    "questionnaire_versions": ("status", "published_at", "published_by_id"),
}
"""What may still be written to a version; all else is as it was drafted."""


def restate(connection: Connection, role: str) -> None:
    """Grant `role` its rights anew; called after every migration, so that a new table is never forgotten."""
    quoted = connection.dialect.identifier_preparer.quote(role)
    connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {quoted}"))
    connection.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}"))
    connection.execute(text(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}"))
    known = inspect(connection).get_table_names()
    for table in (one for one in APPEND_ONLY if one in known):  # a downgrade takes some away
        connection.execute(text(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {quoted}"))
    for table, columns in SIGNABLE.items():
        there = {column["name"] for column in inspect(connection).get_columns(table)}  # a downgrade takes some away
        writable = ", ".join(column for column in columns if column in there)
        connection.execute(text(f"REVOKE UPDATE, DELETE ON {table} FROM {quoted}"))
        connection.execute(text(f"GRANT UPDATE ({writable}) ON {table} TO {quoted}"))
    connection.execute(text(f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {quoted}"))
