"""Bytes that only a real server sees: cut off, never ending, lying about their length, with a second request inside."""

from __future__ import annotations

import json
import socket
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from questionnaires.models import Response
from records import clock, doors
from tests.running import CHECKOUT, free_port, until
from tests.webapp import patient_room
from webapp import supervisor
from webapp.config import Settings
from webapp.patient import reception

pytestmark = pytest.mark.drill

FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
CUT = f"{FORM}Content-Length: 90\r\n"
CLOSE = "Connection: close\r\n"
HEALTH = f"GET /health HTTP/1.1\r\nHost: a\r\n{CLOSE}\r\n"
SECONDS = 20


@dataclass
class Server:
    port: int

    def open(self, sent: bytes | str) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), SECONDS)
        connection.sendall(sent.encode("latin-1") if isinstance(sent, str) else sent)
        return connection

    def answers(self, sent: bytes | str, *, cut: bool = False) -> bytes:
        """All that comes back until the server closes; a sender who cut it off sends no more."""
        with closing(self.open(sent)) as connection:
            if cut:
                connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def status(self, sent: bytes | str, *, cut: bool = False) -> int:
        return int(self.answers(sent, cut=cut).split(maxsplit=2)[1])

    @property
    def is_up(self) -> bool:
        try:
            return self.status(HEALTH) == 200
        except (OSError, IndexError):  # nobody there, or the server ended before it answered
            return False


@pytest.fixture(scope="module")
def server(migrated_app: Flask, settings: Settings) -> Iterator[Server]:
    """The supervisor's own web server, one process with two threads, on the database of the tests."""
    port = free_port()
    child = supervisor.children(replace(settings, port=port, web_processes=1))[0]
    child.command = [*child.command[:-1], "--working-dir", str(CHECKOUT), "tests.impatient:app"]
    child.environment |= {"DATABASE_URL": settings.database_url or "", "VIGIDOM_DATA": str(settings.data)}
    child.environment |= {"VIGIDOM_PUBLIC_URL": settings.public_url, "VIGIDOM_MODE": "demonstration"}
    child.start()
    try:
        found = Server(port)
        until(lambda: child.process and (child.process.poll() is not None or found.is_up), "it answers")
        yield found
    finally:
        child.stop()


def asked(path: str = "/fr/enter", *, method: str = "POST", headers: str = "", body: str = "") -> str:
    return f"{method} {path} HTTP/1.1\r\nHost: a\r\n{headers}\r\n{body}"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (asked(headers=f"{FORM}Content-Length: 300000\r\n", body="a=" + "x" * 299_998), 413),
        (asked(headers=f"{FORM}Content-Length: 999999999999999999\r\n", body="a=b"), 413),
        (asked(headers=f"{FORM}Content-Length: 99999999999999999999999\r\n", body="a=b"), 400),
        (asked(headers=f"{FORM}Content-Length: -3\r\n", body="a=b"), 400),
        (asked(headers=f"{FORM}Content-Length: 3\r\nContent-Length: 4\r\n", body="a=b"), 400),
        (asked(headers=CUT, body="a=b"), 400),
        (asked(headers=f"{FORM}Transfer-Encoding: chunked\r\n", body="3\r\na=b\r\n0\r\n\r\n"), 411),
        (asked(headers=f"{FORM}Transfer-Encoding: chunked\r\n", body="ffffffff\r\na=b"), 411),
        (asked("/api/answers", headers="Transfer-Encoding: chunked\r\n", body="2\r\n{}\r\n0\r\n\r\n"), 411),
        (asked(headers=f"{FORM}Transfer-Encoding: xchunked\r\n", body="a=b"), 400),
        (asked(headers=f"{FORM}Transfer-Encoding : chunked\r\n", body="0\r\n\r\n"), 400),
        (asked("/fr/" + "x" * 70_000, method="GET"), 414),
        (asked("/health", method="GET", headers=f"X: {'x' * 600_000}\r\n"), 431),
        (asked("/health", method="GET", headers="".join(f"X{n}: x\r\n" for n in range(200))), 431),
        (asked("/health", method="GET", headers="X: a\0b\r\n"), 400),
        (asked("/health", method="GET", headers="X: a\r\n b\r\n"), 400),
        (asked("/fr/q/\xe9\xff", method="GET"), 400),
        (asked("/fr/enter?a=\xe9", method="GET"), 400),
        (asked("/fr/q/%e9%ff%00", method="GET"), 404),
        (asked("/fr/queue", method="FOO"), 405),
        (asked("evil.example:443", method="CONNECT"), 404),
        (asked("*", method="OPTIONS"), 404),
        ("\x16\x03\x01\x02\0\x01\0\r\n\r\n", 400),
        ("GET /health HTTP/9.9\r\n\r\n", 400),
        (asked("/fr/enter", method="GET", headers="Accept-Language: \xe9\xff\r\nCookie: vigidom_staff=\xe9\r\n"), 200),
    ],
    ids=lambda value: repr(value[:0]) if isinstance(value, str) else str(value),
)
def test_a_broken_request_is_refused_with_the_status_that_says_why(server: Server, sent: str, status: int) -> None:
    answer = server.answers(sent.replace("Host: a", f"{CLOSE}Host: a", 1), cut=CUT in sent)

    assert int(answer.split(maxsplit=2)[1]) == status
    assert b"Traceback" not in answer


@pytest.mark.parametrize(
    "inside", [FORM + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", f"Content-Length: {5 + len(HEALTH)}\r\n"]
)
def test_a_request_hidden_in_the_body_of_another_is_not_answered(server: Server, inside: str) -> None:
    answer = server.answers(asked("/fr/nowhere", headers=inside, body="0\r\n\r\n" + HEALTH))

    assert answer.count(b"HTTP/1.1 ") == 1
    assert b'"ok"' not in answer


def test_answers_that_were_cut_off_are_not_taken_for_whole_ones(server: Server, session: Session) -> None:
    """Even where what arrived can be read as it is: a form cut off between two fields always can."""
    enrolment = patient_room.make_followed(session)
    token = doors.start_session(session, enrolment=enrolment, now=clock.now())
    session.commit()
    said = {"owner": reception.owner_of(enrolment), "answers": patient_room.as_json(patient_room.GREEN)}
    body = json.dumps(said)
    headers = f"Cookie: vigidom_patient={token}\r\nIdempotency-Key: {uuid.uuid4()}\r\nSec-Fetch-Site: same-origin\r\n"
    headers += f"{CLOSE}Content-Type: application/json\r\nContent-Length: "

    assert server.status(asked("/api/answers", headers=f"{headers}{len(body) + 1}\r\n", body=body), cut=True) == 400
    assert session.scalars(sa.select(Response)).all() == []
    session.rollback()
    assert server.status(asked("/api/answers", headers=f"{headers}{len(body)}\r\n", body=body)) == 201


def test_connections_that_die_in_mid_body_leave_no_thread_behind(server: Server) -> None:
    for _ in range(8):
        server.open(asked(headers=CUT, body="a=b")).close()

    assert server.is_up


def test_bodies_that_never_come_do_not_stop_the_others_for_ever(server: Server) -> None:
    """Two threads wait for two bodies. That process ends itself, and is started again."""
    never = asked(headers=CUT, body="a=")
    with closing(server.open(never)), closing(server.open(never)) as one:
        one.sendall(b"b")
        assert one.recv(1000) == b""
    until(lambda: server.is_up, "the service answers again")
