"""A rehearsal that people look on at: the web application and the invented patients on one clock that runs fast.

Everything is in one process, for two machines' clocks cannot run fast together; the server is the development one, for
a handful of people on this machine.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import click
from flask import Flask, url_for
from werkzeug.serving import WSGIRequestHandler, make_server

from records import audit, clock, staff, teams
from records.db import db
from records.models import Role
from webapp import supervisor
from webapp.config import Settings
from webapp.rehearsal.rehearsing import rehearse
from webapp.rehearsal.stage import TEAM

LOOKERS_ON = (Role.OPERATOR, Role.PHYSICIAN, Role.SUPERVISOR, Role.ADMINISTRATOR)


@dataclass
class FastClock:
    """Shows `starts_at` until it is started, then `speed` seconds for each second of a clock that nobody can set."""

    starts_at: datetime
    speed: float
    ticks: Callable[[], float] = time.monotonic
    started: float | None = field(default=None)

    def start(self) -> None:
        self.started = self.ticks()

    def present(self) -> datetime:
        if self.started is None:
            return self.starts_at
        return self.starts_at + timedelta(seconds=(self.ticks() - self.started) * self.speed)

    def wait(self, until: datetime, stop: threading.Event) -> datetime:
        """Started by the first who waits: what was lived through before took its own time."""
        if self.started is None:
            self.start()
        stop.wait(max(0.0, (until - self.present()).total_seconds() / self.speed))
        return max(until, self.present())


class Quiet(WSGIRequestHandler):
    """Without a line per request: links of patients are in addresses, and what is printed is for who looks on."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@contextmanager
def served(app: Flask, *, host: str, port: int, fast: FastClock) -> Iterator[None]:
    """The application on this clock, until the block ends."""
    server = make_server(host, port, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, name="rehearsal-web", daemon=True)
    with clock.living_by(fast.present):
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join(timeout=10)
            server.server_close()


def look_on(
    app: Flask,
    settings: Settings,
    *,
    patients: int,
    days: int,
    seed: int,
    slug: str,
    hours: int,
    speed: float,
    callers: int | None,
    starts_at: datetime,
) -> None:
    """Rehearse `days` at once, then `hours` from `starts_at` at `speed` beside whoever looks on; prints where. Ctrl-C
    ends it.
    """
    stop, fast = threading.Event(), FastClock(starts_at, speed)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    supervisor.check_port(settings.host, settings.port, patience=0)
    with served(app, host=settings.host, port=settings.port, fast=fast):
        for role, link in _set_up_links(app, settings):
            click.echo(f"  {role:<14} {link}")
        table = rehearse(
            db.session,
            settings,
            patients=patients,
            days=days + hours / 24,
            seed=seed,
            slug=slug,
            ends_at=fast.starts_at + timedelta(hours=hours),
            stop=stop,
            progress=lambda text: click.echo(f"  {text}"),
            pace=fast,
            callers=callers,
        )
    click.echo(table.as_text())


def _set_up_links(app: Flask, settings: Settings) -> list[tuple[str, str]]:
    """One person of each role in the rehearsal's team, whose password whoever looks on chooses."""
    now, links = clock.now(), []
    team = next((one for one in teams.everyone(db.session) if one.name == TEAM), None)
    team = team or teams.create(db.session, name=TEAM, actor=audit.SYSTEM, now=now)
    for role in LOOKERS_ON:
        told = {"email": f"{role.value}@vigidom.example", "name": f"{role.value.capitalize()} looking on"}
        _, token = staff.invite(db.session, **told, role=role, teams=[team], actor=audit.SYSTEM, now=now)
        with app.test_request_context():
            links.append((role.value, settings.public_url + url_for("auth.set_up", language="fr", token=token)))
    db.session.commit()
    return links
