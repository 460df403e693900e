"""More doors than the phone, who answered, what a patient asked for, and a second factor before one's own history.

The rules about codes hold for what is written from now on; 0007 looks at what is there. To look here would keep
everybody waiting for as long as it takes to read every response there ever was.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

DOORS = "phone staff{new}"
ALERTS = (
    "answers silence never-invited never-activated review-due limits-due opted-out wrote outcome-due follow-up-ends"
    " unreached{new}"
)
PURPOSES = "invitation checkin first-reminder second-reminder{new}"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _allow("responses", "door", DOORS.format(new=" paper text voice"))
    _allow("alerts", "kind", ALERTS.format(new=" asked"))
    op.add_column("responses", sa.Column("informant", sa.Text(), server_default="patient", nullable=False))
    _allow("responses", "informant", "patient carer", known=False)
    op.add_column("enrolments", sa.Column("answers_by", sa.Text(), server_default="phone", nullable=False))
    _allow("enrolments", "answers_by", "phone staff paper", known=False)
    otherwise = {"postgresql_where": sa.text("answers_by <> 'phone'")}
    op.create_index("ix_enrolments_asked_otherwise", "enrolments", ["team_id"], **otherwise)
    op.add_column("checkins", sa.Column("remind_at", MOMENT))
    op.add_column("patient_sessions", sa.Column("history_until", MOMENT))
    op.add_column("patient_sessions", sa.Column("entered_by", sa.Text(), server_default="code", nullable=False))
    _allow("patient_sessions", "entered_by", "checkin invitation code", known=False)
    _allow("messages", "purpose", PURPOSES.format(new=" code asked-reminder"))
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
    op.add_column("protocol_versions", sa.Column("looks_back", postgresql.JSONB(none_as_null=True)))
    for column in _of_programmes():
        op.add_column("programmes", column)
    _allow("programmes", "day_zero", "symptoms operation start", known=False)
    op.create_check_constraint(
        op.f("ck_questionnaire_versions_published_by_another"),
        "questionnaire_versions",
        "published_by_id IS NULL OR published_by_id IS DISTINCT FROM created_by_id",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_questionnaire_versions_published_by_another"), "questionnaire_versions")
    for column in _of_programmes():
        op.drop_column("programmes", column.name)
    op.drop_column("protocol_versions", "looks_back")
    op.drop_table("patient_codes")
    op.execute("UPDATE messages SET purpose = 'first-reminder' WHERE purpose IN ('code', 'asked-reminder')")
    _allow("messages", "purpose", PURPOSES.format(new=""))
    op.drop_column("patient_sessions", "entered_by")
    op.drop_column("patient_sessions", "history_until")
    op.drop_column("checkins", "remind_at")
    op.drop_index("ix_enrolments_asked_otherwise", "enrolments")
    op.drop_column("enrolments", "answers_by")
    op.drop_column("responses", "informant")
    op.execute("UPDATE alerts SET kind = 'wrote' WHERE kind = 'asked'")
    _allow("alerts", "kind", ALERTS.format(new=""))
    op.execute("UPDATE responses SET door = 'staff' WHERE door IN ('paper', 'text', 'voice')")
    _allow("responses", "door", DOORS.format(new=""))


def _of_programmes() -> list[sa.Column[Any]]:
    """What a programme other than COVID-19 has another way; those that stand are of COVID-19."""
    return [
        sa.Column("day_zero", sa.Text(), server_default="symptoms", nullable=False),
        sa.Column("asks_oximeter", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("holds_conditions", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("course_of", sa.Text(), server_default="spo2", nullable=False),
    ]


def _allow(table: str, column: str, codes: str, *, known: bool = True) -> None:
    """`known`: the constraint is there already, with other codes."""
    name, listed = op.f(f"ck_{table}_{column}_known"), ", ".join(f"'{code}'" for code in codes.split())
    if known:
        op.drop_constraint(name, table)
    op.create_check_constraint(name, table, f"{column} IN ({listed})", postgresql_not_valid=True)
