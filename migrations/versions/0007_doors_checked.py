"""What stood there before 0006 keeps its rules too: looked at in a transaction of its own, under a lock that stops nobody
from reading or writing.
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

RULES = (
    *(("responses", "door"), ("responses", "informant"), ("alerts", "kind"), ("enrolments", "answers_by")),
    *(("patient_sessions", "entered_by"), ("messages", "purpose"), ("programmes", "day_zero")),
)


def upgrade() -> None:
    for table, column in RULES:
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_{column}_known")


def downgrade() -> None:
    """Nothing was added; 0006 takes its rules back itself."""
