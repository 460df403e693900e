"""Two hundred callers who watch one queue: what the first page costs, one poll, and all polls as a share of a core.

The open call-backs are patients who can be read; behind them stand as many enrolments and responses as asked for.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy import event

from bench import cohort, population
from bench.callback_queue import BARE, OPEN, PAGE
from bench.cohort import Cohort
from bench.house import House, stored_answers
from bench.timing import Figure, alternate, elapsed_ms
from records import audit, clock, crypto, staff
from records.db import db
from records.models import Role, Staff, StaffSession, Team
from triage import callbacks

EVERY_SECONDS = 10
CHANGED_ROWS = 7
"""Two hundred callers who close a call every five minutes change about so many rows between two polls."""
AT_ONCE = 100_000
OTHERS = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
CHANGE = """
    UPDATE callbacks SET version = version + 1 WHERE id IN (
        SELECT id FROM callbacks WHERE state = 'open' ORDER BY rank DESC, due_at LIMIT %s)
"""


def measure(
    house: House, *, open_callbacks: int, enrolments: int, days: int, callers: int, repetitions: int
) -> list[Figure]:
    with house.connect() as connection:
        group = cohort.make(house, connection, open_callbacks, sealed=True)
        _stand_behind(house, connection, group, enrolments, days)
        values = {"now": house.now, "first": group.first, "last": group.last}
        connection.execute(OPEN, values | {"reasons": '[{"code": "silence"}]'})
        cohort.settle_tables(connection, *population.TABLES)
    with house.app.app_context():
        tokens = [_caller(house, number) for number in range(callers)]
        db.session.commit()
    with house.connect() as watched:
        watch = Watch(house, watched, tokens)
        room = f"watching, {open_callbacks} open of {enrolments}"
        return [*_page(watch, room, repetitions), *_polls(watch, room, repetitions)]


def _stand_behind(house: House, connection: psycopg.Connection[Any], group: Cohort, enrolments: int, days: int) -> None:
    answers = stored_answers(house, "green")
    with population.lying(connection):
        cohort.answered_before(house, connection, group, days=days, answers=answers)
        for start in range(len(group), enrolments, AT_ONCE):
            more = cohort.make(house, connection, min(AT_ONCE, enrolments - start), sealed=False)
            cohort.answered_before(house, connection, more, days=days, answers=answers)


def _caller(house: House, number: int) -> str:
    """A session of one more operator, of all teams."""
    now, token = clock.now(), secrets.token_urlsafe(32)
    care = list(db.session.scalars(sa.select(Team).where(Team.id.in_(house.teams))))
    who = {"email": f"caller{number}@centre.example", "name": f"Caller {number}", "role": Role.OPERATOR}
    made, _ = staff.invite(db.session, **who, teams=care, language="fr", actor=audit.SYSTEM, now=now)
    digest, ends_at = crypto.digest_token(token), now + timedelta(hours=9)
    db.session.add(StaffSession(staff_id=made.id, token_digest=digest, created_at=now, seen_at=now, ends_at=ends_at))
    db.session.flush()
    return token


class Watch:
    """Callers before their screens, and what this process and its server spend on them."""

    def __init__(self, house: House, connection: psycopg.Connection[Any], tokens: list[str]) -> None:
        self.house, self.connection, self.tokens = house, connection, tokens
        self.client = house.app.test_client()
        self.etags: dict[str, str] = {}
        self.statements = 0
        with house.app.app_context():
            event.listen(db.engine, "before_cursor_execute", self._count)

    def _count(self, *_: object) -> None:
        self.statements += 1

    def poll(self, token: str) -> int:
        self.client.set_cookie("vigidom_staff", token)
        headers = {"If-None-Match": self.etags.get(token, ""), "X-Vigidom-Active": "0"}
        answer = self.client.get("/fr/queue/rows", headers=headers)
        assert answer.status_code in (200, 304), answer.status
        self.etags[token] = answer.headers["ETag"]
        return answer.status_code

    def change(self) -> None:
        self.connection.execute(CHANGE, (CHANGED_ROWS,))

    def spent(self) -> float:
        """Seconds of processor, of this process and of the server's processes that work for it."""
        pids = [row[0] for row in self.connection.execute(OTHERS).fetchall()]
        return time.process_time() + sum(_ticks(pid) for pid in pids) / 100


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _page(watch: Watch, room: str, repetitions: int) -> list[Figure]:
    """The page's data beside the bare SQL."""
    house = watch.house
    values = {"teams": list(house.teams), "limit": PAGE, "now": clock.now(), "staff": house.physician}
    with house.app.app_context(), psycopg.connect(house.application, autocommit=True, prepare_threshold=3) as bare:
        person = db.session.get_one(Staff, house.physician)
        acts: dict[str, Callable[[], object]] = {
            "bare SQL, 50 rows": lambda: bare.execute(BARE, values).fetchall(),
            "the page's data, 2 statements": lambda: callbacks.queue(db.session, staff=person, now=clock.now()),
            "a poll's data, 1 statement": lambda: callbacks.look(db.session, staff=person, now=clock.now()),
        }
        for act in acts.values():
            for _ in range(8):
                act()
        timed = alternate([lambda act=act: elapsed_ms(act) for act in acts.values()], repetitions * 10)
        db.session.rollback()
    base = Figure("", "", "", timed[0]).median
    return [
        Figure(room, name, "ms", values, of="bare SQL", ratio=Figure("", "", "", values).median / base)
        for name, values in zip(acts, timed, strict=True)
    ]


def _polls(watch: Watch, room: str, repetitions: int) -> list[Figure]:
    for token in watch.tokens:
        watch.poll(token)
    same = [_round(watch, code=304) for _ in range(repetitions)]
    changed = []
    for _ in range(repetitions):
        watch.change()
        changed.append(_round(watch, code=200))
    return [
        Figure(room, name, unit, tuple(round_[place] for round_ in rounds))
        for said, rounds in (("unchanged", same), (f"{CHANGED_ROWS} rows changed", changed))
        for place, name, unit in (
            (0, f"one poll, {said}", "ms"),
            (1, f"statements of it, {said}", "SQLAlchemy's"),
            (2, f"{len(watch.tokens)} callers, {said}: of one core", "%"),
        )
    ]


def _round(watch: Watch, *, code: int) -> tuple[float, float, float]:
    """Everybody polls once: mean time and statements of a poll, and the share of a core at a round every 10 s."""
    before, started, statements = watch.spent(), time.perf_counter(), watch.statements
    for token in watch.tokens:
        assert watch.poll(token) == code
    took, many = time.perf_counter() - started, len(watch.tokens)
    spent = watch.spent() - before
    return took * 1000 / many, (watch.statements - statements) / many, 100 * spent / EVERY_SECONDS
