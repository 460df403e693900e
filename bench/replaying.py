"""A draft replayed on millions of stored answers, from the table to the result: beside a COPY of the same columns that
nobody looks at, beside the columns alone in memory, and beside the scalar evaluator on a sample.

The assessments are copies of a few hundred real ones, of answers drawn at random, spread over four weeks. Their
explanations are left out, for a replay reads none; with them a million takes some two gigabytes more.
"""

from __future__ import annotations

import os
import random
import time
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import psycopg
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.orm import Session

from bench import cohort, population
from bench.assessing import RULES, twenty_rules
from bench.house import House
from bench.timing import Figure
from records import clock, driver
from records.db import db
from records.models import Programme
from triage import documents
from triage.assess import assess, compile_protocol, reassess
from triage.documents import Document
from triage.facts import Inputs, SourceKind, gather
from triage.replay import reading
from triage.replay.running import run, side
from triage.replay.wanted import together

WEEKS = 4
A_DAY_EACH = 2
TEMPLATES = 300
SAMPLE = 20_000
AT_ONCE = 250_000
OF = "COPY of the same columns"
DRAWN = random.Random(3)
ONE_PROCESS = "SET max_parallel_workers_per_gather = 0"
"""On both sides, so that the processor time of the server is that of one process."""


def measure(house: House, *, rows: int, repetitions: int) -> list[Figure]:
    with house.app.app_context(), house.connect() as connection:
        patients = max(1, rows // (WEEKS * 7 * A_DAY_EACH))
        made = cohort.make(house, connection, patients, sealed=False)
        _fill(house, connection, made, rows)
        found: dict[str, list[float]] = {name: [] for name in ("copy", "replay")}
        notes: dict[str, Any] = {}
        for _ in range(repetitions):
            seconds, copied = _copied(house, connection)
            found["copy"].append(rows / seconds)
            notes = _replayed(house)
            found["replay"].append(rows / notes.pop("seconds"))
        scalar = _scalar(connection)
        copy, replays = tuple(found["copy"]), tuple(found["replay"])
        size = connection.execute("SELECT pg_total_relation_size('assessments') / 1e9").fetchone()
        told = {"answers": rows, "patients": patients, "GB": f"{size[0]:.1f}" if size else "", "cpu": copied}
        return [
            Figure("replay", OF, "rows/s", copy, notes=told),
            Figure("replay", f"replay, {RULES} rules twice", "rows/s", replays, OF, max(replays) / max(copy), notes),
            Figure("replay", "scalar evaluator, one protocol", "rows/s", (scalar,), OF, scalar / max(copy)),
        ]


def _pair() -> tuple[Document, Document]:
    """Twenty rules, and the same with two other limits."""
    against = twenty_rules().document
    limits = {"temperature_orange_high": Decimal("38.5"), "spo2_orange": Decimal("95")}
    return replace(against, limits=documents.limits_with(against, limits)), against


def _fill(house: House, connection: psycopg.Connection[Any], made: cohort.Cohort, rows: int) -> None:
    connection.execute("CREATE TEMP TABLE template (number int PRIMARY KEY, level text, facts jsonb, limits jsonb)")
    with connection.cursor() as cursor, cursor.copy("COPY template FROM STDIN") as copy:
        for number in range(TEMPLATES):
            copy.write_row((number, *_template(number)))
    with population.lying(connection):
        for start in range(0, rows, AT_ONCE):
            connection.execute(
                """
                INSERT INTO assessments (public_id, response_id, enrolment_id, protocol_version_id, level, call_15,
                    facts, limits, explanation, assessed_at, relived_at, relived_same)
                SELECT gen_random_uuid(), g + 1, %(first)s + g %% %(patients)s, %(protocol)s, t.level, false, t.facts,
                    t.limits, '{}', %(begins)s + g * (%(length)s / %(rows)s), %(now)s, true
                FROM generate_series(%(start)s::bigint, %(end)s) g JOIN template t ON t.number = g * 7919 %% %(kinds)s
                ORDER BY g
                """,
                {
                    "first": made.first,
                    "patients": len(made),
                    "protocol": house.protocol,
                    "begins": house.now - timedelta(weeks=WEEKS, hours=12),
                    "length": timedelta(weeks=WEEKS),
                    "rows": rows,
                    "now": house.now,
                    "start": start,
                    "end": min(start + AT_ONCE, rows) - 1,
                    "kinds": TEMPLATES,
                },
            )
    cohort.settle_tables(connection, "assessments", "enrolments", "patients")


def _template(number: int) -> tuple[str, str, str]:
    """One in fifty has a limit of their own; three in a hundred measures are missing."""
    answers = {name: _drawn(name) for name in ("temperature", "heart-rate", "respiratory-rate", "spo2")}
    answers |= {"breathlessness": DRAWN.choice(["none"] * 20 + ["slight-effort"]), "breathlessness-change": "same"}
    answers |= {name: DRAWN.random() < 0.005 for name in ("fainted", "cannot-eat-drink", "chest-pain", "blue-lips")}
    answers |= {"confusion": False, "chills": "none", "malaise": "none", "confinement": "fine"}
    patient = {"risk_tier": "standard", "lives_alone": False, "has_oximeter": True, "day_of_illness": number % 14}
    history = {"missed_checkins_in_a_row": 0, "failed_calls": 0, "last_level": "green"}
    origins = {SourceKind.PREVIOUS: "2b0c9c1e-6d5f-4a38-9f51-0d5f3c8c2f10 2026-11-11T08:00:00+00:00"}
    given = Inputs(answers=answers, previous=answers, patient=patient, history=history, origins=origins)
    protocol = compile_protocol(documents.from_library("covid-19"))
    own = {"spo2_red": Decimal(88)} if number % 50 == 0 else {}
    found = assess(protocol, gather(protocol.facts.values(), given), own_limits=own)
    return found.level.code, orjson.dumps(found.facts).decode(), orjson.dumps(found.own_limits).decode()


def _drawn(name: str) -> object:
    if DRAWN.random() < 0.03:
        return None
    low, high = {"heart-rate": (58, 112), "respiratory-rate": (12, 23), "spo2": (93, 99)}.get(name, (362, 391))
    value = DRAWN.randint(low, high)
    return Decimal(value).scaleb(-1) if name == "temperature" else value


def _copied(house: House, connection: psycopg.Connection[Any]) -> tuple[float, str]:
    """Seconds of the very statement of a replay over the whole period, sent and thrown away; processor time of both."""
    needed = together(*(side(document).wanted for document in _pair()))
    (group,) = reading.groups(db.session(), [house.protocol], needed)
    db.session.rollback()
    statement = group.extract.between(house.now - timedelta(weeks=WEEKS + 1), house.now)
    copying = sql.SQL("COPY ({}) TO STDOUT (FORMAT BINARY)").format(statement)
    connection.execute(ONE_PROCESS)
    started, used, rows = time.perf_counter(), _used(connection), 0
    with connection.cursor() as cursor, cursor.copy(copying) as stream:
        for _ in stream:
            rows += 1
    return time.perf_counter() - started, _told(used, _used(connection), rows)


def _used(connection: psycopg.Connection[Any]) -> tuple[float, float]:
    """Seconds of a processor, of this process and of the server's for the connection."""
    fields = Path(f"/proc/{connection.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
    return time.process_time(), (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _told(before: tuple[float, float], after: tuple[float, float], rows: int) -> str:
    here, there = ((late - early) / rows * 1e6 for early, late in zip(before, after, strict=True))
    return f"{here:.1f}+{there:.1f}µs/row"


def _replayed(house: House) -> dict[str, Any]:
    draft, against = _pair()
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here on
    before = _memory("VmRSS")
    with Session(db.engine) as session:
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        session.execute(text(ONE_PROCESS))
        line = driver.under(session)
        used = _used(line)
        programme = session.get_one(Programme, house.programme)
        to_on = clock.local_day(house.now, programme.zone)
        days = {"from_on": to_on - timedelta(days=WEEKS * 7 + 1), "to_on": to_on}
        found = run(session, document=draft, against=against, programme=programme, now=house.now, **days)
        cpu = _told(used, _used(line), found["rows"])
    return {
        "seconds": found["seconds"],
        "cpu": cpu,
        "read": found["rows"],
        "before": f"{before:.0f}MB",
        "peak": f"{_memory('VmHWM'):.0f}MB",
        "gained": found["gained"],
        "lost": found["lost"],
    }


def _memory(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))


def _scalar(connection: psycopg.Connection[Any]) -> float:
    """Reading and judging SAMPLE rows one by one, as they would be lived again."""
    protocol = compile_protocol(_pair()[0])
    started = time.perf_counter()
    rows = connection.execute("SELECT facts, limits FROM assessments ORDER BY id LIMIT %s", (SAMPLE,)).fetchall()
    for facts, limits in rows:
        reassess(protocol, facts=facts, own_limits=limits)
    return len(rows) / (time.perf_counter() - started)
