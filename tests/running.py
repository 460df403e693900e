"""`vigidom run` as people start it: real processes with a database, a port and an environment of their own."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import psycopg

from records import embedded

CHECKOUT = Path(__file__).parents[1]
PATIENCE = 60
Found = TypeVar("Found")


def until(look: Callable[[], Found], what: str, seconds: float = PATIENCE) -> Found:
    """The first true answer of `look`; fails with `what` was awaited when none comes in time."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:.0f} s in vain: {what}")
        time.sleep(0.05)
    return found


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


class Process(NamedTuple):
    """A process by number and birth, since numbers are used again."""

    pid: int
    born: int
    command: str

    @property
    def is_alive(self) -> bool:
        return self in _processes()

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


def _processes() -> dict[Process, int]:
    """Every process that is no zombie, with its parent's number."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # ended while we were reading
            state, parent, *rest = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            if state != "Z":
                found[Process(int(folder.name), int(rest[17]), command)] = int(parent)
    return found


def below(pid: int) -> list[Process]:
    """Children, children's children and so on, as they are now."""
    everyone, found, parents = _processes(), [], {pid}
    while parents:
        born = [process for process, parent in everyone.items() if parent in parents]
        found += born
        parents = {process.pid for process in born}
    return found


@contextlib.contextmanager
def installation(kind: type[Service] | None = None, **settings: Any) -> Iterator[Any]:
    """A service that is not started yet. Its folder stays open to the database's unprivileged user, unlike pytest's,
    which every other run of pytest closes again.
    """
    with tempfile.TemporaryDirectory(prefix="vigidom-") as name:
        Path(name).chmod(0o711)
        service = (kind or Service)(Path(name), **settings)
        try:
            yield service
        finally:
            service.clear_away()


@dataclass
class Service:
    """One installation: `folder` keeps its data over several starts."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def said(self) -> Path:
        """A file for each start: what an earlier one left behind may still be writing."""
        return self.folder / f"output-{self.starts}"

    @property
    def output(self) -> str:
        return self.said.read_text(errors="replace")

    @property
    def environment(self) -> dict[str, str]:
        """This machine's, without settings that somebody may have made for a service of their own."""
        kept = {
            k: v for k, v in os.environ.items() if not k.startswith(("VIGIDOM_", "TWILIO_")) and "DATABASE" not in k
        }
        own = {"VIGIDOM_DATA": str(self.data), "VIGIDOM_PORT": str(self.port), "VIGIDOM_EMPTY": "1"}
        return kept | own | {"VIGIDOM_WEB_PROCESSES": "1", "PYTHONUNBUFFERED": "1"}

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Another command of the same installation, run to its end."""
        line = [sys.executable, "-m", "webapp.cli", *words]
        return subprocess.run(
            line, cwd=CHECKOUT, env=self.environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    def start(self) -> None:
        """Returns when the service answers over HTTP, has said where, and its worker has started."""
        self.starts += 1
        with self.said.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "webapp.cli", "run"],
                cwd=CHECKOUT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until(self._answers_or_ended, "the service answers")
        assert self.is_running, self.output
        until(lambda: "worker_started" in self.output and "Ctrl-C" in self.output, "the worker starts")

    def _answers_or_ended(self) -> bool:
        return not self.is_running or self.answers()

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def processes(self, mark: str = "") -> list[Process]:
        """What runs below the supervisor and has `mark` in its command line."""
        assert self.process is not None
        return [one for one in below(self.process.pid) if mark in one.command]

    def link(self, role: str) -> str:
        """The set-up link that was printed for the first person of a role."""
        found = re.search(rf"{role}, set up once +(\S+)", self.output)
        assert found is not None, self.output
        return found[1]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        folder = embedded.socket_folder(self.data)
        with psycopg.connect(f"host={folder} user={embedded.APPLICATION} dbname={embedded.DATABASE}") as connection:
            return connection.execute(query).fetchall()

    def end(self, sent: signal.Signals = signal.SIGTERM) -> int:
        """Ask the supervisor to end and wait for it; its exit code."""
        assert self.process is not None
        self.process.send_signal(sent)
        return self.process.wait(PATIENCE)

    def clear_away(self) -> None:
        """Whatever the test left behind; the kernel ends the others with their parent."""
        if self.is_running:
            assert self.process is not None
            left = self.processes()
            self.process.kill()
            self.process.wait(PATIENCE)
            until(lambda: not any(one.is_alive for one in left), "the processes follow their parent")
