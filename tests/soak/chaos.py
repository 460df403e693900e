"""What is killed, at random: web processes, their parent, workers, the database, the supervisor."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable

from records.embedded import die_with_parent
from tests.running import CHECKOUT, Process, until
from tests.soak.house import Soaked

BACK_WITHIN = 90


class SecondWorker:
    """Beside the supervisor's own, as on another machine; its log is kept with the installation's."""

    def __init__(self, service: Soaked) -> None:
        self.service = service
        self.process: subprocess.Popen[bytes] | None = None

    def watch(self) -> None:
        """Start it unless it runs."""
        if self.process is None or self.process.poll() is not None:
            with (self.service.folder / "second-worker").open("ab") as output:
                self.process = subprocess.Popen(
                    [sys.executable, "-m", "webapp.cli", "worker"],
                    cwd=CHECKOUT,
                    env=self.service.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    preexec_fn=die_with_parent(signal.SIGKILL),
                )

    def end(self, sent: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(sent)
            self.process.wait(60)


class Chaos:
    """`back_after` are the seconds until the service answered again, by what had been done to it."""

    def __init__(self, service: Soaked, draw: random.Random) -> None:
        self.service, self.draw = service, draw
        self.done: Counter[str] = Counter()
        self.back_after: dict[str, float] = {}
        self.second = SecondWorker(service)
        self.acts: dict[str, tuple[int, Callable[[], None]]] = {
            "kill a web process": (20, lambda: self._kill("granian", slice(1, None))),
            "kill the web server": (10, lambda: self._kill("granian", slice(0, 1))),
            "kill the worker": (25, lambda: self._kill("webapp.cli worker", slice(None))),
            "kill the second worker": (10, lambda: self.second.end(signal.SIGKILL)),
            "worker asleep for 5 s": (5, self._sleep),
            "PostgreSQL: immediate stop": (10, lambda: self._stop_database(signal.SIGQUIT)),
            "PostgreSQL: fast stop": (3, lambda: self._stop_database(signal.SIGINT)),
            "PostgreSQL: kill -9": (4, lambda: self._stop_database(signal.SIGKILL)),
            "kill a database connection": (8, self._kill_backend),
            "kill the supervisor, start again": (5, lambda: self._begin_again(signal.SIGKILL)),
            "stop everything, start again": (3, lambda: self._begin_again(signal.SIGTERM)),
        }

    def strike(self) -> None:
        """One or two acts; returns when the service answers again."""
        weights = [weight for weight, _ in self.acts.values()]
        names = self.draw.choices(list(self.acts), weights, k=1 + (self.draw.random() < 0.25))
        for name in names:
            self.done[name] += 1
            self.acts[name][1]()
        started = time.monotonic()
        time.sleep(0.2)
        until(self.service.answers, f"the service answers after: {', '.join(names)}", BACK_WITHIN)
        took = time.monotonic() - started
        self.back_after[names[-1]] = max(took, self.back_after.get(names[-1], 0))
        self.second.watch()

    def _kill(self, mark: str, which: slice) -> None:
        found = self.service.processes(mark)[which]
        if found:
            _send(self.draw.choice(found), signal.SIGKILL)

    def _sleep(self) -> None:
        for one in self.service.processes("webapp.cli worker"):
            _send(one, signal.SIGSTOP)
            time.sleep(5)
            _send(one, signal.SIGCONT)

    def _stop_database(self, sent: signal.Signals) -> None:
        for one in self._servers():
            _send(one, sent)

    def _servers(self) -> list[Process]:
        return [one for one in self.service.processes("/postgres -D ") if not one.command.startswith("postgres:")]

    def _kill_backend(self) -> None:
        """One process of the server dies: PostgreSQL then ends every connection and recovers by itself."""
        found = [one for one in self.service.processes("postgres:") if "vigidom_app" in one.command]
        if found:
            _send(self.draw.choice(found), signal.SIGKILL)

    def _begin_again(self, sent: signal.Signals) -> None:
        assert self.service.process is not None
        self.service.process.send_signal(sent)
        self.service.process.wait(60)
        self.service.start()


def _send(one: Process, sent: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(one.pid, sent)
