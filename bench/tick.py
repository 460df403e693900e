"""Opening the check-ins of everybody whose hour has come, beside the two bare statements with the same key."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench import cohort
from bench.cohort import Cohort
from bench.house import House
from bench.timing import Figure, alternate, elapsed_ms
from questionnaires import jobs
from records.db import engine_options

USUAL_MINUTE = 695
"""Of a million enrolments, one minute's share of a day."""
CHUNK = 20_000

INSERT = """
    INSERT INTO checkins (enrolment_id, local_on, slot, opens_at, closes_at)
    SELECT id, %(now)s::date, 'morning', next_checkin_at, next_checkin_at + interval '4 hours'
    FROM enrolments WHERE state = 'active' AND next_checkin_at <= %(now)s
    ON CONFLICT (enrolment_id, local_on, slot) DO NOTHING
"""
ADVANCE = """
    UPDATE enrolments SET next_checkin_at = next_checkin_at + interval '1 day'
    WHERE state = 'active' AND next_checkin_at <= %(now)s
"""


def measure(house: House, *, enrolments: int, repetitions: int) -> list[Figure]:
    """Every round is another day, so that neither side ever meets a key that stands already."""
    engine = sa.create_engine(house.application.replace("://", "+psycopg://"), **engine_options())
    with house.connect() as connection:
        connection.execute("UPDATE enrolments SET next_checkin_at = next_checkin_at + interval '10 years'")
        group = cohort.make(house, connection, enrolments, sealed=False)
        days = (house.now.date() + timedelta(days=n) for n in count(1))
        figures = []
        for name, due in (("everybody due at once", len(group)), ("the usual minute", USUAL_MINUTE)):
            limits: list[float] = []
            noons = (datetime.combine(day, time(14), UTC) for day in days)
            bare, ours = alternate(
                [
                    lambda due=due, noons=noons, limits=limits: _bare(connection, group, due, next(noons), limits),
                    lambda due=due, noons=noons: _ours(connection, engine, group, due, next(noons)),
                ],
                repetitions,
            )
            figures += _figures(f"tick, {due} due of {len(group)}", name, bare, ours, limits)
    engine.dispose()
    return figures


def _make_due(connection: psycopg.Connection[Any], group: Cohort, due: int, noon: datetime) -> None:
    """`due` enrolments wait for eight o'clock of that day in their own zone, the others for another year."""
    values = {"first": group.first, "last": group.last, "step": len(group) // due, "due": due, "noon": noon}
    connection.execute(
        "UPDATE enrolments SET next_checkin_at = %(noon)s + interval '1 year'"
        " WHERE id BETWEEN %(first)s AND %(last)s AND next_checkin_at <= %(noon)s + interval '30 days'",
        values,
    )
    connection.execute(
        """
        UPDATE enrolments SET next_checkin_at = (%(day)s::date + time '08:00') AT TIME ZONE zone
        WHERE id BETWEEN %(first)s AND %(last)s AND (id - %(first)s) %% %(step)s = 0
          AND (id - %(first)s) / %(step)s < %(due)s
        """,
        values | {"day": noon.date()},
    )
    cohort.settle_tables(connection, "enrolments", "checkins")


def _bare(connection: psycopg.Connection[Any], group: Cohort, due: int, noon: datetime, inserts: list[float]) -> float:
    _make_due(connection, group, due, noon)
    values = {"now": noon}
    made = 0

    def insert() -> None:
        nonlocal made
        made = connection.execute(INSERT, values).rowcount

    inserts.append(elapsed_ms(insert))
    advanced = elapsed_ms(lambda: connection.execute(ADVANCE, values))
    _check(made, due)
    return inserts[-1] + advanced


def _ours(connection: psycopg.Connection[Any], engine: sa.Engine, group: Cohort, due: int, noon: datetime) -> float:
    _make_due(connection, group, due, noon)
    made = 0

    def tick() -> None:
        """As the worker does it: chunk by chunk, each committed, while more is due."""
        nonlocal made
        while True:
            with Session(engine) as session:
                made += jobs.open_checkins(session, now=noon, limit=CHUNK)
                session.commit()
                if not jobs.more_due(session, now=noon):
                    return

    took = elapsed_ms(tick)
    _check(made, due)
    return took


def _check(made: int, due: int) -> None:
    if made != due:
        raise RuntimeError(f"{due} check-ins were due and {made} were made")


def _figures(
    room: str, name: str, bare: tuple[float, ...], ours: tuple[float, ...], inserts: list[float]
) -> list[Figure]:
    limit = Figure(room, "bare INSERT and UPDATE", "ms", bare)
    mine = Figure(room, name, "ms", ours)
    return [
        Figure(room, "bare INSERT … SELECT alone", "ms", tuple(inserts)),
        limit,
        Figure(room, name, "ms", ours, of="bare INSERT and UPDATE", ratio=mine.median / limit.median),
    ]
