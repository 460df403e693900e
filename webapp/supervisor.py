"""`vigidom run`: the database, the web processes and the worker in one terminal, started and stopped together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from records import embedded
from records.embedded import die_with_parent
from webapp.config import Settings

log = structlog.get_logger(__name__)

STOP_LIMIT_SECONDS = 20
PORT_FREE_WITHIN_SECONDS = 3
RESTART_DELAYS_SECONDS = (1, 2, 5, 10, 30)
STEADY_SECONDS = 30
"""Whoever lived this long did not end because of how it was started."""


class PortTaken(RuntimeError):
    """Something else listens where the web application should."""


@dataclass
class Child:
    """One process that has to run; `deaths` counts how often in a row it ended by itself soon after its start."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    when_orphaned: signal.Signals = signal.SIGTERM
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    started_at: float = field(default=0.0)
    restart_at: float = field(default=0.0)

    def start(self) -> None:
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            self.command,
            stdin=subprocess.DEVNULL,
            env=self.environment,
            start_new_session=True,
            preexec_fn=die_with_parent(self.when_orphaned),
        )

    def watch(self) -> None:
        """Start it again when it has ended, waiting longer each time it ends soon."""
        if self.process is not None and self.process.poll() is None:
            return
        if self.process is not None:
            if time.monotonic() - self.started_at > STEADY_SECONDS:
                self.deaths = 0
            delay = RESTART_DELAYS_SECONDS[min(self.deaths, len(RESTART_DELAYS_SECONDS) - 1)]
            log.warning("child_ended", child=self.name, code=self.process.returncode, restart_in=delay)
            self.process, self.deaths, self.restart_at = None, self.deaths + 1, time.monotonic() + delay
        if time.monotonic() >= self.restart_at:
            self.start()

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@dataclass
class Database:
    """The embedded server, started again when it has ended, whoever had started it."""

    server: embedded.Server
    restart_at: float = field(default=0.0)

    def watch(self) -> None:
        if embedded.is_running(self.server.folder) or time.monotonic() < self.restart_at:
            return
        log.warning("database_ended")
        try:
            self.server.start()
        except embedded.ServerFailed as error:  # the processes of a killed server may take a moment to end
            log.error("database_not_started", reason=str(error))
            self.restart_at = time.monotonic() + RESTART_DELAYS_SECONDS[0]

    def stop(self) -> None:
        self.server.stop()


def check_port(host: str, port: int, *, patience: float = 0) -> None:
    """Raise PortTaken when another process answers there; several of our own would share the port in silence.

    For `patience` seconds it may be what a killed start left behind, which is just ending.
    """
    deadline = time.monotonic() + patience
    while (reason := _taken(host, port)) is not None:
        if time.monotonic() > deadline:
            raise PortTaken(f"{host}:{port} cannot be used ({reason}): stop what runs there, or set VIGIDOM_PORT")
        time.sleep(0.2)


def _taken(host: str, port: int) -> str | None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            return error.strerror
    return None


def _listens(settings: Settings) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - read, not bound
    try:
        with socket.create_connection((host, settings.port), timeout=1):
            return True
    except OSError:
        return False


def children(settings: Settings) -> list[Child]:
    environment = {**os.environ, "VIGIDOM_SUPERVISED": str(os.getpid())}
    web = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", settings.host]
    web += ["--port", str(settings.port), "--workers", str(settings.web_processes), "--blocking-threads", "2"]
    web += ["--backlog", "512", "--http", "1", "--no-ws"]
    web += ["--http1-header-read-timeout", "10000", "--log-level", "warning"]
    web += ["--respawn-failed-workers", "--respawn-interval", "1"]
    web += ["--workers-kill-timeout", "10", "webapp.wsgi:app"]
    worker = [sys.executable, "-m", "webapp.cli", "worker"]
    # An orphaned server that took its time would hold the port against the next start.
    return [Child("web", web, environment, signal.SIGKILL), Child("worker", worker, environment)]


def run(
    processes: Sequence[Child | Database], stop: threading.Event, *, settings: Settings, when_up: Callable[[], None]
) -> None:
    """Keep `processes` running until `stop` is set, then end them in the opposite order; `when_up` is called once, when
    the web application answers.
    """
    told = False
    try:
        while not stop.is_set():
            for child in processes:
                child.watch()
            if not told and _listens(settings):
                told = True
                when_up()
            stop.wait(0.2)
    finally:
        for child in reversed(processes):
            child.stop()
