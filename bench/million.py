"""Is everything still flat with a million enrolments? Each hot path in two databases of one server, by turns: ten
thousand enrolments, and all. What is due, waiting or opened is the same number in both; what lies behind it is not.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import orjson
import psycopg
from flask import Flask
from sqlalchemy.orm import Session, sessionmaker

from bench import cohort, population
from bench.callback_queue import OPEN
from bench.cohort import Cohort
from bench.house import House, as_json
from bench.population import Behind
from bench.timing import Figure, alternate, elapsed_ms
from records import audit, clock, crypto, staff
from records.db import db
from records.models import Role
from webapp import create_app
from webapp.patient import reception

SMALL = 10_000
OPENED = 2_000
"""Patients whose identity can be read: those whom the pages show. They are the same in both databases."""
CALLED = 1_000
FLAT = 1.5
WARM_UP = 10
"""Until every statement is prepared and has the plan that stays, which knows no values and may be another one."""


@dataclass
class World:
    """One of the two databases. `people` are patients with a running session, by enrolment."""

    name: str
    address: str
    app: Flask
    clinician: str
    administrator: str
    people: list[dict[str, Any]]
    physician: int
    first: int
    turn: int = 0

    def __post_init__(self) -> None:
        with self.app.app_context():
            self.engine = db.engine
        self.sessions = sessionmaker(self.engine)
        self.client = self.app.test_client()

    def next_person(self) -> dict[str, Any]:
        self.turn += 1
        return self.people[self.turn % len(self.people)]

    def read(self) -> int:
        """Rows that statements have read so far, by scans of tables and by index."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql("SELECT pg_stat_force_next_flush()")
        with psycopg.connect(self.address, autocommit=True) as connection:
            found = connection.execute(
                "SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) FROM pg_stat_user_tables"
            ).fetchone()
        assert found is not None
        return int(found[0])


def measure(house: House, *, enrolments: int, days: int, repetitions: int) -> list[Figure]:
    from bench import paths

    with worlds(house, enrolments=enrolments, days=days) as (small, large):
        return [figure for path in paths.all_paths() for figure in _figure(path, small, large, repetitions)]


def _figure(path: Any, small: World, large: World, repetitions: int) -> Iterator[Figure]:
    for world in (small, large):
        for _ in range(WARM_UP):
            path.run(world)
    reads = []
    for world in (small, large):
        before = world.read()
        path.run(world)
        reads.append(world.read() - before)
    times = alternate([lambda world=world: path.run(world) for world in (small, large)], repetitions)
    of, mine = (Figure("", "", "", values) for values in times)
    yield Figure(
        room="million",
        name=path.name,
        unit="ms",
        values=times[1],
        of=f"{of.median:.2f} ms at {SMALL}",
        ratio=mine.median / of.median,
        notes={"flat": "yes" if mine.median <= FLAT * of.median else "NO", "rows_read": f"{reads[0]}→{reads[1]}"},
    )


@contextmanager
def worlds(house: House, *, enrolments: int, days: int) -> Iterator[tuple[World, World]]:
    """Both databases. The small one is a copy taken while the large one was as small."""
    with house.connect() as connection:
        group, people, behind = _furnish(house, connection, days)
    with house.app.app_context():
        db.engine.dispose()
    with psycopg.connect(house.superuser.replace("/vigidom?", "/postgres?"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE small TEMPLATE vigidom")
    with house.connect() as connection, population.lying(connection):
        population.grow(house, connection, enrolments - SMALL, behind)
    found = [_world(house, name, group, people) for name in ("small", "vigidom")]
    for world in found:
        with psycopg.connect(world.address, autocommit=True) as connection:
            population.settle(connection)
    yield found[0], found[1]
    for world in found:
        world.engine.dispose()


def _furnish(house: House, connection: psycopg.Connection[Any], days: int) -> tuple[Cohort, list[Any], Behind]:
    """The patients who are read, one real answer of theirs as the model of all others, and call-backs that wait."""
    group = cohort.make(house, connection, OPENED, sealed=True)
    connection.execute("UPDATE enrolments SET enrolled_at = %s - id * interval '1 second'", (house.now,))  # the newest
    people = _sessions(house, connection, group)
    with house.app.test_client() as client:
        submit(client, people[0])
    found = connection.execute("SELECT id FROM responses").fetchone()
    assert found is not None
    behind = Behind(int(found[0]), days)
    with population.lying(connection):
        population.index_all(connection, group)
        population.live(house, connection, group, behind)
        population.grow(house, connection, SMALL - OPENED, behind)
    reasons = orjson.dumps([{"code": "silence"}]).decode()
    called = {"now": house.now, "first": group.first, "last": group.first + CALLED - 1, "reasons": reasons}
    connection.execute(OPEN, called)
    return group, people, behind


def _sessions(house: House, connection: psycopg.Connection[Any], group: Cohort) -> list[dict[str, Any]]:
    found = connection.execute(
        "SELECT id, public_id FROM enrolments WHERE id BETWEEN %s AND %s ORDER BY id", (group.first, group.last)
    ).fetchall()
    people = [
        {"enrolment": row[0], "public_id": row[1], "token": secrets.token_urlsafe(32), "owner": _owner(row[1])}
        for row in found
    ]
    columns = "enrolment_id, token_digest, created_at, ends_at"
    with connection.cursor() as cursor, cursor.copy(f"COPY patient_sessions ({columns}) FROM STDIN") as copy:
        for one in people:
            ends_at = house.now + timedelta(hours=6)
            copy.write_row((one["enrolment"], crypto.digest_token(one["token"]), house.now, ends_at))
    return people


def _owner(public_id: uuid.UUID) -> str:
    return str(uuid.uuid5(reception.OWNERS, str(public_id)))


def submit(client: Any, person: dict[str, Any], level: str = "green") -> None:
    body = {"answers": as_json(level), "language": "fr", "owner": person["owner"], "version": "1.0.0"}
    headers = {"Idempotency-Key": str(uuid.uuid4()), "Sec-Fetch-Site": "same-origin"}
    client.set_cookie("vigidom_patient", person["token"])
    answer = client.post("/api/answers", json=body, headers=headers)
    assert answer.status_code == 201, answer.text


def _world(house: House, name: str, group: Cohort, people: list[Any]) -> World:
    url = (house.settings.database_url or "").replace("/vigidom?", f"/{name}?")
    app = create_app(replace(house.settings, database_url=url))
    with app.app_context():
        clinician = _signed_in(db.session, house.physician)
        who = {"email": "admin@centre.example", "name": "Administrator", "role": Role.ADMINISTRATOR, "teams": []}
        made, _ = staff.invite(db.session, **who, language="en", actor=audit.SYSTEM, now=clock.now())
        administrator = _signed_in(db.session, made.id)
        db.session.commit()
    address = house.superuser.replace("/vigidom?", f"/{name}?")
    return World(name, address, app, clinician, administrator, people, house.physician, group.first)


def _signed_in(session: Session, staff_id: int) -> str:
    from records.models import StaffSession

    token, now = secrets.token_urlsafe(32), clock.now()
    digest = crypto.digest_token(token)
    session.add(
        StaffSession(
            staff_id=staff_id, token_digest=digest, created_at=now, seen_at=now, ends_at=now + timedelta(hours=9)
        )
    )
    session.flush()
    return token


__all__ = ["Figure", "elapsed_ms", "measure"]
