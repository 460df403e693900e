"""Indexes by which the worker's beats and the pages read what is due or newest, and not a whole table of a million.

`checkins.texts_owed` starts at the texts that were written down already, or the first beats of a busy morning would
look at all of them again before they came to a new one; and at three where nothing is owed any more, without a rewrite
of the table, and so that the planner does not think that nearly all are at nought.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OWN_LIMITS = "state = 'active' AND conditions ?| ARRAY['pregnancy', 'respiratory-disease', 'home-oxygen']"
PARTIAL = (
    ("ix_enrolments_waiting", "enrolments", ["updated_at"], "state IN ('enrolled', 'held')"),
    ("ix_enrolments_reviews", "enrolments", ["pause_review_on"], "state = 'paused'"),
    ("ix_enrolments_ending", "enrolments", ["zone", "ends_on"], "state = 'active'"),
    ("ix_enrolments_own_limits", "enrolments", ["id"], OWN_LIMITS),
    ("ix_patient_limits_ending", "patient_limits", ["until_at", "enrolment_id"], "withdrawn_at IS NULL"),
    ("ix_alerts_standing", "alerts", ["enrolment_id", "kind"], "closed_at IS NULL"),
    ("ix_alerts_limits_due", "alerts", ["enrolment_id", "raised_at"], "kind = 'limits-due'"),
    ("ix_messages_unknown", "messages", ["next_try_at"], "status = 'unknown'"),
    ("ix_checkins_untold", "checkins", ["texts_owed", "opens_at"], "closed_at IS NULL AND texts_owed < 3"),
)
GONE = (
    ("ix_messages_waiting", "messages", ["sent_at"], "status IN ('unknown', 'accepted', 'sent')"),
    ("ix_checkins_opening", "checkins", ["opens_at"], "state = 'open'"),
)


TEXTS = """
    UPDATE checkins c SET texts_owed = least(written.texts, 3)
    FROM (SELECT asked.id, count(m.id) AS texts FROM checkins asked LEFT JOIN messages m ON m.checkin_id = asked.id
          WHERE asked.state = 'open' GROUP BY asked.id) written
    WHERE c.id = written.id
"""


def upgrade() -> None:
    op.add_column("checkins", sa.Column("texts_owed", sa.SmallInteger(), server_default=sa.text("3"), nullable=False))
    op.alter_column("checkins", "texts_owed", server_default=sa.text("0"))
    op.execute(TEXTS)
    newest = ["team_id", sa.text("enrolled_at DESC"), sa.text("id DESC")]
    op.create_index("ix_enrolments_newest", "enrolments", newest)
    for name, table, columns, where in PARTIAL:
        op.create_index(name, table, columns, postgresql_where=sa.text(where))
    for name, table, _, _ in GONE:
        op.drop_index(name, table_name=table)


def downgrade() -> None:
    for name, table, columns, where in GONE:
        op.create_index(name, table, columns, postgresql_where=sa.text(where))
    for name, table, _, _ in PARTIAL:
        op.drop_index(name, table_name=table)
    op.drop_index("ix_enrolments_newest", table_name="enrolments")
    op.drop_column("checkins", "texts_owed")
