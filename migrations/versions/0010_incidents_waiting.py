"""How many of an incident wait in each team stands with the incident: every look at the queue asks for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What is open is counted by the next beat of incidents, within seconds."""
    op.add_column(
        "incidents",
        sa.Column("waiting", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("incidents", "waiting")
