"""The limit of a submission: Flask, a psycopg pool and orjson, no session, no validation, no rules.

`/rows` writes in one WITH of hand-written SQL, from values worked out beforehand, the very rows that a real submission
writes. `/two` inserts the response and reads the last one, which is the least that storing an answer could mean.
"""

from __future__ import annotations

import os
import signal
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from flask import Flask, Response, request
from psycopg_pool import ConnectionPool

from records import embedded

ROWS = """
    WITH response AS (
        INSERT INTO responses (public_id, patient_id, enrolment_id, checkin_id, version_id, key, content_digest,
            answers, door, language, late, due_at, completed_at, received_at)
        VALUES (%(response)s, %(patient)s, %(enrolment)s, %(checkin)s, %(version)s, %(key)s, %(digest)s, %(answers)s,
            'phone', 'fr', false, %(due_at)s, %(now)s, %(now)s)
        RETURNING id
    ), assessment AS (
        INSERT INTO assessments (public_id, response_id, enrolment_id, protocol_version_id, level, call_15, facts,
            limits, explanation, assessed_at)
        SELECT %(assessment)s, id, %(enrolment)s, %(protocol)s, %(level)s, false, %(facts)s, '{}', %(explanation)s,
            %(now)s FROM response
        RETURNING id
    ), answered AS (
        UPDATE checkins SET state = 'answered', closed_at = %(now)s WHERE id = %(checkin)s AND state = 'open'
    ), head AS (
        INSERT INTO audit_heads AS known (subject_kind, subject_id, length, hash)
        VALUES ('enrolment', %(subject)s, 1, sha256(%(canonical)s))
        ON CONFLICT (subject_kind, subject_id) DO UPDATE SET
            length = known.length + 1, hash = sha256(known.hash || int8send(known.length + 1) || %(canonical)s)
        RETURNING length, hash
    ), entry AS (
        INSERT INTO audit_entries (subject_kind, subject_id, number, at, canonical, hash)
        SELECT 'enrolment', %(subject)s, length, %(now)s, %(canonical)s, hash FROM head
    )
"""
CALM = ROWS + " SELECT id FROM response"
ALERTING = (
    ROWS
    + """
    , callback AS (
        INSERT INTO callbacks AS known (enrolment_id, team_id, rank, opened_at, due_at)
        VALUES (%(enrolment)s, %(team)s, %(rank)s, %(now)s, %(now)s)
        ON CONFLICT (enrolment_id) WHERE state = 'open' DO UPDATE SET
            rank = greatest(known.rank, excluded.rank), version = known.version + 1
        RETURNING id
    ), alert AS (
        INSERT INTO alerts (key, enrolment_id, callback_id, kind, rank, assessment_id, checkin_id, reasons, raised_at,
            due_at)
        SELECT %(alert)s, %(enrolment)s, callback.id, 'answers', %(rank)s, assessment.id, %(checkin)s, %(reasons)s,
            %(now)s, %(now)s FROM callback, assessment
    )
    SELECT id FROM response
"""
)
INSERT = """
    INSERT INTO responses (public_id, patient_id, enrolment_id, checkin_id, version_id, key, content_digest, answers,
        door, language, due_at, completed_at, received_at)
    VALUES (%(response)s, %(patient)s, %(enrolment)s, %(checkin)s, %(version)s, %(key)s, %(digest)s, %(answers)s,
        'phone', 'fr', %(due_at)s, %(now)s, %(now)s)
"""
LAST = """
    SELECT public_id, due_at, answers FROM responses WHERE enrolment_id = %(enrolment)s AND due_at < %(due_at)s
    ORDER BY due_at DESC, id DESC LIMIT 1
"""


def create_app(address: str, prepared: dict[str, dict[str, Any]]) -> Flask:
    """`prepared` has, by level, the stored answers, facts, explanation and reasons as JSON text."""
    app = Flask(__name__)
    pool = ConnectionPool(
        address, min_size=4, max_size=4, open=True, kwargs={"autocommit": True, "prepare_threshold": 3}
    )

    def values() -> dict[str, Any]:
        sent = orjson.loads(request.get_data())
        response, now = uuid.uuid4(), datetime.now(UTC)
        given = {**sent["ids"], **prepared[sent["level"]], "response": response, "now": now}
        return given | {"assessment": uuid.uuid4(), "alert": f"answers:{response}", "key": uuid.UUID(sent["key"])}

    @app.post("/rows")
    def rows() -> Response:
        given = values()
        with pool.connection() as connection:
            connection.execute(ALERTING if given["rank"] else CALM, given)
        return _answer(given)

    @app.post("/two")
    def two() -> Response:
        given = values()
        with pool.connection() as connection:
            connection.execute(INSERT, given)
            connection.execute(LAST, given).fetchone()
        return _answer(given)

    return app


def _answer(given: dict[str, Any]) -> Response:
    content = orjson.dumps({"response": str(given["response"]), "level": given["level"], "call_15": False})
    return Response(content, 201, mimetype="application/json")


def _prepared(file: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = orjson.loads(file.read_bytes())
    digests = {"digest": b"d" * 32, "canonical": b"c" * 420}  # as long as real ones
    return {level: {**values, **digests} for level, values in found.items()}


if "BENCH_PREPARED" in os.environ:
    embedded.follow_parent(signal.SIGTERM)
    app = create_app(os.environ["BENCH_DATABASE"], _prepared(Path(os.environ["BENCH_PREPARED"])))
