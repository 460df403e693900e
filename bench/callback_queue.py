"""The queue's first page with many call-backs open, beside the least SQL that would fill it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench import cohort
from bench.cohort import Cohort
from bench.house import House, stored_answers
from bench.timing import Figure, alternate, elapsed_ms
from records import clock
from records.db import engine_options
from records.models import Staff
from triage import callbacks

PAGE = 50
BARE = """
    SELECT c.public_id, c.rank, c.due_at, e.public_id, p.family_name, p.given_name, p.birth_date, last.answers
    FROM (SELECT b.* FROM unnest(%(teams)s::bigint[]) team (id) CROSS JOIN LATERAL (
              SELECT * FROM callbacks WHERE team_id = team.id AND state = 'open'
              ORDER BY rank DESC, due_at LIMIT %(limit)s) b
          ORDER BY b.rank DESC, b.due_at LIMIT %(limit)s) c
    JOIN enrolments e ON e.id = c.enrolment_id JOIN patients p ON p.id = e.patient_id
    LEFT JOIN LATERAL (SELECT answers FROM responses r WHERE r.enrolment_id = e.id
                       ORDER BY r.due_at DESC, r.id DESC LIMIT 1) last ON true
    ORDER BY c.rank DESC, c.due_at
"""
"""Patient and last response of the first page of several teams; no alerts, no course of seven days, no counts."""

COUNTS = """
    SELECT rank, count(*) FROM callbacks WHERE team_id = ANY(%(teams)s::bigint[]) AND state = 'open' GROUP BY rank
"""
OPEN = """
    WITH callback AS (
        INSERT INTO callbacks (enrolment_id, team_id, rank, opened_at, due_at)
        SELECT e.id, e.team_id, CASE WHEN e.id %% 20 = 0 THEN 40 ELSE 20 END,
            %(now)s - (e.id %% 600) * interval '1 minute', %(now)s + (60 - e.id %% 600) * interval '1 minute'
        FROM enrolments e WHERE e.id BETWEEN %(first)s AND %(last)s
        RETURNING id, enrolment_id, rank, opened_at, due_at
    )
    INSERT INTO alerts (key, enrolment_id, callback_id, kind, rank, reasons, raised_at, due_at)
    SELECT 'bench:' || id, enrolment_id, id, 'answers', rank, %(reasons)s, opened_at, due_at FROM callback
"""


def measure(house: House, *, open_callbacks: int, repetitions: int) -> list[Figure]:
    with house.connect() as connection:
        group = cohort.make(house, connection, open_callbacks, sealed=True)
        cohort.answered_before(house, connection, group, days=7, answers=stored_answers(house, "green"))
        _open(house, connection, group)
        cohort.settle_tables(connection, "patients", "patient_keys", "enrolments", "responses", "callbacks", "alerts")
    options = engine_options(application_name="bench")
    engine = sa.create_engine(house.application.replace("://", "+psycopg://"), **options)
    with Session(engine) as session, psycopg.connect(house.application, autocommit=True, prepare_threshold=3) as bare:
        staff = session.get_one(Staff, house.physician)
        found = _timed(house, session, staff, bare, repetitions)
    engine.dispose()
    return [_figure(name, values, found["bare SQL, 50 rows"], open_callbacks) for name, values in found.items()]


def _open(house: House, connection: psycopg.Connection[Any], group: Cohort) -> None:
    reasons = orjson.dumps([{"rule": "temperature_high"}]).decode()
    values = {"now": house.now, "first": group.first, "last": group.last, "reasons": reasons}
    connection.execute(OPEN, values)


def _timed(
    house: House, session: Session, staff: Staff, bare: psycopg.Connection[Any], repetitions: int
) -> dict[str, tuple[float, ...]]:
    values = {"teams": list(house.teams), "limit": PAGE, "now": clock.now(), "staff": staff.id}

    def read_bare() -> None:
        assert len(bare.execute(BARE, values).fetchall()) == PAGE

    def read_page() -> None:
        assert len(callbacks.queue(session, staff=staff, now=clock.now()).rows) == PAGE

    acts: dict[str, Callable[[], object]] = {
        "bare SQL, 50 rows": read_bare,
        "bare SQL, the counts": lambda: bare.execute(COUNTS, values).fetchall(),
        "first page with counts": read_page,
        "unchanged poll (etag)": lambda: callbacks.etag(session, staff=staff, now=clock.now()),
    }
    for act in acts.values():
        for _ in range(5):  # until every statement is prepared on its connection
            act()
    timed = [lambda act=act: elapsed_ms(act) for act in acts.values()]
    return dict(zip(acts, alternate(timed, repetitions), strict=True))


def _figure(name: str, values: tuple[float, ...], limit: tuple[float, ...], open_callbacks: int) -> Figure:
    base = Figure("", "", "", limit).median
    figure = Figure(f"queue, {open_callbacks} open", name, "ms", values)
    if name.startswith("bare"):
        return figure
    return Figure(figure.room, name, "ms", values, of="bare SQL, 50 rows", ratio=figure.median / base)
