"""Patients by the thousand, made by COPY and by set-wise SQL.

Those whose identity is read again are sealed one by one, as the service does. The rest borrow one real ciphertext: it
is bound to its own patient's public id and would not open in another's row, so only patients whom nothing reveals may.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import orjson
import psycopg

from bench.house import House
from records import crypto

COLUMNS = ("family_name", "given_name", "birth_date", "phone")
VALUES = ("Morel", "Léa", "1961-05-17", "+33639980001")


@dataclass(frozen=True)
class Cohort:
    """Enrolments by consecutive id: `first` to `last`, both included. So are their patients."""

    first: int
    last: int
    first_patient: int

    def __len__(self) -> int:
        return self.last - self.first + 1


def make(
    house: House, connection: psycopg.Connection[Any], count: int, *, sealed: bool, reached: bool = False
) -> Cohort:
    """`count` active enrolments, spread over the teams, asked again in a year. `reached`: each has a telephone number
    of their own that is not reserved for rehearsals, so that texts are written; only for a stand-in on the loopback.
    """
    before = _highest(connection, "patients")
    _seal_each(house, connection, count, reached) if sealed else _borrow(house, connection, count)
    first_patient, last_patient = before + 1, _highest(connection, "patients")
    before = _highest(connection, "enrolments")
    connection.execute(
        """
        INSERT INTO enrolments (public_id, patient_id, programme_id, team_id, state, zone, conditions, risk_tier,
            onset_on, lives_alone, has_oximeter, consent, consent_at, enrolled_at, invited_at, activated_at, ends_on,
            next_checkin_at, updated_at)
        SELECT gen_random_uuid(), p.id, %(programme)s, (%(teams)s::bigint[])[1 + p.id %% %(spread)s], 'active',
            (ARRAY['Europe/Paris', 'Europe/Paris', 'America/Martinique', 'Indian/Reunion'])[1 + p.id %% 4], '[]',
            'standard', %(now)s::date - 20, false, true, 'oral', %(now)s, %(now)s - interval '20 days',
            %(now)s - interval '20 days', %(now)s - interval '20 days', %(now)s::date + 300,
            %(now)s + interval '1 year', %(now)s
        FROM patients p WHERE p.id BETWEEN %(first)s AND %(last)s ORDER BY p.id
        """,
        {
            "programme": house.programme,
            "teams": list(house.teams),
            "spread": len(house.teams),
            "now": house.now,
            "first": first_patient,
            "last": last_patient,
        },
    )
    return Cohort(before + 1, _highest(connection, "enrolments"), first_patient)


def _highest(connection: psycopg.Connection[Any], table: str) -> int:
    return int(connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0])  # type: ignore[index]


def _identity(public_id: uuid.UUID, phone: str = VALUES[-1]) -> tuple[list[bytes], bytes]:
    key, wrapped = crypto.new_data_key(public_id)
    place = {"table": "patients", "public_id": public_id}
    pairs = zip(COLUMNS, (*VALUES[:-1], phone), strict=True)
    return [bytes(crypto.seal(value, key, column=column, **place)) for column, value in pairs], bytes(wrapped)


def _seal_each(house: House, connection: psycopg.Connection[Any], count: int, reached: bool) -> None:
    kept = []
    with connection.transaction(), connection.cursor() as cursor:
        columns = "public_id, family_name, given_name, birth_date, phone, language, rehearsal, created_at, updated_at"
        with cursor.copy(f"COPY patients ({columns}) FROM STDIN") as copy:
            for number in range(count):
                public_id = uuid.uuid4()
                values, wrapped = _identity(public_id, f"+336{number:08d}" if reached else VALUES[-1])
                copy.write_row((public_id, *values, "fr", not reached, house.now, house.now))
                kept.append((public_id, wrapped))
        cursor.execute("CREATE TEMP TABLE wrapping (public_id uuid, wrapped bytea) ON COMMIT DROP")
        with cursor.copy("COPY wrapping FROM STDIN") as copy:
            for row in kept:
                copy.write_row(row)
        cursor.execute(
            "INSERT INTO patient_keys (patient_id, wrapped, created_at) SELECT p.id, w.wrapped, %s"
            " FROM wrapping w JOIN patients p USING (public_id)",
            (house.now,),
        )


def _borrow(house: House, connection: psycopg.Connection[Any], count: int) -> None:
    values, wrapped = _identity(uuid.uuid4())
    connection.execute(
        """
        WITH made AS (
            INSERT INTO patients (public_id, family_name, given_name, birth_date, phone, language, rehearsal,
                created_at, updated_at)
            SELECT gen_random_uuid(), %s, %s, %s, %s, 'fr', true, %s, %s FROM generate_series(1, %s)
            RETURNING id, created_at
        )
        INSERT INTO patient_keys (patient_id, wrapped, created_at) SELECT id, %s, created_at FROM made
        """,
        (*values, house.now, house.now, count, wrapped),
    )


def answered_before(
    house: House, connection: psycopg.Connection[Any], cohort: Cohort, *, days: int, answers: dict[str, Any]
) -> None:
    """One response a day on each of the last `days` days before today."""
    connection.execute(
        """
        INSERT INTO responses (public_id, patient_id, enrolment_id, version_id, key, content_digest, answers, door,
            language, due_at, received_at)
        SELECT gen_random_uuid(), e.patient_id, e.id, %(version)s, gen_random_uuid(), sha256('before'), %(answers)s,
            'phone', 'fr', %(now)s - day * interval '1 day' + interval '1 hour',
            %(now)s - day * interval '1 day' + interval '2 hours'
        FROM generate_series(%(days)s, 1, -1) day CROSS JOIN enrolments e WHERE e.id BETWEEN %(first)s AND %(last)s
        """,
        {
            "version": house.version,
            "answers": orjson.dumps(answers).decode(),
            "days": days,
            "now": house.now,
            "first": cohort.first,
            "last": cohort.last,
        },
    )


def settle_tables(connection: psycopg.Connection[Any], *tables: str) -> None:
    """Plans from real statistics, and no autovacuum catching up in the middle of a measurement."""
    for table in tables:
        connection.execute(f"VACUUM (ANALYZE) {table}")
    connection.execute("CHECKPOINT")
