"""Processes that die at the n-th step of what they do to the database, as kill -9 would have it.

`python -m tests.dying` has everything loaded, no thread and no connection, and forks one child for each order: cheaper
than a new interpreter, and as dead. A step is the moment before or after a statement, and before or after a commit.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session, sessionmaker

from notifications import jobs
from notifications.providers.twilio import TwilioProvider
from records.db import db, engine_options
from tests.notifications import twilio_server
from tests.statements import cursors
from webapp import config, create_app

Order = dict[str, Any]
APP: Flask


class Steps:
    """Counts, and ends the process at step `at`; never, when it is None.

    With `after_only` the moments before statements are left out: whoever is left cannot tell them from the moment after
    what came before them, so they only cost time where the steps are many.
    """

    def __init__(self, engine: sa.Engine, at: int | None, *, after_only: bool = False) -> None:
        self.count, self.at = 0, at
        telling = cursors((lambda _: None) if after_only else self._step, self._step)
        sa.event.listen(engine, "checkout", lambda connection, *_: setattr(connection, "cursor_factory", telling))
        sa.event.listen(engine, "commit", self._step)
        sa.event.listen(Session, "after_commit", self._step)

    def _step(self, *_: object) -> None:
        self.count += 1
        if self.count == self.at:
            os._exit(9)


def answer(order: Order) -> dict[str, Any]:
    """One request to the web application."""
    with APP.app_context():
        Steps(db.engine, order["at"])
    client = APP.test_client()
    client.set_cookie("vigidom_patient", order["token"])
    said = client.post("/api/answers", json=order["body"], headers=order["headers"])
    return {"status": said.status_code, "json": said.get_json()}


def beat(order: Order) -> dict[str, Any]:
    """One beat of the worker's texts."""
    engine = sa.create_engine(config.read().database_url or "", **engine_options())
    Steps(engine, order["at"], after_only=True)
    provider = TwilioProvider(
        account_sid=twilio_server.ACCOUNT, auth_token=twilio_server.TOKEN, sender="+33644600000", api_url=order["api"]
    )
    now = datetime.fromisoformat(order["now"])
    return jobs.run(sessionmaker(engine), provider, now=now, worker="dying", public_url=order["public_url"])


ACTS: dict[str, Callable[[Order], dict[str, Any]]] = {"answer": answer, "beat": beat}


def main() -> None:
    """An order on each line of standard input; on each line of standard output what it gave, or null of a dead one."""
    APP.test_client().get("/fr/enter")  # loads what is loaded by the first request
    with APP.app_context():
        db.engine.dispose()
    for line in sys.stdin:
        order = json.loads(line)
        read, write = os.pipe()
        if os.fork() == 0:
            _obey(order, write)
        os.close(write)
        with os.fdopen(read) as answered:
            told = answered.read()
        os.wait()
        sys.stdout.write((told or "null") + "\n")
        sys.stdout.flush()


def _obey(order: Order, write: int) -> None:
    code = 1
    try:
        os.write(write, json.dumps(ACTS[order["act"]](order)).encode())
        code = 0
    finally:
        os._exit(code)


class Mortals:
    """Gives orders to processes that may die of them."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def do(self, act: str, *, at: int | None = None, **order: Any) -> dict[str, Any] | None:
        """What the act gave; None when its process died at step `at`."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"act": act, "at": at, **order}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@contextmanager
def mortals(settings: config.Settings) -> Iterator[Mortals]:
    """Processes on the database and with the keys of `settings`."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    own = {"DATABASE_URL": settings.database_url or "", "VIGIDOM_DATA": str(settings.data)}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.dying"],
        cwd=Path(__file__).parents[1],
        env=kept | own | {"VIGIDOM_PUBLIC_URL": settings.public_url},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield Mortals(process)
        assert process.stdin is not None
        process.stdin.close()


if __name__ == "__main__":
    APP = create_app(config.read())
    main()
