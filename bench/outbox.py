"""Messages claimed and brought to an outcome, by one worker process and by two, beside the same statements bare.

No provider is called: what is measured is what the database asks of each text, two commits included.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench import cohort
from bench.house import House
from bench.timing import Figure, alternate
from notifications import outbox, settling
from notifications.providers import Outcome, OutcomeKind
from records.db import engine_options

LIMIT_SECONDS = 120
Work = Callable[[str, int, Any], int]

CLAIM = """
    UPDATE messages SET status = 'claimed', status_at = %(now)s, claimed_by = %(token)s, lease_ends_at = %(until)s
    WHERE id IN (SELECT id FROM messages WHERE status = 'queued' AND next_try_at <= %(now)s
                 ORDER BY next_try_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
    RETURNING id
"""
START = """
    UPDATE messages SET status = 'sending', status_at = %(now)s, sent_at = %(now)s, tries = tries + 1,
        provider = 'bench', lease_ends_at = %(until)s
    WHERE id = %(id)s AND status = 'claimed' AND claimed_by = %(token)s AND expires_at > %(now)s
"""
READ = """
    SELECT m.*, e.public_id FROM messages m JOIN enrolments e ON e.id = m.enrolment_id WHERE m.id = %(id)s
    FOR UPDATE OF m
"""
SETTLE = """
    UPDATE messages SET status = 'accepted', status_at = %(now)s, provider_id = %(provider_id)s, claimed_by = NULL,
        lease_ends_at = NULL
    WHERE id = %(id)s
"""
NOTE = """
    INSERT INTO contacts (enrolment_id, source, about, channel, purpose, outcome, at)
    SELECT m.enrolment_id, m.public_id, e.public_id, 'sms', m.purpose, 'sent', %(now)s
    FROM messages m JOIN enrolments e ON e.id = m.enrolment_id WHERE m.id = %(id)s
    ON CONFLICT (source) DO UPDATE SET outcome = excluded.outcome, at = excluded.at
"""


def measure(house: House, *, messages: int, repetitions: int) -> list[Figure]:
    with house.connect() as connection:
        group = cohort.make(house, connection, messages, sealed=False)
        owed = {"first": group.first, "last": group.last}
        figures = []
        for workers in (1, 2):
            bare, ours = alternate(
                [
                    lambda workers=workers: _rate(house, connection, owed, _bare, workers),
                    lambda workers=workers: _rate(house, connection, owed, _ours, workers),
                ],
                repetitions,
            )
            room = f"outbox, {workers} worker{'s' * (workers > 1)}"
            limit, mine = Figure(room, "bare", "messages/s", bare), Figure(room, "", "", ours)
            name = "claim, start, settle"
            figures += [limit, Figure(room, name, "messages/s", ours, of="bare", ratio=mine.median / limit.median)]
    return figures


def _owe(house: House, connection: psycopg.Connection[Any], owed: dict[str, int]) -> None:
    connection.execute(
        """
        INSERT INTO messages (key, purpose, enrolment_id, status_at, created_at, next_try_at, expires_at)
        SELECT 'bench:' || gen_random_uuid(), 'checkin', id, %(now)s, %(now)s, %(now)s, %(now)s + interval '1 day'
        FROM enrolments WHERE id BETWEEN %(first)s AND %(last)s
        """,
        owed | {"now": house.now},
    )
    cohort.settle_tables(connection, "messages", "contacts")


def _rate(house: House, connection: psycopg.Connection[Any], owed: dict[str, int], work: Work, workers: int) -> float:
    """Messages a second, from the moment at which every worker is ready until the last one has nothing left."""
    _owe(house, connection, owed)
    context = get_context("spawn")
    ready, done = context.Barrier(workers + 1), context.Queue()
    running = [
        context.Process(target=_worker, args=(work, house.application, ready, done), daemon=True)
        for _ in range(workers)
    ]
    for process in running:
        process.start()
    ready.wait(LIMIT_SECONDS)
    started = time.perf_counter()
    settled = sum(done.get(timeout=LIMIT_SECONDS) for _ in running)
    took = time.perf_counter() - started
    for process in running:
        process.join(LIMIT_SECONDS)
    if settled != owed["last"] - owed["first"] + 1:
        raise RuntimeError(f"{settled} messages were settled")
    return settled / took


def _worker(work: Work, address: str, ready: Any, done: Any) -> None:
    done.put(work(address, outbox.BATCH, ready))


def _bare(address: str, batch: int, ready: Any) -> int:
    settled = 0
    with psycopg.connect(address, prepare_threshold=3) as connection:
        connection.execute("SELECT 1")
        connection.commit()
        ready.wait(LIMIT_SECONDS)
        while True:
            now = datetime.now(UTC)
            values = {"now": now, "until": now + timedelta(minutes=10), "token": str(uuid.uuid4()), "limit": batch}
            claimed = [row[0] for row in connection.execute(CLAIM, values)]
            connection.commit()
            if not claimed:
                return settled
            for message in claimed:
                _send_bare(connection, values | {"id": message})
            settled += len(claimed)


def _send_bare(connection: psycopg.Connection[Any], values: dict[str, Any]) -> None:
    connection.execute(START, values)
    connection.commit()
    connection.execute(READ, values).fetchone()
    connection.execute(SETTLE, values | {"provider_id": str(uuid.uuid4())})
    connection.execute(NOTE, values)
    connection.commit()


def _ours(address: str, batch: int, ready: Any) -> int:
    engine = sa.create_engine(address.replace("://", "+psycopg://"), **engine_options())
    settled = 0
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
    ready.wait(LIMIT_SECONDS)
    while True:
        with Session(engine) as session:
            claimed = outbox.claim(session, worker="bench", now=datetime.now(UTC), limit=batch)
            session.commit()
        if not claimed.message_ids:
            return settled
        for message in claimed.message_ids:
            _send(engine, message, claimed.token)
        settled += len(claimed.message_ids)


def _send(engine: sa.Engine, message: int, token: str) -> None:
    """The two transactions of notifications.delivery, without the provider between them."""
    with Session(engine) as session:
        at = datetime.now(UTC)
        assert outbox.start_sending(session, message_id=message, token=token, provider="bench", at=at)
        session.commit()
    outcome = Outcome(OutcomeKind.ACCEPTED, provider_id=str(uuid.uuid4()))
    with Session(engine) as session:
        settling.settle(session, message_id=message, outcome=outcome, at=datetime.now(UTC))
        session.commit()
