"""Who was told of the invitation, so that no beat looks again at all who were invited and have not come in yet; and the
newest of those who bear one name, read off the end of an index.

Nothing is filled in: the first beats write down again what was written down already, under the same key, and find it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

OLD, NEW = "ix_patient_index_kind_digest", "ix_patient_index_kind_digest_patient_id"
UNTOLD = "state = 'invited' AND invited_at IS DISTINCT FROM invitation_told_at"


def upgrade() -> None:
    op.add_column("enrolments", sa.Column("invitation_told_at", sa.DateTime(timezone=True)))
    op.create_index("ix_enrolments_untold", "enrolments", ["invited_at"], postgresql_where=sa.text(UNTOLD))
    op.create_index(op.f(NEW), "patient_index", ["kind", "digest", "patient_id"])
    op.drop_index(op.f(OLD), table_name="patient_index")


def downgrade() -> None:
    op.create_index(op.f(OLD), "patient_index", ["kind", "digest"])
    op.drop_index(op.f(NEW), table_name="patient_index")
    op.drop_index("ix_enrolments_untold", table_name="enrolments")
    op.drop_column("enrolments", "invitation_told_at")
