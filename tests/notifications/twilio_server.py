"""A stand-in for Twilio on the loopback: behaves as scripted, and holds every request against Twilio's own OpenAPI."""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import openapi_core
from openapi_core.datatypes import RequestParameters
from werkzeug.datastructures import Headers, ImmutableMultiDict

ACCOUNT = "AC" + "a" * 32
TOKEN = "f" * 32
MESSAGES, ONE = (
    re.compile(r"/(Messages(/\{Sid\})?|Accounts/\{AccountSid\}/Calls(/\{Sid\})?)\.json$"),
    re.compile(r"/Messages/(\w+)\.json$"),
)
ONE_CALL = re.compile(r"/Calls/(\w+)\.json$")
SPECIFICATION = Path(__file__).parents[3] / "shared" / "data" / "twilio" / "twilio_api_v2010.json"


@lru_cache
def specification() -> openapi_core.OpenAPI | None:
    """Twilio's description of its API, cut down to messages and calls; None on a machine without the file."""
    if not SPECIFICATION.exists():
        return None
    document = json.loads(SPECIFICATION.read_text())
    document["paths"] = {path: item for path, item in document["paths"].items() if MESSAGES.search(path)}
    return openapi_core.OpenAPI.from_dict(document)


@dataclass
class AsOpenApi:
    """One request in the shape that openapi-core reads."""

    method: str
    path: str
    query: dict[str, str]
    headers: Headers
    body: bytes
    host_url: str = "https://api.twilio.com"
    parameters: RequestParameters = field(init=False)

    def __post_init__(self) -> None:
        self.parameters = RequestParameters(query=ImmutableMultiDict(self.query), header=self.headers)

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "")


@dataclass
class Script:
    """What the server does next, and what it saw. Each behaviour serves one sending; then `accept` goes on."""

    behaviours: deque[Callable[[Handler, dict[str, str]], None]] = field(default_factory=deque)
    sent: list[dict[str, str]] = field(default_factory=list)
    listed: list[dict[str, str]] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    looked: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    held: list[dict[str, Any]] = field(default_factory=list)
    pairs: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)
    closes_unread: bool = False
    list_status: int = 200
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def then(self, *behaviours: Callable[[Handler, dict[str, str]], None]) -> None:
        self.behaviours.extend(behaviours)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    script: Script

    def handle(self) -> None:
        self.script = self.server.script  # type: ignore[attr-defined]
        if not self.script.closes_unread:
            with suppress(ConnectionError):  # the client died
                super().handle()

    def log_message(self, *_: object) -> None: ...

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._hold_against_specification(body)
        form = dict(parse_qsl(body.decode()))
        self.script.sent.append(form)
        updated = ONE_CALL.search(urlsplit(self.path).path)
        self.script.updated.extend([updated[1]] if updated else [])
        behave = self.script.behaviours.popleft() if self.script.behaviours else accept
        behave(self, form)

    def do_GET(self) -> None:
        self._hold_against_specification(b"")
        asked, sid = dict(parse_qsl(urlsplit(self.path).query)), ONE.search(self.path)
        if sid:
            self.script.looked.append(sid[1])
        else:
            self.script.listed.append(asked)
        if self.script.list_status != 200:
            self.answer(self.script.list_status, {"code": self.script.list_status, "message": "no", "status": 503})
        elif sid:
            self._one(sid[1])
        else:
            self._list(asked)

    def _one(self, sid: str) -> None:
        found = next((made for made in self.script.held if made["sid"] == sid), None)
        self.answer(200 if found else 404, found or {"code": 20404, "message": "not found", "status": 404})

    def _list(self, asked: dict[str, str]) -> None:
        found = [made for made in reversed(self.script.held) if made["to"] == asked["To"]]
        self.answer(200, {"messages": found, "page": 0, "page_size": 100, "next_page_uri": None, "uri": self.path})

    def _hold_against_specification(self, body: bytes) -> None:
        api, asked = specification(), urlsplit(self.path)
        if api is None:
            return
        request = AsOpenApi(
            self.command.lower(), asked.path, dict(parse_qsl(asked.query)), Headers(self.headers.items()), body
        )
        self.script.faults.extend(str(error) for error in api.iter_request_errors(request))

    def answer(self, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def accept(handler: Handler, form: dict[str, str]) -> None:
    handler.answer(201, keep(handler, form))


def end_call(handler: Handler, form: dict[str, str]) -> None:
    """Hangs up a call that goes on, under the id in the address."""
    made = next(made for made in handler.script.held if made["sid"] == handler.script.updated[-1])
    made["status"] = form["Status"]
    handler.answer(200, made)


def keep(handler: Handler, form: dict[str, str], status: str = "queued") -> dict[str, Any]:
    """What Twilio holds of a text or a call that it took over."""
    made = {
        "sid": ("CA" if "Twiml" in form else "SM") + uuid.uuid4().hex,
        "account_sid": ACCOUNT,
        "to": form["To"],
        "from": form.get("From"),
        "body": form.get("Body"),
        "status": status,
        "direction": "outbound-api",
        "date_created": format_datetime(handler.script.clock().astimezone(UTC)),
        "date_sent": None,
        "error_code": None,
    }
    handler.script.held.append(made)
    handler.script.pairs.append((form, made))
    return made


def refuse(status: int, code: int) -> Callable[[Handler, dict[str, str]], None]:
    def behave(handler: Handler, _: dict[str, str]) -> None:
        handler.answer(status, {"code": code, "message": "scripted", "more_info": "", "status": status})

    return behave


def fail(status: int) -> Callable[[Handler, dict[str, str]], None]:
    """A gateway's page instead of Twilio's JSON."""

    def behave(handler: Handler, _: dict[str, str]) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", "4")
        handler.end_headers()
        handler.wfile.write(b"oops")

    return behave


def hang_after_taking_over(handler: Handler, form: dict[str, str]) -> None:
    keep(handler, form)
    handler.script.release.wait(30)
    handler.close_connection = True


def drop_after_taking_over(handler: Handler, form: dict[str, str]) -> None:
    keep(handler, form)
    handler.close_connection = True


def drop_before_taking_over(handler: Handler, _: dict[str, str]) -> None:
    handler.close_connection = True


def answer_nonsense(handler: Handler, form: dict[str, str]) -> None:
    if "To" in form:
        keep(handler, form)
    handler.send_response(201)
    handler.send_header("Content-Length", "4")
    handler.end_headers()
    handler.wfile.write(b"<ok>")


@contextmanager
def serving() -> Iterator[tuple[str, Script]]:
    """The address of a running stand-in, and its script. Fails at the end when a request broke the specification."""
    specification()  # read before the first request, which has a deadline
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.script = script = Script()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", script
    finally:
        script.release.set()
        server.shutdown()
        thread.join()
        server.server_close()
    assert script.faults == []
