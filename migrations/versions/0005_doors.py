"""More doors than the phone, who answered, what a patient asked for, and a second factor before one's own history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

DOORS = "phone staff{new}"
ALERTS = (
    "answers silence never-invited never-activated review-due limits-due opted-out wrote outcome-due follow-up-ends"
    " unreached{new}"
)
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _allow("responses", "door", DOORS.format(new=" paper text voice"))
    _allow("alerts", "kind", ALERTS.format(new=" asked"))
    op.add_column("responses", sa.Column("informant", sa.Text(), server_default="patient", nullable=False))
    _allow("responses", "informant", "patient carer", known=False)
    op.add_column("enrolments", sa.Column("answers_by", sa.Text(), server_default="phone", nullable=False))
    _allow("enrolments", "answers_by", "phone staff paper", known=False)
    op.add_column("checkins", sa.Column("remind_at", MOMENT))
    op.add_column("patient_sessions", sa.Column("history_until", MOMENT))
    op.create_table(
        "patient_codes",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("enrolment_id", sa.BigInteger(), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolments.id"], name=op.f("fk_patient_codes_enrolment_id_enrolments")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_codes")),
    )
    op.create_index(op.f("ix_patient_codes_enrolment_id"), "patient_codes", ["enrolment_id"])
    op.create_index(op.f("ix_patient_codes_ends_at"), "patient_codes", ["ends_at"])
    op.create_check_constraint(
        op.f("ck_questionnaire_versions_published_by_another"),
        "questionnaire_versions",
        "published_by_id IS NULL OR published_by_id IS DISTINCT FROM created_by_id",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_questionnaire_versions_published_by_another"), "questionnaire_versions")
    op.drop_table("patient_codes")
    op.drop_column("patient_sessions", "history_until")
    op.drop_column("checkins", "remind_at")
    op.drop_column("enrolments", "answers_by")
    op.drop_column("responses", "informant")
    op.execute("UPDATE alerts SET kind = 'wrote' WHERE kind = 'asked'")
    _allow("alerts", "kind", ALERTS.format(new=""))
    op.execute("UPDATE responses SET door = 'staff' WHERE door IN ('paper', 'text', 'voice')")
    _allow("responses", "door", DOORS.format(new=""))


def _allow(table: str, column: str, codes: str, *, known: bool = True) -> None:
    """`known`: the constraint is there already, with other codes."""
    name, listed = op.f(f"ck_{table}_{column}_known"), ", ".join(f"'{code}'" for code in codes.split())
    if known:
        op.drop_constraint(name, table)
    op.create_check_constraint(name, table, f"{column} IN ({listed})")
