"""Protocols while they are written, replayed on real answers, and weighed; what became of patients; rules put off."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from records.db import Instant, SealedText

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

VERSIONS = {
    "signed_by_no_co_author": "signed_by_id IS NULL OR signed_by_id <> ALL (co_author_ids)",
    "withdrawn": "(withdrawn_at IS NULL) = (withdrawn_by_id IS NULL)",
    "withdrawn_draft": "withdrawn_at IS NULL OR status = 'draft'",
}


def upgrade() -> None:
    op.create_table('roster_hours',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('programme_id', sa.BigInteger(), nullable=False),
    sa.Column('weekday', sa.SmallInteger(), nullable=False),
    sa.Column('hour', sa.SmallInteger(), nullable=False),
    sa.Column('callers', sa.SmallInteger(), nullable=False),
    sa.CheckConstraint('weekday BETWEEN 0 AND 6 AND hour BETWEEN 0 AND 23 AND callers BETWEEN 0 AND 9999', name=op.f('ck_roster_hours_week')),
    sa.ForeignKeyConstraint(['programme_id'], ['programmes.id'], name=op.f('fk_roster_hours_programme_id_programmes')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roster_hours')),
    sa.UniqueConstraint('programme_id', 'weekday', 'hour', name=op.f('uq_roster_hours_programme_id_weekday_hour'))
    )
    op.create_table('protocol_drafts',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('slug', sa.Text(), nullable=False),
    sa.Column('based_on_id', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Text(), server_default=sa.text("'open'"), nullable=False),
    sa.Column('revision', sa.BigInteger(), server_default=sa.text('1'), nullable=False),
    sa.Column('document', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('reason', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('author_id', sa.BigInteger(), nullable=False),
    sa.Column('created_at', Instant(), nullable=False),
    sa.Column('changed_at', Instant(), nullable=False),
    sa.Column('changed_by_id', sa.BigInteger(), nullable=False),
    sa.Column('version_id', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("(state = 'frozen') = (version_id IS NOT NULL)", name=op.f('ck_protocol_drafts_frozen_into')),
    sa.CheckConstraint("state IN ('open', 'frozen', 'discarded')", name=op.f('ck_protocol_drafts_state_known')),
    sa.ForeignKeyConstraint(['author_id'], ['staff.id'], name=op.f('fk_protocol_drafts_author_id_staff')),
    sa.ForeignKeyConstraint(['based_on_id'], ['protocol_versions.id'], name=op.f('fk_protocol_drafts_based_on_id_protocol_versions')),
    sa.ForeignKeyConstraint(['changed_by_id'], ['staff.id'], name=op.f('fk_protocol_drafts_changed_by_id_staff')),
    sa.ForeignKeyConstraint(['version_id'], ['protocol_versions.id'], name=op.f('fk_protocol_drafts_version_id_protocol_versions')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_protocol_drafts')),
    sa.UniqueConstraint('public_id', name=op.f('uq_protocol_drafts_public_id'))
    )
    op.create_index('ix_protocol_drafts_open', 'protocol_drafts', ['slug'], unique=False, postgresql_where=sa.text("state = 'open'"))
    op.create_table('protocol_replays',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('version_id', sa.BigInteger(), nullable=False),
    sa.Column('against_id', sa.BigInteger(), nullable=True),
    sa.Column('programme_id', sa.BigInteger(), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=False),
    sa.Column('asked_by_id', sa.BigInteger(), nullable=True),
    sa.Column('asked_at', Instant(), nullable=False),
    sa.Column('state', sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
    sa.Column('tries', sa.SmallInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('lease_until', Instant(), nullable=True),
    sa.Column('started_at', Instant(), nullable=True),
    sa.Column('finished_at', Instant(), nullable=True),
    sa.Column('rows', sa.BigInteger(), nullable=True),
    sa.Column('result', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('failure', sa.Text(), nullable=True),
    sa.CheckConstraint("(state = 'done') = (result IS NOT NULL)", name=op.f('ck_protocol_replays_done_has_result')),
    sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name=op.f('ck_protocol_replays_state_known')),
    sa.CheckConstraint('from_on <= to_on', name=op.f('ck_protocol_replays_days')),
    sa.ForeignKeyConstraint(['against_id'], ['protocol_versions.id'], name=op.f('fk_protocol_replays_against_id_protocol_versions')),
    sa.ForeignKeyConstraint(['asked_by_id'], ['staff.id'], name=op.f('fk_protocol_replays_asked_by_id_staff')),
    sa.ForeignKeyConstraint(['programme_id'], ['programmes.id'], name=op.f('fk_protocol_replays_programme_id_programmes')),
    sa.ForeignKeyConstraint(['version_id'], ['protocol_versions.id'], name=op.f('fk_protocol_replays_version_id_protocol_versions')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_protocol_replays')),
    sa.UniqueConstraint('public_id', name=op.f('uq_protocol_replays_public_id'))
    )
    op.create_index('ix_protocol_replays_version', 'protocol_replays', ['version_id', 'id'], unique=False)
    op.create_index('ix_protocol_replays_waiting', 'protocol_replays', ['id'], unique=False, postgresql_where=sa.text("state IN ('waiting', 'running')"))
    op.create_table('protocol_draft_edits',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('draft_id', sa.BigInteger(), nullable=False),
    sa.Column('revision', sa.BigInteger(), nullable=False),
    sa.Column('document', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=False),
    sa.Column('at', Instant(), nullable=False),
    sa.ForeignKeyConstraint(['draft_id'], ['protocol_drafts.id'], name=op.f('fk_protocol_draft_edits_draft_id_protocol_drafts')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_protocol_draft_edits_staff_id_staff')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_protocol_draft_edits')),
    sa.UniqueConstraint('draft_id', 'revision', name=op.f('uq_protocol_draft_edits_draft_id_revision'))
    )
    op.create_table('patient_outcomes',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('enrolment_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('on_day', sa.Date(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('disposition_id', sa.BigInteger(), nullable=True),
    sa.Column('recorded_by_id', sa.BigInteger(), nullable=True),
    sa.Column('recorded_at', Instant(), nullable=False),
    sa.CheckConstraint("kind IN ('admitted', 'intensive-care', 'deceased')", name=op.f('ck_patient_outcomes_kind_known')),
    sa.CheckConstraint("source IN ('disposition', 'import')", name=op.f('ck_patient_outcomes_source_known')),
    sa.ForeignKeyConstraint(['disposition_id'], ['dispositions.id'], name=op.f('fk_patient_outcomes_disposition_id_dispositions')),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolments.id'], name=op.f('fk_patient_outcomes_enrolment_id_enrolments')),
    sa.ForeignKeyConstraint(['recorded_by_id'], ['staff.id'], name=op.f('fk_patient_outcomes_recorded_by_id_staff')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_patient_outcomes')),
    sa.UniqueConstraint('enrolment_id', 'kind', 'on_day', name=op.f('uq_patient_outcomes_enrolment_id_kind_on_day')),
    sa.UniqueConstraint('public_id', name=op.f('uq_patient_outcomes_public_id'))
    )
    op.create_index(op.f('ix_patient_outcomes_on_day'), 'patient_outcomes', ['on_day'], unique=False)
    op.create_table('snoozes',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('enrolment_id', sa.BigInteger(), nullable=False),
    sa.Column('assessment_id', sa.BigInteger(), nullable=False),
    sa.Column('rule', sa.Text(), nullable=False),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('condition', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('reason', SealedText(), nullable=False),
    sa.Column('author_id', sa.BigInteger(), nullable=False),
    sa.Column('from_at', Instant(), nullable=False),
    sa.Column('until_at', Instant(), nullable=False),
    sa.Column('ended_at', Instant(), nullable=True),
    sa.Column('ended_why', sa.Text(), nullable=True),
    sa.Column('ended_by_id', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("ended_why IN ('time', 'other-rule', 'worse', 'doubt', 'missed', 'changed', 'meanwhile', 'not-asked', 'lifted')", name=op.f('ck_snoozes_ended_why_known')),
    sa.CheckConstraint("until_at > from_at AND until_at <= from_at + interval '24 hours'", name=op.f('ck_snoozes_a_day_at_most')),
    sa.CheckConstraint('(ended_at IS NULL) = (ended_why IS NULL)', name=op.f('ck_snoozes_ended')),
    sa.CheckConstraint("(ended_why = 'lifted') IS TRUE = (ended_by_id IS NOT NULL)", name=op.f('ck_snoozes_lifted_by')),
    sa.ForeignKeyConstraint(['ended_by_id'], ['staff.id'], name=op.f('fk_snoozes_ended_by_id_staff')),
    sa.ForeignKeyConstraint(['assessment_id'], ['assessments.id'], name=op.f('fk_snoozes_assessment_id_assessments')),
    sa.ForeignKeyConstraint(['author_id'], ['staff.id'], name=op.f('fk_snoozes_author_id_staff')),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolments.id'], name=op.f('fk_snoozes_enrolment_id_enrolments')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_snoozes')),
    sa.UniqueConstraint('public_id', name=op.f('uq_snoozes_public_id'))
    )
    op.create_index('uq_snoozes_one_running', 'snoozes', ['enrolment_id'], unique=True, postgresql_where=sa.text('ended_at IS NULL'))
    op.add_column('assessments', sa.Column('snoozed', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.create_index('ix_assessments_assessed_at', 'assessments', ['assessed_at'], unique=False, postgresql_using='brin', postgresql_with={'autosummarize': 'on'})
    op.create_index('ix_callbacks_opened_at', 'callbacks', ['opened_at'], unique=False, postgresql_using='brin')
    op.add_column('dispositions', sa.Column('useful', sa.Boolean(), nullable=True))
    op.add_column('dispositions', sa.Column('held_seconds', sa.BigInteger(), nullable=True))
    op.add_column('protocol_versions', sa.Column('co_author_ids', postgresql.ARRAY(sa.BigInteger()), server_default=sa.text("'{}'"), nullable=False))
    op.add_column('protocol_versions', sa.Column('withdrawn_at', Instant(), nullable=True))
    op.add_column('protocol_versions', sa.Column('withdrawn_by_id', sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f('fk_protocol_versions_withdrawn_by_id_staff'), 'protocol_versions', 'staff', ['withdrawn_by_id'], ['id'])
    for name, rule in VERSIONS.items():
        op.create_check_constraint(op.f(f"ck_protocol_versions_{name}"), "protocol_versions", rule)
    op.add_column('responses', sa.Column('how_to', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True))


def downgrade() -> None:
    op.drop_column('responses', 'how_to')
    for name in VERSIONS:
        op.drop_constraint(op.f(f"ck_protocol_versions_{name}"), "protocol_versions")
    op.drop_constraint(op.f('fk_protocol_versions_withdrawn_by_id_staff'), 'protocol_versions', type_='foreignkey')
    op.drop_column('protocol_versions', 'withdrawn_by_id')
    op.drop_column('protocol_versions', 'withdrawn_at')
    op.drop_column('protocol_versions', 'co_author_ids')
    op.drop_column('dispositions', 'held_seconds')
    op.drop_column('dispositions', 'useful')
    op.drop_index('ix_callbacks_opened_at', table_name='callbacks', postgresql_using='brin')
    op.drop_index('ix_assessments_assessed_at', table_name='assessments', postgresql_using='brin')
    op.drop_column('assessments', 'snoozed')
    op.drop_index('uq_snoozes_one_running', table_name='snoozes', postgresql_where=sa.text('ended_at IS NULL'))
    op.drop_table('snoozes')
    op.drop_index(op.f('ix_patient_outcomes_on_day'), table_name='patient_outcomes')
    op.drop_table('patient_outcomes')
    op.drop_table('protocol_draft_edits')
    op.drop_index('ix_protocol_replays_waiting', table_name='protocol_replays', postgresql_where=sa.text("state IN ('waiting', 'running')"))
    op.drop_index('ix_protocol_replays_version', table_name='protocol_replays')
    op.drop_table('protocol_replays')
    op.drop_index('ix_protocol_drafts_open', table_name='protocol_drafts', postgresql_where=sa.text("state = 'open'"))
    op.drop_table('protocol_drafts')
    op.drop_table('roster_hours')
