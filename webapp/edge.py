"""What stands between the web server and Flask: bodies that end early or never, and exceptions that nobody caught.

The server hands on a body that was cut off as if it were whole, waits for one that never comes until the connection
ends, and prints the text of an exception that leaves the application. None of the three may happen here: half a form
is not what somebody wrote, telephones lose their network in mid-sending, and exceptions may quote what a patient said.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import structlog
from flask import Flask, abort, request

from records import texts

log = structlog.get_logger(__name__)

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
PATIENCE_SECONDS = 30
"""How long a body may take. A reverse proxy that hands on whole bodies never lets it come to this."""
LOOK_SECONDS = 0.5


def init(app: Flask) -> None:
    """First of all hooks, before any that reads a form."""
    app.before_request(_refuse_without_length)


def _refuse_without_length() -> None:
    """411: without a length nobody could tell a whole body from the beginning of one."""
    if "Transfer-Encoding" in request.headers:
        abort(411)


class Body:
    """A body that is being waited for from its first reading on; `since` in seconds of the monotonic clock."""

    def __init__(self, source: Any, awaited: dict[int, float]) -> None:
        self.source, self.awaited, self.since = source, awaited, 0.0

    def read(self, size: int = -1) -> bytes:
        self.since = self.since or time.monotonic()
        self.awaited[id(self)] = self.since
        try:
            found: bytes = self.source.read(size) if size >= 0 else self.source.read()
            return found
        finally:
            del self.awaited[id(self)]


class Edge:
    """Wraps the application as one process of a web server runs it.

    A body that does not come holds one of the few threads, and nothing can take it away from there. So when one was
    awaited for too long and no other request is in work, `end` ends the process, which loses nothing and is started
    again.
    """

    def __init__(self, application: Application, *, end: Callable[[int], Any] = os._exit) -> None:
        self.application, self.end = application, end
        self.awaited: dict[int, float] = {}
        self.at_work: set[int] = set()
        threading.Thread(target=self._watch, daemon=True).start()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        # The server's word that it ends bodies itself: without it the length is counted, and a lack is a 400.
        environ.pop("wsgi.input_terminated", None)
        environ["wsgi.input"] = Body(environ["wsgi.input"], self.awaited)
        self.at_work.add(id(environ))
        try:
            return self.application(environ, start_response)
        except Exception as error:
            log.error("request.escaped", exc_info=error)
            return _sorry(start_response)
        finally:
            self.at_work.discard(id(environ))

    def _watch(self) -> None:
        while not self.is_stuck(time.monotonic()):
            time.sleep(LOOK_SECONDS)
        log.error("web.stuck", bodies=len(self.awaited))
        self.end(1)

    def is_stuck(self, now: float) -> bool:
        """Whether a body is overdue while nothing but bodies is waited for."""
        awaited = list(self.awaited.values())
        return any(now - since > PATIENCE_SECONDS for since in awaited) and len(self.at_work) <= len(awaited)


def _sorry(start_response: Callable[..., Any]) -> Iterable[bytes]:
    sentence = texts.translator(texts.DEFAULT).gettext(
        "Something went wrong on our side. Wait a minute, then look whether your change is there before sending again."
    )
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")]
    start_response("500 Internal Server Error", [*headers, ("X-Content-Type-Options", "nosniff")])
    return [sentence.encode()]
