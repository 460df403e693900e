"""The world outside on one morning, a process of its own: Twilio, which takes every text; patients, each of whom
answers once the text is there; staff, who look at the queue again and again.

`python -m bench.town FOLDER` reads `town.json` and writes `answers.json` at the end. A patient can answer as soon as
the file `answers`, which grows, holds the request for the check-in. Bounded by the `limit` of seconds.
"""

from __future__ import annotations

import asyncio
import base64
import re
import secrets
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import orjson

LINK = re.compile(r"/q/([A-Za-z0-9_-]{43})")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
ETAG = re.compile(rb"\r\netag: *([^\r]+)", re.IGNORECASE)
POLL_SECONDS = 2.0
IDLE_SECONDS = 5.0
"""The server ends connections that say nothing for ten."""


def checkin_of(body: str) -> str:
    """The public id, in hexadecimal, of the check-in that a text's link opens."""
    found = LINK.search(body)
    if found is None:
        raise RuntimeError("a text without a link")
    return base64.urlsafe_b64decode(found[1] + "=")[1:17].hex()


class Town:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.given: dict[str, Any] = orjson.loads((folder / "town.json").read_bytes())
        self.texts: dict[str, list[float]] = {}
        self.requests: dict[str, bytes] = {}
        self.waiting: asyncio.Queue[str] = asyncio.Queue()
        self.learnt = 0
        self.latencies: list[float] = []
        self.polls: list[float] = []
        self.statuses: Counter[str] = Counter()
        self.polled: Counter[str] = Counter()
        self.first_answer = self.last_answer = 0.0

    async def run(self) -> None:
        twilio = await asyncio.start_server(self.take, "127.0.0.1", self.given["twilio"])
        async with twilio:
            people = [asyncio.create_task(self.answer()) for _ in range(self.given["connections"])]
            staff = [asyncio.create_task(self.poll(token)) for token in self.given["staff"]]
            async with asyncio.timeout(self.given["limit"]):
                await self._until_all_have_answered([*people, *staff])
        for task in (*people, *staff):
            task.cancel()
        self._write()

    async def _until_all_have_answered(self, tasks: list[asyncio.Task[None]]) -> None:
        while len(self.latencies) < self.given["count"]:
            for task in tasks:
                if task.done():
                    task.result()
            self._learn()
            await asyncio.sleep(0.2)

    def _learn(self) -> None:
        """The whole lines that came to the file since the last look."""
        if not (self.folder / "answers").exists():
            return
        with (self.folder / "answers").open("rb") as file:
            file.seek(self.learnt)
            new = file.read()
        new = new[: new.rfind(b"\n") + 1]
        self.learnt += len(new)
        for line in new.splitlines():
            checkin, _, request = line.decode().partition(" ")
            self.requests[checkin] = base64.b64decode(request)
            if checkin in self.texts:
                self.waiting.put_nowait(checkin)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Twilio: every text is taken over at once."""
        with suppress(asyncio.CancelledError):  # workers hold their connections to the end
            await self._take(reader, writer)
        writer.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            form = {name: values[0] for name, values in parse_qs((await _body(reader, head)).decode()).items()}
            checkin = checkin_of(form["Body"])
            self.texts.setdefault(checkin, []).append(time.time())
            made = {"sid": "SM" + secrets.token_hex(16), "status": "queued", "to": form["To"], "body": form["Body"]}
            content = orjson.dumps(made | {"direction": "outbound-api", "error_code": None, "date_sent": None})
            lines = f"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
            writer.write(lines.encode() + content)
            if checkin in self.requests and len(self.texts[checkin]) == 1:
                self.waiting.put_nowait(checkin)

    async def answer(self) -> None:
        """One kept-alive connection, over which one patient after the other answers."""
        used, writer = 0.0, None
        while True:
            checkin = await self.waiting.get()
            started = time.perf_counter()
            if writer is None or started - used > IDLE_SECONDS:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.given["port"])
            self.first_answer = self.first_answer or time.time()
            writer.write(self.requests[checkin])
            head = await _head(reader)
            await _body(reader, head)
            used = time.perf_counter()
            self.latencies.append(used - started)
            self.last_answer = time.time()
            self.statuses[head[9:12].decode()] += 1

    async def poll(self, token: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.given["port"])
        etag = b""
        while True:
            lines = f"GET /en/queue/rows HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: vigidom_staff={token}\r\n".encode()
            started = time.perf_counter()
            writer.write(lines + (b"If-None-Match: " + etag + b"\r\n" if etag else b"") + b"\r\n")
            head = await _head(reader)
            if not head.startswith(b"HTTP/1.1 304"):
                await _body(reader, head)
            self.polls.append(time.perf_counter() - started)
            self.polled[head[9:12].decode()] += 1
            found = ETAG.search(head)
            etag = found[1] if found else b""
            await asyncio.sleep(POLL_SECONDS)

    def _write(self) -> None:
        said = {
            "texts": self.texts,
            "latencies": self.latencies,
            "polls": self.polls,
            "statuses": dict(self.statuses),
            "polled": dict(self.polled),
            "first_answer": self.first_answer,
            "last_answer": self.last_answer,
        }
        (self.folder / "answers.json").write_bytes(orjson.dumps(said))


async def _head(reader: asyncio.StreamReader) -> bytes:
    """Up to the blank line; nothing when the other side has closed."""
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    found = LENGTH.search(head)
    if found is None:
        raise RuntimeError(f"no Content-Length: {head[:200]!r}")
    return await reader.readexactly(int(found[1]))


if __name__ == "__main__":
    asyncio.run(Town(Path(sys.argv[1])).run())
