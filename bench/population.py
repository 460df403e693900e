"""A service that has run for a while: enrolments in every state, with answers, check-ins, texts, calls and acts behind
them, made by set-wise SQL. Nothing of it is due but what a measurement makes due.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import psycopg

from bench import cohort
from bench.cohort import Cohort
from bench.house import House
from records.patients import index

BORN = date(1932, 1, 1)
TABLES = (
    *("patients", "patient_keys", "patient_index", "enrolments", "checkins", "responses", "assessments", "messages"),
    *("contacts", "receipts", "callbacks", "alerts", "attempts", "audit_heads", "audit_entries", "access_entries"),
    *("patient_sessions", "devices"),
)
AT_ONCE = 100_000
STATES = (
    *(("active",) * 84),
    *(("invited",) * 3),
    *(("enrolled",) * 1),
    *(("paused",) * 4),
    *(("discharged",) * 8),
)
"""Of a hundred enrolments. Everybody who is invited was so within the last hours, so that no deadline has passed."""


@dataclass(frozen=True)
class Behind:
    """What is copied into every answered day: one real response, its assessment and its act."""

    response: int
    days: int


QUICKLY = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "'16GB'", "autovacuum": "off"}


@contextmanager
def lying(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Bulk loading: the server waits for no disk and tidies nothing up, and this connection looks no foreign key up."""
    _set(connection, {f"ALTER SYSTEM SET {name} = {value}" for name, value in QUICKLY.items()})
    connection.execute("SET session_replication_role = replica")
    connection.execute("SET work_mem = '256MB'")
    yield
    connection.execute("RESET session_replication_role")
    _set(connection, {f"ALTER SYSTEM RESET {name}" for name in QUICKLY})


def _set(connection: psycopg.Connection[Any], statements: set[str]) -> None:
    for statement in statements:
        connection.execute(statement)
    connection.execute("SELECT pg_reload_conf()")


def grow(house: House, connection: psycopg.Connection[Any], count: int, behind: Behind) -> None:
    """`count` more enrolments, whose identities nobody opens."""
    for start in range(0, count, AT_ONCE):
        group = cohort.make(house, connection, min(AT_ONCE, count - start), sealed=False)
        scatter(house, connection, group)
        index_all(connection, group)
        live(house, connection, group, behind)


def scatter(house: House, connection: psycopg.Connection[Any], group: Cohort) -> None:
    """Their states, and hours at which they are asked next, none of which is due."""
    connection.execute(
        """
        UPDATE enrolments e SET state = s.state,
            enrolled_at = %(now)s - (1 + id %% 20) * interval '1 day',
            invited_at = CASE WHEN s.state = 'enrolled' THEN NULL
                ELSE %(now)s - CASE WHEN s.state = 'invited' THEN id %% 180 * interval '1 minute'
                                    ELSE interval '20 days' END END,
            activated_at = CASE WHEN s.state IN ('enrolled', 'invited') THEN NULL ELSE activated_at END,
            next_checkin_at = CASE WHEN s.state = 'active' THEN %(now)s + (60 + id %% 1400) * interval '1 minute' END,
            ends_on = %(now)s::date + 2 + (id %% 20)::int,
            risk_tier = CASE WHEN id %% 10 = 0 THEN 'high' ELSE 'standard' END,
            conditions = CASE WHEN id %% 50 = 0 THEN '["home-oxygen"]' WHEN id %% 7 = 0 THEN '["diabetes"]'
                ELSE '[]' END::jsonb,
            paused_at = CASE WHEN s.state = 'paused' THEN %(now)s - interval '3 days' END,
            pause_owner_id = CASE WHEN s.state = 'paused' THEN %(physician)s END,
            pause_review_on = CASE WHEN s.state = 'paused' THEN %(now)s::date + 2 + (id %% 20)::int END,
            pause_reason = CASE WHEN s.state = 'paused' THEN 'asked' END,
            invitation_told_at = CASE WHEN s.state = 'enrolled' THEN NULL
                ELSE %(now)s - CASE WHEN s.state = 'invited' THEN id %% 180 * interval '1 minute'
                                    ELSE interval '20 days' END END,
            ended_at = CASE WHEN s.state = 'discharged' THEN %(now)s - interval '1 day' END,
            end_reason = CASE WHEN s.state = 'discharged' THEN 'completed' END
        FROM unnest(%(states)s::text[]) WITH ORDINALITY s (state, place)
        WHERE e.id BETWEEN %(first)s AND %(last)s AND s.place = 1 + e.id * 37 %% 100
        """,
        _values(house, group) | {"states": list(STATES), "physician": house.physician},
    )
    connection.execute(
        """
        INSERT INTO patient_limits (enrolment_id, name, value, reason, author_id, from_at, until_at)
        SELECT id, 'spo2_red', 88, 'home oxygen', %(physician)s, %(now)s - interval '10 days',
            %(now)s + interval '90 days'
        FROM enrolments WHERE id BETWEEN %(first)s AND %(last)s AND id %% 50 = 0
        """,
        _values(house, group) | {"physician": house.physician},
    )


def _values(house: House, group: Cohort) -> dict[str, Any]:
    return {"now": house.now, "first": group.first, "last": group.last}


def index_all(connection: psycopg.Connection[Any], group: Cohort) -> None:
    """Blind index rows as many and as common as real ones: birth dates of 90 years, telephones almost unique, family
    names rare, given names shared by one in 300.
    """
    connection.execute(
        """
        INSERT INTO patient_index (patient_id, kind, version, digest)
        SELECT p.id, found.kind, 1, found.digest
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) p (id) CROSS JOIN LATERAL (VALUES
            ('birth', (%(births)s::bytea[])[1 + p.id * 7919 %% %(days)s]),
            ('name', (%(families)s::bytea[])[1 + p.id %% %(rare)s]),
            ('name', (%(given)s::bytea[])[1 + p.id %% %(common)s]),
            ('phone', sha256(int8send(p.id)))
        ) found (kind, digest)
        """,
        _digests() | {"first": group.first_patient, "last": group.first_patient + len(group) - 1},
    )


@cache
def _digests() -> dict[str, Any]:
    births = [index.birth_digest(BORN + timedelta(days=day))[1] for day in range(32_850)]
    families = [index.name_digest(f"family{number}")[1] for number in range(20_011)]
    given = [index.name_digest(f"given{number}")[1] for number in range(300)]
    sizes = {"days": len(births), "rare": len(families), "common": len(given)}
    return {"births": births, "families": families, "given": given} | sizes


def live(house: House, connection: psycopg.Connection[Any], group: Cohort, behind: Behind) -> None:
    """On each of the last days: asked, written to, answered, assessed; a call and a look at the file for one in 20.
    Three in ten were asked this morning and have not answered yet.
    """
    values = _values(house, group) | {"days": behind.days, "model": behind.response, "salt": secrets.token_hex(4)}
    for statement in (*LIVED, *CALLED):
        connection.execute(statement, values | {"physician": house.physician})


ASKED = "enrolments e JOIN checkins c ON c.enrolment_id = e.id WHERE e.id BETWEEN %(first)s AND %(last)s"
LIVED = (
    """
    INSERT INTO checkins (enrolment_id, local_on, slot, opens_at, closes_at, state, closed_at,
        texts_owed)
    SELECT e.id, %(now)s::date - day, 'morning', %(now)s - day * interval '1 day',
        %(now)s - day * interval '1 day' + interval '4 hours', 'answered', %(now)s - day * interval '1 day', 1
    FROM generate_series(%(days)s, 1, -1) day CROSS JOIN enrolments e
    WHERE e.id BETWEEN %(first)s AND %(last)s AND e.activated_at IS NOT NULL
    """,
    """
    INSERT INTO checkins (enrolment_id, local_on, slot, opens_at, closes_at, texts_owed)
    SELECT id, %(now)s::date, 'morning', %(now)s - (id %% 30) * interval '1 minute', %(now)s + interval '3 hours', 1
    FROM enrolments WHERE id BETWEEN %(first)s AND %(last)s AND state = 'active' AND id %% 10 < 3
    """,
    f"""
    INSERT INTO responses (public_id, patient_id, enrolment_id, checkin_id, version_id, key, content_digest, answers,
        door, language, due_at, completed_at, received_at)
    SELECT gen_random_uuid(), e.patient_id, e.id, c.id, m.version_id, gen_random_uuid(), m.content_digest, m.answers,
        'phone', 'fr', c.opens_at, c.opens_at + interval '1 hour', c.opens_at + interval '1 hour'
    FROM responses m, {ASKED} AND m.id = %(model)s AND c.state = 'answered' ORDER BY c.id
    """,
    """
    INSERT INTO assessments (public_id, response_id, enrolment_id, protocol_version_id, level, call_15, facts, limits,
        explanation, assessed_at, relived_at, relived_same)
    SELECT gen_random_uuid(), r.id, r.enrolment_id, m.protocol_version_id, m.level, m.call_15, m.facts, m.limits,
        m.explanation, r.received_at, r.received_at, true
    FROM assessments m, responses r
    WHERE m.response_id = %(model)s AND r.enrolment_id BETWEEN %(first)s AND %(last)s AND r.id > m.response_id
    ORDER BY r.id
    """,
    f"""
    INSERT INTO messages (key, purpose, enrolment_id, checkin_id, status, status_at, created_at, next_try_at,
        expires_at, tries, provider, provider_id, sent_at)
    SELECT 'checkin:' || c.public_id, 'checkin', e.id, c.id, 'delivered', c.opens_at, c.opens_at, c.opens_at,
        c.closes_at, 1, 'twilio', 'SM' || %(salt)s || c.id, c.opens_at
    FROM {ASKED} ORDER BY c.id
    """,
    """
    INSERT INTO messages (key, purpose, enrolment_id, status, status_at, created_at, next_try_at, expires_at, tries,
        provider, provider_id, sent_at)
    SELECT 'invite:' || public_id || ':' || CAST(extract(epoch FROM invited_at) AS bigint), 'invitation', id,
        'delivered', invited_at, invited_at, invited_at, invited_at + interval '1 day', 1, 'twilio',
        'SMi' || %(salt)s || id, invited_at
    FROM enrolments WHERE id BETWEEN %(first)s AND %(last)s AND invited_at IS NOT NULL
    """,
    """
    INSERT INTO contacts (enrolment_id, source, about, channel, purpose, outcome, at)
    SELECT m.enrolment_id, m.public_id, c.public_id, 'sms', m.purpose, 'delivered', m.sent_at
    FROM messages m JOIN checkins c ON c.id = m.checkin_id WHERE m.enrolment_id BETWEEN %(first)s AND %(last)s
    """,
    """
    INSERT INTO receipts (message_id, provider_status, applied, received_at)
    SELECT id, 'delivered', true, sent_at FROM messages WHERE enrolment_id BETWEEN %(first)s AND %(last)s
    """,
    """
    INSERT INTO audit_heads (subject_kind, subject_id, length, hash)
    SELECT 'enrolment', public_id, %(days)s, sha256('head') FROM enrolments WHERE id BETWEEN %(first)s AND %(last)s
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO audit_entries (subject_kind, subject_id, number, at, canonical, hash)
    SELECT 'enrolment', e.public_id, day, e.enrolled_at + day * interval '1 day', m.canonical, m.hash
    FROM (SELECT canonical, hash FROM audit_entries ORDER BY length(canonical) DESC LIMIT 1) m,
        generate_series(1, %(days)s) day, enrolments e WHERE e.id BETWEEN %(first)s AND %(last)s
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO devices (patient_id, token_digest, created_at, seen_at)
    SELECT patient_id, sha256(convert_to(%(salt)s || id, 'UTF8')), enrolled_at, %(now)s - interval '1 day'
    FROM enrolments WHERE id BETWEEN %(first)s AND %(last)s
    """,
    """
    INSERT INTO patient_sessions (enrolment_id, token_digest, created_at, ends_at)
    SELECT id, sha256(convert_to(%(salt)s || 's' || id, 'UTF8')), enrolled_at, %(now)s - interval '1 day'
    FROM enrolments WHERE id BETWEEN %(first)s AND %(last)s
    """,
)
CALLED = (
    """
    WITH called AS (
        INSERT INTO callbacks (public_id, enrolment_id, team_id, state, rank, opened_at, due_at, closed_at,
            closed_by_id)
        SELECT gen_random_uuid(), e.id, e.team_id, 'closed', 20, %(now)s - interval '2 days',
            %(now)s - interval '47 hours', %(now)s - interval '46 hours', %(physician)s
        FROM enrolments e WHERE e.id BETWEEN %(first)s AND %(last)s AND e.id %% 20 = 0
        RETURNING id, enrolment_id, rank, opened_at, due_at, closed_at
    ), tried AS (
        INSERT INTO attempts (public_id, callback_id, staff_id, outcome, at)
        SELECT gen_random_uuid(), id, %(physician)s, 'reached', closed_at FROM called
    )
    INSERT INTO alerts (key, enrolment_id, callback_id, kind, rank, reasons, raised_at, due_at, closed_at)
    SELECT 'past:' || id, enrolment_id, id, (ARRAY['silence', 'never-activated', 'limits-due'])[1 + id %% 3], rank,
        '[]', opened_at, due_at, closed_at FROM called
    """,
    """
    INSERT INTO access_entries (at, staff_id, enrolment_id, page)
    SELECT %(now)s - interval '46 hours', %(physician)s, id, 'patient'
    FROM enrolments WHERE id BETWEEN %(first)s AND %(last)s AND id %% 20 = 0
    """,
)


def settle(connection: psycopg.Connection[Any]) -> None:
    cohort.settle_tables(connection, *TABLES)
