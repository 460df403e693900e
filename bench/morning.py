"""One morning of a real installation: web processes and workers as the supervisor starts them, texts through Twilio's
own client to a stand-in on the loopback, and a town of patients and staff outside (`bench.town`).
"""

from __future__ import annotations

import base64
import secrets
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as hour
from pathlib import Path
from typing import Any

import orjson
import psycopg

from bench import cohort, servers
from bench.cohort import Cohort
from bench.house import House, as_json, stored_answers
from bench.submission import level_of
from records import clock, crypto, programmes
from records.db import db
from records.models import Staff
from triage import protocols
from triage.models import ProtocolVersion
from webapp import supervisor
from webapp.patient import reception

CONNECTIONS = 12
STAFF = 4
ASKED_AT = hour(8)
LIMIT_SECONDS = 900
BEATING = "SELECT count(*) FROM heartbeats WHERE job = 'messages'"
OPENED = "SELECT count(*) FROM checkins WHERE enrolment_id BETWEEN %(first)s AND %(last)s"
Person = dict[str, Any]


def furnish(house: House, connection: psycopg.Connection[Any], count: int) -> tuple[Cohort, list[Person]]:
    """Patients of a real programme under a signed protocol, each with a running session, none of them due."""
    with house.app.app_context():
        version = db.session.get_one(ProtocolVersion, house.protocol)
        physician, at = db.session.get_one(Staff, house.physician), house.now - timedelta(days=2)
        programme = programmes.by_slug(db.session, slug=programmes.COVID_19)
        assert programme is not None
        protocols.sign(db.session, version=version, programme=programme, physician=physician, now=at)
        db.session.commit()
    group = cohort.make(house, connection, count, sealed=True, reached=True)
    cohort.answered_before(house, connection, group, days=3, answers=stored_answers(house, "green"))
    people = _let_in(house, connection, group)
    tables = ("patients", "patient_keys", "enrolments", "responses", "patient_sessions")
    cohort.settle_tables(connection, *tables)
    return group, people


def strike_eight(connection: psycopg.Connection[Any], group: Cohort) -> float:
    """Eight o'clock strikes for all of them at once; the instant."""
    zone, morning = _zone_of_the_hour(clock.now())
    values = {"first": group.first, "last": group.last, "zone": zone, "morning": morning}
    connection.execute(
        "UPDATE enrolments SET zone = %(zone)s, next_checkin_at = %(morning)s WHERE id BETWEEN %(first)s AND %(last)s",
        values,
    )
    return time.time()


def _zone_of_the_hour(now: datetime) -> tuple[str, datetime]:
    """Where it is between eight and nine now, and eight o'clock there. Etc/GMT-2 is ahead of GMT."""
    ahead = ASKED_AT.hour - now.hour
    ahead += 24 if ahead < -11 else 0
    zone = f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"
    return zone, clock.instant(clock.local_day(now, zone), ASKED_AT, zone)


def _let_in(house: House, connection: psycopg.Connection[Any], group: Cohort) -> list[Person]:
    found = connection.execute(
        "SELECT id, public_id FROM enrolments WHERE id BETWEEN %s AND %s ORDER BY id", (group.first, group.last)
    ).fetchall()
    people = [
        {
            "enrolment": row[0],
            "owner": str(uuid.uuid5(reception.OWNERS, str(row[1]))),
            "token": secrets.token_urlsafe(32),
        }
        for row in found
    ]
    columns = "enrolment_id, token_digest, created_at, ends_at"
    with connection.cursor() as cursor, cursor.copy(f"COPY patient_sessions ({columns}) FROM STDIN") as copy:
        for one in people:
            digest = crypto.digest_token(one["token"])
            copy.write_row((one["enrolment"], digest, house.now, house.now + timedelta(hours=6)))
    return people


def write_town(
    house: House, connection: psycopg.Connection[Any], folder: Path, port: int, twilio: int, count: int, limit: float
) -> None:
    tokens = [secrets.token_urlsafe(32) for _ in range(STAFF)]
    for token in tokens:
        connection.execute(
            "INSERT INTO staff_sessions (staff_id, token_digest, created_at, seen_at, ends_at, assurance)"
            " VALUES (%s, %s, %s, %s, %s, 1)",
            (house.physician, crypto.digest_token(token), *[clock.now()] * 2, clock.now() + timedelta(hours=9)),
        )
    given = {
        "port": port,
        "twilio": twilio,
        "connections": CONNECTIONS,
        "staff": tokens,
        "count": count,
        "limit": limit,
    }
    (folder / "town.json").write_bytes(orjson.dumps(given))


@contextmanager
def running(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    town = subprocess.Popen([sys.executable, "-m", "bench.town", str(folder)])
    try:
        yield town
    finally:
        town.kill()
        town.wait()


@contextmanager
def working(house: House, port: int, twilio: int) -> Iterator[int]:
    """The pid of a worker as the supervisor starts it, whose texts go to the stand-in and to nobody else."""
    settings = replace(house.settings, port=port)
    worker = supervisor.children(settings)[1]
    worker.environment |= {
        "VIGIDOM_SMS_PROVIDER": "twilio",
        "TWILIO_ACCOUNT_SID": "AC" + "a" * 32,
        "TWILIO_AUTH_TOKEN": "f" * 32,
        "TWILIO_FROM": "+33639980000",
        "TWILIO_API_URL": f"http://127.0.0.1:{twilio}",
        "VIGIDOM_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    for name in [name for name in worker.environment if name.lower().endswith("_proxy")]:
        del worker.environment[name]
    worker.start()
    assert worker.process is not None
    try:
        yield worker.process.pid
    finally:
        worker.stop()


def await_count(
    connection: psycopg.Connection[Any], group: Cohort, outside: subprocess.Popen[bytes], query: str, count: int
) -> float:
    """The instant at which the query counts so many."""
    began = time.time()
    while time.time() - began < LIMIT_SECONDS:
        if outside.poll() is not None:
            raise RuntimeError("the town has ended")
        (found,) = connection.execute(query, {"first": group.first, "last": group.last}).fetchone() or (0,)
        if found == count:
            return time.time()
        time.sleep(0.2)
    raise RuntimeError(f"waited in vain for {count}: {query}")


def let_answer(
    connection: psycopg.Connection[Any], group: Cohort, people: list[Person], port: int, folder: Path
) -> None:
    checkins = connection.execute(
        "SELECT public_id, enrolment_id FROM checkins WHERE enrolment_id BETWEEN %s AND %s", (group.first, group.last)
    )
    with (folder / "answers").open("ab") as file:
        for public_id, enrolment in checkins:
            number = enrolment - group.first
            request = _request(people[number], public_id, level_of(number), port)
            file.write(public_id.hex.encode() + b" " + base64.b64encode(request) + b"\n")


def _request(person: Person, checkin: uuid.UUID, level: str, port: int) -> bytes:
    body = {"answers": as_json(level), "language": "fr", "completed_at": datetime.now(UTC).isoformat()}
    body |= {"owner": person["owner"], "version": "1.0.0", "checkin": str(checkin)}
    headers = {"Cookie": f"vigidom_patient={person['token']}", "Idempotency-Key": str(uuid.uuid4())}
    return servers.post("/api/answers", port, body, headers | {"Sec-Fetch-Site": "same-origin"})


def _secret() -> str:
    return secrets.token_urlsafe(32)
