"""Messages claimed and brought to an outcome, by one worker process and by two, beside the same statements bare.

The provider accepts at once: what is measured is what the database asks, and as many texts on their way as the worker
has lanes. Bare are the same statements for the same groups, and one text at a time with two commits for each.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from multiprocessing import get_context
from statistics import median
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import sessionmaker

from bench import cohort
from bench.house import House
from bench.timing import Figure, alternate
from notifications import handover, outbox
from notifications.handover import Delivery
from notifications.providers import LookUp, LookUpKind, Outcome, OutcomeKind, Text
from records.db import engine_options

LIMIT_SECONDS = 120
LANES = 4  # as webapp.worker has; importing that would cost each process seconds
Work = Callable[[str, Any], int]
Run = tuple[float, float]
"""Texts a second, and processor time of our side, in microseconds for each."""

CLAIM = """
    UPDATE messages SET status = 'claimed', status_at = %(now)s, claimed_by = %(token)s, lease_ends_at = %(until)s
    WHERE id IN (SELECT id FROM messages WHERE status = 'queued' AND next_try_at <= %(now)s
                 ORDER BY next_try_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
    RETURNING id
"""
START = """
    UPDATE messages SET status = 'sending', status_at = %(now)s, sent_at = %(now)s, tries = tries + 1,
        provider = 'bench', lease_ends_at = %(until)s
    WHERE id = ANY(%(ids)s) AND status = 'claimed' AND claimed_by = %(token)s AND expires_at > %(now)s
"""
SETTLE = """
    UPDATE messages m SET status = 'accepted', status_at = %(now)s, provider_id = t.provider_id, claimed_by = NULL,
        lease_ends_at = NULL
    FROM unnest(%(ids)s::bigint[], %(provider_ids)s::text[]) AS t (id, provider_id) WHERE m.id = t.id
"""
NOTE = """
    INSERT INTO contacts (enrolment_id, source, about, channel, purpose, outcome, at)
    SELECT m.enrolment_id, m.public_id, e.public_id, 'sms', m.purpose, 'sent', %(now)s
    FROM messages m JOIN enrolments e ON e.id = m.enrolment_id WHERE m.id = ANY(%(ids)s)
    ON CONFLICT (source) DO UPDATE SET outcome = excluded.outcome, at = excluded.at
"""


def measure(house: House, *, messages: int, repetitions: int) -> list[Figure]:
    with house.connect() as connection:
        group = cohort.make(house, connection, messages, sealed=False)
        owed = {"first": group.first, "last": group.last}
        figures = []
        for workers in (1, 2):
            acts = [partial(_run, house, connection, owed, work, workers) for work in SIDES.values()]
            runs = dict(zip(SIDES, alternate(acts, repetitions), strict=True))
            figures += _compared(f"outbox, {workers} worker{'s' * (workers > 1)}", runs)
    return figures


def _compared(room: str, runs: dict[str, tuple[Run, ...]]) -> list[Figure]:
    limit = median(rate for rate, _ in runs["bare"])
    return [
        Figure(
            room,
            name,
            "messages/s",
            tuple(rate for rate, _ in found),
            of="" if name == "bare" else "bare",
            ratio=None if name == "bare" else median(rate for rate, _ in found) / limit,
            notes={"client_cpu_us": round(median(cpu for _, cpu in found))},
        )
        for name, found in runs.items()
    ]


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


def _run(house: House, connection: psycopg.Connection[Any], owed: dict[str, int], work: Work, workers: int) -> Run:
    """From the moment at which every worker is ready until the last one has nothing left."""
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
    told = [done.get(timeout=LIMIT_SECONDS) for _ in running]
    took = time.perf_counter() - started
    for process in running:
        process.join(LIMIT_SECONDS)
    settled = sum(texts for texts, _ in told)
    if settled != owed["last"] - owed["first"] + 1:
        raise RuntimeError(f"{settled} messages were settled")
    return settled / took, sum(cpu for _, cpu in told) / settled * 1_000_000


def _worker(work: Work, address: str, ready: Any, done: Any) -> None:
    class Ready:
        """Waits for the others; what was spent until then is not counted."""

        spent = 0.0

        def wait(self) -> None:
            ready.wait(LIMIT_SECONDS)
            self.spent = time.process_time()

    begin = Ready()
    settled = work(address, begin)
    done.put((settled, time.process_time() - begin.spent))


def _bare(address: str, ready: Any, *, group: int = LANES) -> int:
    settled = 0
    with psycopg.connect(address, prepare_threshold=3) as connection:
        connection.execute("SELECT 1")
        connection.commit()
        ready.wait()
        while True:
            now = datetime.now(UTC)
            values = {"now": now, "until": now + timedelta(minutes=10), "token": str(uuid.uuid4())}
            values["limit"] = outbox.BATCH
            claimed = [row[0] for row in connection.execute(CLAIM, values)]
            connection.commit()
            if not claimed:
                return settled
            _send_bare(connection, values, claimed, group)
            settled += len(claimed)


def _send_bare(connection: psycopg.Connection[Any], values: dict[str, Any], claimed: list[int], group: int) -> None:
    """The next group is started in the commit that settles the last, unless each text goes alone."""
    waiting = iter(claimed)
    while some := list(islice(waiting, group)):
        given = values | {"ids": some, "provider_ids": [str(uuid.uuid4()) for _ in some]}
        connection.execute(START, given)
        connection.commit()
        connection.execute(SETTLE, given)
        connection.execute(NOTE, given)
        if group == 1:
            connection.commit()
    connection.commit()


def _one_by_one(address: str, ready: Any) -> int:
    return _bare(address, ready, group=1)


class Accepts:
    """A provider that takes everything over at once."""

    name = "bench"
    reaches_people = False

    def send(self, _: Text) -> Outcome:
        return Outcome(OutcomeKind.ACCEPTED, provider_id=str(uuid.uuid4()))

    def find(self, _: Text) -> LookUp:
        return LookUp(LookUpKind.IMPOSSIBLE)

    def look(self, _: str) -> LookUp:
        return LookUp(LookUpKind.IMPOSSIBLE)


def _ours(address: str, ready: Any) -> int:
    engine = sa.create_engine(address.replace("://", "+psycopg://"), **engine_options())
    sessions = sessionmaker(engine)
    delivery = Delivery(sessions, Accepts(), "https://bench.example", lambda: datetime.now(UTC), LANES)
    counts: Counter[str] = Counter()
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
    ready.wait()
    while True:
        with sessions.begin() as session:
            claim = outbox.claim(session, worker="bench", now=datetime.now(UTC))
        if not claim.message_ids:
            return counts["accepted"]
        handover.deliver(delivery, claim, ((message, _text()) for message in claim.message_ids), counts)


def _text() -> Text:
    now = datetime.now(UTC)
    told = {"to": "", "body": "", "link": "", "callback_url": "", "synthetic": True}
    return Text(message_public_id=uuid.uuid4(), at=now, expires_at=now, **told)  # type: ignore[arg-type]


SIDES: dict[str, Work] = {"bare": _bare, "bare, text by text": _one_by_one, "claim, start, settle": _ours}
