"""A text of which the provider never says how it ended has an end of its own, and is found by when to ask next."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KNOWN = "queued claimed sending unknown accepted sent {new}delivered undelivered refused expired dropped unknown-final"


def upgrade() -> None:
    _allow(KNOWN.format(new="unreported "))
    silent = sa.text("status IN ('accepted', 'sent')")
    op.create_index("ix_messages_silent", "messages", ["next_try_at"], postgresql_where=silent)


def downgrade() -> None:
    op.drop_index("ix_messages_silent", table_name="messages")
    op.execute("UPDATE messages SET status = 'sent' WHERE status = 'unreported'")
    _allow(KNOWN.format(new=""))


def _allow(statuses: str) -> None:
    known = ", ".join(f"'{status}'" for status in statuses.split())
    op.drop_constraint(op.f("ck_messages_status_known"), "messages")
    op.create_check_constraint(op.f("ck_messages_status_known"), "messages", f"status IN ({known})")
