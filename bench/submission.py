"""The main operation: a patient's answers over HTTP, stored, assessed and audited, beside two bare routes."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import orjson
import psycopg

from bench import cohort, servers
from bench.cohort import Cohort
from bench.house import House, as_json_of_somebody, stored_answers
from bench.timing import Figure
from records import crypto
from triage.levels import Level
from webapp.patient import reception

CONNECTIONS = (1, 8, 16)
WARM_UP = 200
MIX = ("red",) * 3 + ("orange",) * 12 + ("green",) * 85
COUNTED = ("responses", "assessments", "alerts", "audit_entries")


@dataclass
class Route:
    """One way in: its patients, and the check-ins that nobody has answered yet."""

    name: str
    path: str
    server: servers.Server
    people: list[dict[str, Any]]
    asked: Iterator[tuple[int, dict[str, Any]]]
    results: dict[int, list[dict[str, float]]] = field(default_factory=dict)


def measure(house: House, *, patients: int, requests: int, repetitions: int) -> list[Figure]:
    """Rounds of every route in turn, at each number of connections."""
    needed = WARM_UP + requests * len(CONNECTIONS) * repetitions
    with ExitStack() as stack, house.connect() as connection:
        real = stack.enter_context(servers.serving(house))
        groups = [_people(house, connection, patients, -(-needed // patients)) for _ in range(3)]
        cohort.settle_tables(connection, "patients", "enrolments", "responses", "checkins", "patient_sessions")
        routes = [Route("Vigidom", "/api/answers", real, *groups[0])]
        routes[0].results[0] = [_burst(house, connection, routes[0], 8, WARM_UP)]
        bare = stack.enter_context(servers.serving(house, "bench.bare:app", **_prepare_bare(house, connection)))
        routes.append(Route("bare, same rows", "/rows", bare, *groups[1]))
        routes.append(Route("bare, two statements", "/two", bare, *groups[2]))
        for route in routes[1:]:
            route.results[0] = [_burst(house, connection, route, 8, WARM_UP)]
        for _ in range(repetitions):
            for connections in CONNECTIONS:
                for route in routes:
                    found = _burst(house, connection, route, connections, requests)
                    route.results.setdefault(connections, []).append(found)
    return [figure for connections in CONNECTIONS for figure in _figures(routes, connections)]


def _burst(
    house: House, connection: psycopg.Connection[Any], route: Route, connections: int, count: int
) -> dict[str, float]:
    """One burst, and proof from the tables that it wrote what it should have."""
    asked = [next(route.asked) for _ in range(count)]
    levels = [level_of(number) for number, _ in asked]
    requests = [_request(route, checkin, level) for (_, checkin), level in zip(asked, levels, strict=True)]
    before = _rows(connection)
    found = servers.burst(house.folder, route.server, connections, requests, expected="201")
    written = tuple(now - then for now, then in zip(_rows(connection), before, strict=True))
    alerting = sum(level != "green" for level in levels)
    expected = (count, 0, 0, 0) if route.path == "/two" else (count, count, alerting, count)
    if written != expected:
        raise RuntimeError(f"{route.name}: expected rows {dict(zip(COUNTED, expected, strict=True))}, got {written}")
    return found


def level_of(number: int) -> str:
    """A fixed scatter of the mix: 85 % green, 12 % orange, 3 % red."""
    return MIX[number * 37 % len(MIX)]


def _rows(connection: psycopg.Connection[Any]) -> tuple[int, ...]:
    counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in COUNTED)
    return connection.execute(f"SELECT {counts}").fetchone() or ()


def _request(route: Route, checkin: dict[str, Any], level: str) -> bytes:
    person, key = route.people[checkin["person"]], str(uuid.uuid4())
    body: dict[str, Any] = {
        "answers": as_json_of_somebody(level),
        "language": "fr",
        "completed_at": datetime.now(UTC).isoformat(),
    }
    if route.path != "/api/answers":
        ids = {name: person[name] for name in ("enrolment", "patient", "team", "subject")}
        ids |= {"checkin": checkin["id"], "due_at": checkin["opens_at"].isoformat()}
        return servers.post(route.path, route.server.port, body | {"ids": ids, "level": level, "key": key}, {})
    body |= {"owner": person["owner"], "version": "1.0.0", "checkin": str(checkin["public_id"])}
    headers = {
        "Cookie": f"vigidom_patient={person['token']}",
        "Idempotency-Key": key,
        "Sec-Fetch-Site": "same-origin",
    }
    return servers.post(route.path, route.server.port, body, headers)


def _people(
    house: House, connection: psycopg.Connection[Any], count: int, checkins: int
) -> tuple[list[dict[str, Any]], Iterator[tuple[int, dict[str, Any]]]]:
    """Patients with three answers behind them, a running session each, and `checkins` open check-ins each."""
    group = cohort.make(house, connection, count, sealed=True)
    cohort.answered_before(house, connection, group, days=3, answers=stored_answers(house, "green"))
    people = _sessions(house, connection, group)
    asked = _checkins(house, connection, group, checkins)
    return people, enumerate(asked)


def _sessions(house: House, connection: psycopg.Connection[Any], group: Cohort) -> list[dict[str, Any]]:
    found = connection.execute(
        "SELECT id, public_id, patient_id, team_id FROM enrolments WHERE id BETWEEN %s AND %s ORDER BY id",
        (group.first, group.last),
    ).fetchall()
    people = []
    columns = "enrolment_id, token_digest, created_at, ends_at"
    with connection.cursor() as cursor, cursor.copy(f"COPY patient_sessions ({columns}) FROM STDIN") as copy:
        for enrolment, public_id, patient, team in found:
            token = secrets.token_urlsafe(32)
            copy.write_row((enrolment, crypto.digest_token(token), house.now, house.now + timedelta(hours=6)))
            ids = {"enrolment": enrolment, "patient": patient, "team": team, "subject": str(public_id)}
            owner = str(uuid.uuid5(reception.OWNERS, str(public_id)))
            people.append({**ids, "token": token, "owner": owner})
    return people


def _checkins(house: House, connection: psycopg.Connection[Any], group: Cohort, each: int) -> Iterator[dict[str, Any]]:
    """In the order of asking: a patient answers an older one before a newer one, and no one twice in a row."""
    found = connection.execute(
        """
        INSERT INTO checkins (enrolment_id, local_on, slot, opens_at, closes_at)
        SELECT e.id, %(now)s::date + n, 'bench', %(now)s - (%(each)s - n) * interval '1 minute',
            %(now)s + interval '6 hours'
        FROM generate_series(0, %(each)s - 1) n CROSS JOIN enrolments e WHERE e.id BETWEEN %(first)s AND %(last)s
        ORDER BY n, e.id
        RETURNING id, public_id, enrolment_id, opens_at
        """,
        {"now": house.now, "each": each, "first": group.first, "last": group.last},
    ).fetchall()
    names = ("id", "public_id", "enrolment", "opens_at")
    rows = (dict(zip(names, row, strict=True)) for row in found)
    return iter([row | {"person": row["enrolment"] - group.first} for row in rows])


def _prepare_bare(house: House, connection: psycopg.Connection[Any]) -> dict[str, str]:
    """What the bare routes write, worked out beforehand: taken from real submissions of the same answers."""
    prepared = {}
    for level in ("green", "orange", "red"):
        found = connection.execute(
            """
            SELECT r.answers::text, a.facts::text, a.explanation::text, coalesce(l.reasons, '[]')::text
            FROM assessments a JOIN responses r ON r.id = a.response_id LEFT JOIN alerts l ON l.assessment_id = a.id
            WHERE a.level = %s ORDER BY a.id DESC LIMIT 1
            """,
            (level,),
        ).fetchone()
        if found is None:
            raise RuntimeError(f"no real submission came out {level}")
        values = dict(zip(("answers", "facts", "explanation", "reasons"), found, strict=True))
        rank = 0 if level == "green" else int(Level.from_code(level))
        prepared[level] = values | {
            "level": level,
            "rank": rank,
            "version": house.version,
            "protocol": house.protocol,
        }
    file = house.folder / "prepared.json"
    file.write_bytes(orjson.dumps(prepared))
    return {"BENCH_PREPARED": str(file), "BENCH_DATABASE": house.application}


def _figures(routes: Sequence[Route], connections: int) -> list[Figure]:
    limits = {route.path: median(run["rate"] for run in route.results[connections]) for route in routes}
    figures = []
    for route in routes:
        runs = route.results[connections]
        notes = {name: f"{median(run[name] for run in runs):.1f}ms" for name in ("p50", "p99")}
        notes["web_cpu"] = f"{median(run['cpu'] for run in runs):.0f}µs"
        if route.path == "/api/answers":
            notes["of_two_statements"] = f"{limits[route.path] / limits['/two']:.2f}"
        figures.append(
            Figure(
                room=f"submission, {connections} conn.",
                name=route.name,
                unit="requests/s",
                values=tuple(run["rate"] for run in runs),
                of="bare, same rows" if route.path != "/rows" else "",
                ratio=limits[route.path] / limits["/rows"] if route.path != "/rows" else None,
                notes=notes,
            )
        )
    return figures
