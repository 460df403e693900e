"""The load client, a process of its own: raw HTTP/1.1 over kept-alive connections, each sending when it has its answer.

`python -m bench.load_client PORT CONNECTIONS FILE` sends each request of FILE (4-byte length before each) once and
prints one JSON line. Bounded by the number of requests and by LIMIT_SECONDS.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import orjson

LIMIT_SECONDS = 120
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def requests_in(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 4 + size]
        at += 4 + size


class Connection(asyncio.Protocol):
    """Sends the next request of the common store as soon as the answer to its last one is whole."""

    def __init__(self, waiting: Iterator[bytes], latencies: list[float], statuses: Counter[str]) -> None:
        self.waiting, self.latencies, self.statuses = waiting, latencies, statuses
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def send_next(self) -> None:
        request = next(self.waiting, None)
        if request is None:
            self.transport.close()
            return
        self.sent_at = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head = self.buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        length = LENGTH.search(self.buffer, 0, head)
        if length is None:
            raise RuntimeError("an answer without Content-Length")
        if len(self.buffer) < head + 4 + int(length[1]):
            return
        self.latencies.append(time.perf_counter() - self.sent_at)
        self.statuses[self.buffer[9:12].decode()] += 1
        self.buffer = b""
        self.send_next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc) if exc else self.done.set_result(None)


async def run(port: int, connections: int, requests: list[bytes]) -> dict[str, object]:
    loop, waiting = asyncio.get_running_loop(), iter(requests)
    latencies: list[float] = []
    statuses: Counter[str] = Counter()
    opened = []
    for _ in range(connections):
        _, made = await loop.create_connection(lambda: Connection(waiting, latencies, statuses), "127.0.0.1", port)
        opened.append(made)
    started = time.perf_counter()
    for connection in opened:
        connection.send_next()
    await asyncio.wait_for(asyncio.gather(*(connection.done for connection in opened)), LIMIT_SECONDS)
    took = time.perf_counter() - started
    latencies.sort()
    return {
        "rate": len(latencies) / took,
        "p50": latencies[len(latencies) // 2] * 1000,
        "p99": latencies[int(len(latencies) * 0.99)] * 1000,
        "statuses": dict(statuses),
    }


if __name__ == "__main__":
    port, connections, file = sys.argv[1:]
    found = asyncio.run(run(int(port), int(connections), list(requests_in(Path(file).read_bytes()))))
    sys.stdout.write(orjson.dumps(found).decode() + "\n")
