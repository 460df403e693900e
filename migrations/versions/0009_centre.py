"""The call-back centre: what happened to each call-back, who is on call, incidents, announced and bridged calls."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from records.db import Instant, SealedText

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


KNOWN_BEFORE = {
    ("alerts", "kind"): (
        "answers",
        "silence",
        "never-invited",
        "never-activated",
        "review-due",
        "limits-due",
        "opted-out",
        "wrote",
        "outcome-due",
        "follow-up-ends",
        "unreached",
        "asked",
    ),
    ("dispositions", "kind"): (
        "advice",
        "extra-checkin",
        "gp",
        "to-physician",
        "hospital-advised",
        "ambulance",
        "admitted",
        "deceased",
        "entry-error",
        "unreachable",
        "technical",
    ),
    ("messages", "purpose"): (
        "invitation",
        "checkin",
        "first-reminder",
        "second-reminder",
        "code",
        "asked-reminder",
    ),
    ("inbound", "kind"): ("stop", "start", "help", "other"),
}
ADDED = {
    ("alerts", "kind"): ("moved",),
    ("dispositions", "kind"): ("risk-up", "limits-changed", "welfare-check", "wrong-patient"),
    ("messages", "purpose"): ("call-announced", "call-tried", "outside-hours", "staff-page"),
    ("inbound", "kind"): ("worse", "later"),
}
CHECKS = {
    ("callbacks", "next_step_known"): "next_step IN ('call-patient', 'call-contact', 'physician')",
    ("attempts", "called_known"): "called IN ('patient', 'contact')",
    ("programmes", "calls_by_known"): "calls_by IN ('hospital', 'bridge', 'own')",
    ("programmes", "escalates"): "0 <= lead_after_minutes AND lead_after_minutes <= physician_after_minutes",
    ("messages", "one_recipient"): "num_nonnulls(enrolment_id, staff_id) = 1",
    ("messages", "staff_are_paged"): "(purpose = 'staff-page') = (staff_id IS NOT NULL)",
}


def _know(added: bool) -> None:
    for (table, column), before in KNOWN_BEFORE.items():
        codes = [*before, *(ADDED[table, column] if added else ())]
        listed = ", ".join(f"'{code}'" for code in codes)
        name = op.f(f"ck_{table}_{column}_known")
        op.drop_constraint(name, table)
        op.create_check_constraint(name, table, f"{column} IN ({listed})")


def upgrade() -> None:
    op.create_table('incidents',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('public_id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('programme_id', sa.BigInteger(), nullable=False),
    sa.Column('began_at', Instant(), nullable=False),
    sa.Column('found_at', Instant(), nullable=False),
    sa.Column('last_at', Instant(), nullable=False),
    sa.Column('ended_at', Instant(), nullable=True),
    sa.Column('closed_at', Instant(), nullable=True),
    sa.Column('raised_by_id', sa.BigInteger(), nullable=True),
    sa.Column('details', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.CheckConstraint('closed_at IS NULL OR ended_at IS NOT NULL', name=op.f('ck_incidents_ends_before_it_closes')),
    sa.CheckConstraint("kind IN ('not-sent', 'not-arriving', 'site', 'raised')", name=op.f('ck_incidents_kind_known')),
    sa.ForeignKeyConstraint(['programme_id'], ['programmes.id'], name=op.f('fk_incidents_programme_id_programmes')),
    sa.ForeignKeyConstraint(['raised_by_id'], ['staff.id'], name=op.f('fk_incidents_raised_by_id_staff')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_incidents')),
    sa.UniqueConstraint('public_id', name=op.f('uq_incidents_public_id'))
    )
    op.create_index('ix_incidents_open', 'incidents', ['began_at'], unique=False, postgresql_where=sa.text('closed_at IS NULL'))
    op.create_index('uq_incidents_lasting', 'incidents', ['programme_id', 'kind'], unique=True, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_table('saved_views',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('query', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('created_at', Instant(), nullable=False),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_saved_views_staff_id_staff')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_views')),
    sa.UniqueConstraint('public_id', name=op.f('uq_saved_views_public_id')),
    sa.UniqueConstraint('staff_id', 'name', name=op.f('uq_saved_views_staff_id_name'))
    )
    op.create_table('shifts',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('team_id', sa.BigInteger(), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=False),
    sa.Column('duty', sa.Text(), nullable=False),
    sa.Column('from_at', Instant(), nullable=False),
    sa.Column('until_at', Instant(), nullable=False),
    sa.Column('created_at', Instant(), nullable=False),
    sa.Column('created_by_id', sa.BigInteger(), nullable=False),
    sa.Column('cancelled_at', Instant(), nullable=True),
    sa.Column('cancelled_by_id', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("duty IN ('on-call', 'lead')", name=op.f('ck_shifts_duty_known')),
    sa.CheckConstraint('(cancelled_at IS NULL) = (cancelled_by_id IS NULL)', name=op.f('ck_shifts_cancelled')),
    sa.CheckConstraint('from_at < until_at', name=op.f('ck_shifts_in_order')),
    sa.ForeignKeyConstraint(['cancelled_by_id'], ['staff.id'], name=op.f('fk_shifts_cancelled_by_id_staff')),
    sa.ForeignKeyConstraint(['created_by_id'], ['staff.id'], name=op.f('fk_shifts_created_by_id_staff')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_shifts_staff_id_staff')),
    sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name=op.f('fk_shifts_team_id_teams')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_shifts')),
    sa.UniqueConstraint('public_id', name=op.f('uq_shifts_public_id'))
    )
    op.create_index('ix_shifts_standing', 'shifts', ['team_id', 'until_at'], unique=False, postgresql_where=sa.text('cancelled_at IS NULL'))
    op.create_table('bridged_calls',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('callback_id', sa.BigInteger(), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=False),
    sa.Column('called', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('provider_id', sa.Text(), nullable=True),
    sa.Column('asked_at', Instant(), nullable=False),
    sa.Column('connected_at', Instant(), nullable=True),
    sa.Column('ended_at', Instant(), nullable=True),
    sa.Column('failure', sa.Text(), nullable=True),
    sa.CheckConstraint("state IN ('asked', 'ringing', 'connected', 'ended', 'failed')", name=op.f('ck_bridged_calls_state_known')),
    sa.ForeignKeyConstraint(['callback_id'], ['callbacks.id'], name=op.f('fk_bridged_calls_callback_id_callbacks')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_bridged_calls_staff_id_staff')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bridged_calls')),
    sa.UniqueConstraint('provider_id', name=op.f('uq_bridged_calls_provider_id')),
    sa.UniqueConstraint('public_id', name=op.f('uq_bridged_calls_public_id'))
    )
    op.create_index(op.f('ix_bridged_calls_callback_id'), 'bridged_calls', ['callback_id'], unique=False)
    op.create_index('ix_bridged_calls_open', 'bridged_calls', ['asked_at'], unique=False, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_table('call_announcements',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('public_id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('callback_id', sa.BigInteger(), nullable=False),
    sa.Column('number', sa.SmallInteger(), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('from_at', Instant(), nullable=False),
    sa.Column('until_at', Instant(), nullable=False),
    sa.Column('at', Instant(), nullable=False),
    sa.Column('reply', sa.Text(), nullable=True),
    sa.Column('replied_at', Instant(), nullable=True),
    sa.CheckConstraint("reply IN ('worse', 'later')", name=op.f('ck_call_announcements_reply_known')),
    sa.CheckConstraint('from_at < until_at', name=op.f('ck_call_announcements_in_order')),
    sa.ForeignKeyConstraint(['callback_id'], ['callbacks.id'], name=op.f('fk_call_announcements_callback_id_callbacks')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_call_announcements_staff_id_staff')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_call_announcements')),
    sa.UniqueConstraint('callback_id', 'number', name=op.f('uq_call_announcements_callback_id_number')),
    sa.UniqueConstraint('public_id', name=op.f('uq_call_announcements_public_id'))
    )
    op.create_table('call_drafts',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('callback_id', sa.BigInteger(), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=False),
    sa.Column('content', SealedText(), nullable=False),
    sa.Column('saved_at', Instant(), nullable=False),
    sa.ForeignKeyConstraint(['callback_id'], ['callbacks.id'], name=op.f('fk_call_drafts_callback_id_callbacks')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_call_drafts_staff_id_staff')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_call_drafts')),
    sa.UniqueConstraint('callback_id', 'staff_id', name=op.f('uq_call_drafts_callback_id_staff_id')),
    sa.UniqueConstraint('public_id', name=op.f('uq_call_drafts_public_id'))
    )
    op.create_table('callback_events',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('callback_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('at', Instant(), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('details', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.CheckConstraint("kind IN ('claimed', 'released', 'taken-over', 'handed-over', 'expired', 'worsened', 'acknowledged', 'next-try', 'escalated', 'announced', 'said-worse', 'said-later', 'bridged', 'folded', 'unfolded')", name=op.f('ck_callback_events_kind_known')),
    sa.ForeignKeyConstraint(['callback_id'], ['callbacks.id'], name=op.f('fk_callback_events_callback_id_callbacks')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_callback_events_staff_id_staff')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_callback_events'))
    )
    op.create_index(op.f('ix_callback_events_callback_id_at'), 'callback_events', ['callback_id', 'at'], unique=False)
    op.create_index(op.f('ix_callback_events_staff_id_at'), 'callback_events', ['staff_id', 'at'], unique=False)
    op.create_table('escalations',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('public_id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('callback_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('clock_at', Instant(), nullable=False),
    sa.Column('step', sa.SmallInteger(), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('at', Instant(), nullable=False),
    sa.Column('acknowledged_at', Instant(), nullable=True),
    sa.CheckConstraint("kind IN ('late', 'outside-hours')", name=op.f('ck_escalations_kind_known')),
    sa.ForeignKeyConstraint(['callback_id'], ['callbacks.id'], name=op.f('fk_escalations_callback_id_callbacks')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_escalations_staff_id_staff')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_escalations')),
    sa.UniqueConstraint('public_id', name=op.f('uq_escalations_public_id'))
    )
    op.create_index('ix_escalations_staff', 'escalations', ['staff_id'], unique=False, postgresql_where=sa.text('acknowledged_at IS NULL'))
    op.create_index('uq_escalations_once', 'escalations', ['callback_id', 'clock_at', 'step', 'staff_id'], unique=True, postgresql_nulls_not_distinct=True)
    op.create_table('incident_members',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('incident_id', sa.BigInteger(), nullable=False),
    sa.Column('enrolment_id', sa.BigInteger(), nullable=False),
    sa.Column('team_id', sa.BigInteger(), nullable=False),
    sa.Column('checkin_id', sa.BigInteger(), nullable=False),
    sa.Column('deadline_at', Instant(), nullable=False),
    sa.Column('risk', sa.SmallInteger(), nullable=False),
    sa.Column('settled_at', Instant(), nullable=True),
    sa.Column('settled_by', sa.Text(), nullable=True),
    sa.CheckConstraint("settled_by IN ('answered', 'reached', 'ended')", name=op.f('ck_incident_members_settled_by_known')),
    sa.CheckConstraint('(settled_at IS NULL) = (settled_by IS NULL)', name=op.f('ck_incident_members_settled')),
    sa.ForeignKeyConstraint(['checkin_id'], ['checkins.id'], name=op.f('fk_incident_members_checkin_id_checkins')),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolments.id'], name=op.f('fk_incident_members_enrolment_id_enrolments')),
    sa.ForeignKeyConstraint(['incident_id'], ['incidents.id'], name=op.f('fk_incident_members_incident_id_incidents')),
    sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name=op.f('fk_incident_members_team_id_teams')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_incident_members')),
    sa.UniqueConstraint('checkin_id', name=op.f('uq_incident_members_checkin_id'))
    )
    op.create_index('ix_incident_members_enrolment', 'incident_members', ['enrolment_id'], unique=False, postgresql_where=sa.text('settled_at IS NULL'))
    op.create_index('ix_incident_members_open', 'incident_members', ['incident_id', 'team_id', sa.literal_column('risk DESC'), 'deadline_at'], unique=False, postgresql_where=sa.text('settled_at IS NULL'))
    op.create_table('notices',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('public_id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('callback_id', sa.BigInteger(), nullable=True),
    sa.Column('from_staff_id', sa.BigInteger(), nullable=True),
    sa.Column('details', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('at', Instant(), nullable=False),
    sa.Column('seen_at', Instant(), nullable=True),
    sa.CheckConstraint("kind IN ('taken-over', 'handed-over', 'worsened', 'escalated', 'incident')", name=op.f('ck_notices_kind_known')),
    sa.ForeignKeyConstraint(['callback_id'], ['callbacks.id'], name=op.f('fk_notices_callback_id_callbacks')),
    sa.ForeignKeyConstraint(['from_staff_id'], ['staff.id'], name=op.f('fk_notices_from_staff_id_staff')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_notices_staff_id_staff')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notices')),
    sa.UniqueConstraint('public_id', name=op.f('uq_notices_public_id'))
    )
    op.create_index('ix_notices_unseen', 'notices', ['staff_id', 'at'], unique=False, postgresql_where=sa.text('seen_at IS NULL'))
    op.create_table('letters',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('disposition_id', sa.BigInteger(), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=False),
    sa.Column('content', SealedText(), nullable=False),
    sa.Column('at', Instant(), nullable=False),
    sa.ForeignKeyConstraint(['disposition_id'], ['dispositions.id'], name=op.f('fk_letters_disposition_id_dispositions')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_letters_staff_id_staff')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letters')),
    sa.UniqueConstraint('public_id', name=op.f('uq_letters_public_id'))
    )
    op.create_index(op.f('ix_letters_disposition_id'), 'letters', ['disposition_id'], unique=False)
    op.create_table('moved_answers',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('response_id', sa.BigInteger(), nullable=False),
    sa.Column('from_enrolment_id', sa.BigInteger(), nullable=False),
    sa.Column('to_enrolment_id', sa.BigInteger(), nullable=False),
    sa.Column('from_checkin_id', sa.BigInteger(), nullable=True),
    sa.Column('staff_id', sa.BigInteger(), nullable=False),
    sa.Column('reason', SealedText(), nullable=False),
    sa.Column('before', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('at', Instant(), nullable=False),
    sa.ForeignKeyConstraint(['from_checkin_id'], ['checkins.id'], name=op.f('fk_moved_answers_from_checkin_id_checkins')),
    sa.ForeignKeyConstraint(['from_enrolment_id'], ['enrolments.id'], name=op.f('fk_moved_answers_from_enrolment_id_enrolments')),
    sa.ForeignKeyConstraint(['response_id'], ['responses.id'], name=op.f('fk_moved_answers_response_id_responses')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_moved_answers_staff_id_staff')),
    sa.ForeignKeyConstraint(['to_enrolment_id'], ['enrolments.id'], name=op.f('fk_moved_answers_to_enrolment_id_enrolments')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_moved_answers')),
    sa.UniqueConstraint('public_id', name=op.f('uq_moved_answers_public_id'))
    )
    op.create_index(op.f('ix_moved_answers_from_enrolment_id'), 'moved_answers', ['from_enrolment_id'], unique=False)
    op.create_index(op.f('ix_moved_answers_response_id'), 'moved_answers', ['response_id'], unique=False)
    op.create_index(op.f('ix_moved_answers_to_enrolment_id'), 'moved_answers', ['to_enrolment_id'], unique=False)
    op.add_column('alerts', sa.Column('cause', sa.Text(), nullable=True))
    op.add_column('attempts', sa.Column('called', sa.Text(), server_default=sa.text("'patient'"), nullable=False))
    op.add_column('attempts', sa.Column('verified', sa.Boolean(), nullable=True))
    op.add_column('attempts', sa.Column('next_try_at', Instant(), nullable=True))
    op.create_index(op.f('ix_attempts_at'), 'attempts', ['at'], unique=False, postgresql_using='brin', postgresql_with={'autosummarize': 'on'})
    op.add_column('callbacks', sa.Column('next_step', sa.Text(), server_default=sa.text("'call-patient'"), nullable=False))
    op.add_column('callbacks', sa.Column('worsened_at', Instant(), nullable=True))
    op.add_column('callbacks', sa.Column('incident_id', sa.BigInteger(), nullable=True))
    op.create_index('ix_callbacks_closed_at', 'callbacks', ['closed_at'], unique=False, postgresql_using='brin')
    op.create_index('ix_callbacks_due', 'callbacks', ['due_at'], unique=False, postgresql_where=sa.text("state = 'open'"))
    op.create_index('ix_callbacks_folded', 'callbacks', ['incident_id'], unique=False, postgresql_where=sa.text("state = 'open' AND incident_id IS NOT NULL"))
    op.create_index('ix_callbacks_held', 'callbacks', ['claimed_by_id'], unique=False, postgresql_where=sa.text('claimed_by_id IS NOT NULL'))
    op.create_index('ix_callbacks_unfolded', 'callbacks', ['team_id', sa.literal_column('rank DESC'), 'due_at', 'id'], unique=False, postgresql_where=sa.text("state = 'open' AND incident_id IS NULL"))
    op.create_index('ix_callbacks_later', 'callbacks', ['team_id', sa.literal_column('rank DESC'), 'due_at', 'id'], unique=False, postgresql_where=sa.text("state = 'open' AND next_try_at IS NOT NULL"))
    op.create_foreign_key(op.f('fk_callbacks_incident_id_incidents'), 'callbacks', 'incidents', ['incident_id'], ['id'])
    op.add_column('contacts', sa.Column('reason', sa.Text(), nullable=True))
    op.add_column('checkins', sa.Column('opened_at', Instant(), nullable=True))
    op.add_column('checkins', sa.Column('left_at_question', sa.SmallInteger(), nullable=True))
    op.create_index('ix_checkins_opens_at', 'checkins', ['opens_at'], unique=False, postgresql_using='brin')
    op.create_index('ix_alerts_silences', 'alerts', ['raised_at'], unique=False, postgresql_where=sa.text("kind = 'silence' AND closed_at IS NULL"))
    op.create_index(op.f('ix_alerts_raised_at'), 'alerts', ['raised_at'], unique=False, postgresql_using='brin', postgresql_with={'autosummarize': 'on'})
    op.create_index(op.f('ix_callback_events_at'), 'callback_events', ['at'], unique=False, postgresql_using='brin', postgresql_with={'autosummarize': 'on'})
    op.create_index(op.f('ix_escalations_at'), 'escalations', ['at'], unique=False, postgresql_using='brin', postgresql_with={'autosummarize': 'on'})
    op.create_index(op.f('ix_dispositions_at'), 'dispositions', ['at'], unique=False, postgresql_using='brin', postgresql_with={'autosummarize': 'on'})
    op.add_column('messages', sa.Column('staff_id', sa.BigInteger(), nullable=True))
    op.add_column('messages', sa.Column('callback_id', sa.BigInteger(), nullable=True))
    op.alter_column('messages', 'enrolment_id',
               existing_type=sa.BIGINT(),
               nullable=True)
    op.create_index('ix_messages_callback', 'messages', ['callback_id'], unique=False, postgresql_where=sa.text('callback_id IS NOT NULL'))
    op.create_foreign_key(op.f('fk_messages_staff_id_staff'), 'messages', 'staff', ['staff_id'], ['id'])
    op.create_foreign_key(op.f('fk_messages_callback_id_callbacks'), 'messages', 'callbacks', ['callback_id'], ['id'])
    op.add_column('programmes', sa.Column('calls_by', sa.Text(), server_default=sa.text("'own'"), nullable=False))
    op.add_column('programmes', sa.Column('shown_number', sa.Text(), nullable=True))
    op.add_column('programmes', sa.Column('interpreter_phone', sa.Text(), nullable=True))
    op.add_column('programmes', sa.Column('announces_calls', sa.Boolean(), server_default=sa.text('true'), nullable=False))
    op.add_column('programmes', sa.Column('lead_after_minutes', sa.BigInteger(), server_default=sa.text('0'), nullable=False))
    op.add_column('programmes', sa.Column('physician_after_minutes', sa.BigInteger(), server_default=sa.text('10'), nullable=False))
    op.add_column('programmes', sa.Column('closed_at', Instant(), nullable=True))
    op.add_column('staff', sa.Column('phone', SealedText(), nullable=True))
    op.add_column('staff', sa.Column('preferences', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False))
    op.add_column('teams', sa.Column('closed_at', Instant(), nullable=True))
    _know(added=True)
    for (table, name), rule in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, rule)


def downgrade() -> None:
    for table, name in CHECKS:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table)
    op.execute("DELETE FROM receipts WHERE message_id IN (SELECT id FROM messages WHERE enrolment_id IS NULL)")
    op.execute("DELETE FROM messages WHERE enrolment_id IS NULL")
    _know(added=False)
    op.drop_column('teams', 'closed_at')
    op.drop_column('staff', 'preferences')
    op.drop_column('staff', 'phone')
    op.drop_column('programmes', 'closed_at')
    op.drop_column('programmes', 'physician_after_minutes')
    op.drop_column('programmes', 'lead_after_minutes')
    op.drop_column('programmes', 'announces_calls')
    op.drop_column('programmes', 'interpreter_phone')
    op.drop_column('programmes', 'shown_number')
    op.drop_column('programmes', 'calls_by')
    op.drop_constraint(op.f('fk_messages_callback_id_callbacks'), 'messages', type_='foreignkey')
    op.drop_constraint(op.f('fk_messages_staff_id_staff'), 'messages', type_='foreignkey')
    op.drop_index('ix_messages_callback', table_name='messages', postgresql_where=sa.text('callback_id IS NOT NULL'))
    op.alter_column('messages', 'enrolment_id',
               existing_type=sa.BIGINT(),
               nullable=False)
    op.drop_column('messages', 'callback_id')
    op.drop_column('messages', 'staff_id')
    op.drop_index(op.f('ix_escalations_at'), table_name='escalations', postgresql_using='brin')
    op.drop_index(op.f('ix_callback_events_at'), table_name='callback_events', postgresql_using='brin')
    op.drop_index('ix_alerts_silences', table_name='alerts')
    op.drop_index(op.f('ix_alerts_raised_at'), table_name='alerts', postgresql_using='brin')
    op.drop_index(op.f('ix_dispositions_at'), table_name='dispositions', postgresql_using='brin')
    op.drop_index('ix_checkins_opens_at', table_name='checkins')
    op.drop_column('checkins', 'left_at_question')
    op.drop_column('checkins', 'opened_at')
    op.drop_column('contacts', 'reason')
    op.drop_constraint(op.f('fk_callbacks_incident_id_incidents'), 'callbacks', type_='foreignkey')
    op.drop_index('ix_callbacks_unfolded', table_name='callbacks', postgresql_where=sa.text("state = 'open' AND incident_id IS NULL"))
    op.drop_index('ix_callbacks_later', table_name='callbacks', postgresql_where=sa.text("state = 'open' AND next_try_at IS NOT NULL"))
    op.drop_index('ix_callbacks_held', table_name='callbacks', postgresql_where=sa.text('claimed_by_id IS NOT NULL'))
    op.drop_index('ix_callbacks_folded', table_name='callbacks', postgresql_where=sa.text("state = 'open' AND incident_id IS NOT NULL"))
    op.drop_index('ix_callbacks_due', table_name='callbacks', postgresql_where=sa.text("state = 'open'"))
    op.drop_index('ix_callbacks_closed_at', table_name='callbacks', postgresql_using='brin')
    op.drop_column('callbacks', 'incident_id')
    op.drop_column('callbacks', 'worsened_at')
    op.drop_column('callbacks', 'next_step')
    op.drop_index(op.f('ix_attempts_at'), table_name='attempts', postgresql_using='brin')
    op.drop_column('attempts', 'next_try_at')
    op.drop_column('attempts', 'verified')
    op.drop_column('attempts', 'called')
    op.drop_column('alerts', 'cause')
    op.drop_index(op.f('ix_moved_answers_to_enrolment_id'), table_name='moved_answers')
    op.drop_index(op.f('ix_moved_answers_response_id'), table_name='moved_answers')
    op.drop_index(op.f('ix_moved_answers_from_enrolment_id'), table_name='moved_answers')
    op.drop_table('moved_answers')
    op.drop_index(op.f('ix_letters_disposition_id'), table_name='letters')
    op.drop_table('letters')
    op.drop_index('ix_notices_unseen', table_name='notices', postgresql_where=sa.text('seen_at IS NULL'))
    op.drop_table('notices')
    op.drop_index('ix_incident_members_open', table_name='incident_members', postgresql_where=sa.text('settled_at IS NULL'))
    op.drop_index('ix_incident_members_enrolment', table_name='incident_members', postgresql_where=sa.text('settled_at IS NULL'))
    op.drop_table('incident_members')
    op.drop_index('uq_escalations_once', table_name='escalations', postgresql_nulls_not_distinct=True)
    op.drop_index('ix_escalations_staff', table_name='escalations', postgresql_where=sa.text('acknowledged_at IS NULL'))
    op.drop_table('escalations')
    op.drop_index(op.f('ix_callback_events_staff_id_at'), table_name='callback_events')
    op.drop_index(op.f('ix_callback_events_callback_id_at'), table_name='callback_events')
    op.drop_table('callback_events')
    op.drop_table('call_drafts')
    op.drop_table('call_announcements')
    op.drop_index('ix_bridged_calls_open', table_name='bridged_calls', postgresql_where=sa.text('ended_at IS NULL'))
    op.drop_index(op.f('ix_bridged_calls_callback_id'), table_name='bridged_calls')
    op.drop_table('bridged_calls')
    op.drop_index('ix_shifts_standing', table_name='shifts', postgresql_where=sa.text('cancelled_at IS NULL'))
    op.drop_table('shifts')
    op.drop_table('saved_views')
    op.drop_index('ix_incidents_open', table_name='incidents', postgresql_where=sa.text('closed_at IS NULL'))
    op.drop_table('incidents')
