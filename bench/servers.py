"""Web servers as the supervisor runs them, and bursts of requests against them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from bench.house import House
from webapp import supervisor

START_LIMIT_SECONDS = 60


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@dataclass(frozen=True)
class Server:
    """`session` is the process session that all of the server's processes share."""

    port: int
    session: int

    def cpu_seconds(self) -> float:
        """Processor time of all its processes so far: what neighbours on the machine disturb less than a rate."""
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                fields = stat.read_text().rpartition(")")[2].split()
                ticks += int(fields[11]) + int(fields[12]) if int(fields[3]) == self.session else 0
        return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(house: House, application: str = "webapp.wsgi:app", **environment: str) -> Iterator[Server]:
    """The supervisor's own command line for its web processes, with another application in its place if asked."""
    port = free_port()
    os.environ["VIGIDOM_PORT"] = str(port)
    child = supervisor.children(replace(house.settings, port=port))[0]
    child.command = [*child.command[:-1], application]
    child.environment |= environment
    child.start()
    try:
        _await(child, port)
        assert child.process is not None
        yield Server(port, child.process.pid)
    finally:
        child.stop()


def _await(child: supervisor.Child, port: int) -> None:
    deadline = time.monotonic() + START_LIMIT_SECONDS
    while time.monotonic() < deadline:
        if child.process is None or child.process.poll() is not None:
            raise RuntimeError("a web server ended before it answered")
        with socket.socket() as trial:
            trial.settimeout(1)
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("a web server does not answer")


def burst(
    folder: Path, server: Server, connections: int, requests: Sequence[bytes], *, expected: str
) -> dict[str, Any]:
    """Each request once; refuses figures of a run in which anything was answered otherwise than `expected`."""
    file = folder / "requests"
    file.write_bytes(b"".join(len(request).to_bytes(4, "big") + request for request in requests))
    command = [sys.executable, "-m", "bench.load_client", str(server.port), str(connections), str(file)]
    used = server.cpu_seconds()
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=180)
    found: dict[str, Any] = orjson.loads(done.stdout)
    if found["statuses"] != {expected: len(requests)}:
        raise RuntimeError(f"expected {len(requests)} answers {expected}, got {found['statuses']}")
    return found | {"cpu": (server.cpu_seconds() - used) / len(requests) * 1e6}


def post(path: str, port: int, body: Any, headers: dict[str, str]) -> bytes:
    """One request as bytes."""
    content = orjson.dumps(body)
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Content-Type: application/json"]
    lines += [f"Content-Length: {len(content)}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + content
