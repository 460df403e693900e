"""Trying a promise: its change made in a copy of the source tree, and the named tests run there."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from records import embedded
from tests.rules import running
from tests.rules.book import ROOT, Moved, Promise

LEFT_BEHIND = (".git", ".venv", ".data", "__pycache__", ".*_cache", ".hypothesis", "results", "*.egg-info")
BY_ASSERTION = ("AssertionError", "Failed")
"""What an assertion, and pytest.raises without an exception, fail by."""
LONGEST_SECONDS = 900


@dataclass
class Copy:
    """A copy of the source tree. Its tests run on `migrated`, where a new database has the schema from the start, or on
    `bare`, where it has nothing.
    """

    root: Path
    migrated: str
    bare: str
    _stamps: Iterator[int] = field(default_factory=lambda: itertools.count(1_000_000_000, 10))

    def write(self, file: str, source: str) -> None:
        """With a time stamp of its own: what Python compiled of another content counts no more."""
        path, stamp = self.root / file, next(self._stamps)
        path.write_text(source)
        os.utime(path, (stamp, stamp))

    def run(self, tests: Iterable[str], *, database: str) -> list[dict[str, Any]]:
        """What each test told."""
        told = self.root / ".told"
        told.write_text("")
        child = multiprocessing.get_context("fork").Process(
            target=running.tests, args=(self.root, list(tests), told, database)
        )
        child.start()
        child.join(LONGEST_SECONDS)
        if child.is_alive():
            child.kill()
            child.join()
        return [json.loads(line) for line in told.read_text().splitlines()]

    def whole(self, promises: Iterable[Promise]) -> str:
        """What is wrong with the tests as the code stands; empty when all of them pass."""
        wanted = sorted({test for promise in promises for test in promise.fails})
        steps = self.run(wanted, database=self.migrated)
        bad = sorted({f"fails without any change: {step['test']}" for step in steps if step["outcome"] == "failed"})
        absent = [f"no such test: {test}" for test in wanted if not any(is_of(step["test"], test) for step in steps)]
        return "; ".join(bad + absent)

    def broken(self, promise: Promise) -> str:
        """What is wrong with how its tests took the change; empty when each failed for its own reason."""
        try:
            source = promise.broken(self.root)
        except Moved as error:
            return str(error)
        before = (self.root / promise.file).read_text()
        self.write(promise.file, source)
        try:
            database = self.bare if promise.file.startswith("migrations/") else self.migrated
            steps = self.run(promise.fails, database=database)
        finally:
            self.write(promise.file, before)
        return "; ".join(filter(None, (judged(promise, test, steps) for test in promise.fails)))


def is_of(told: str, test: str) -> bool:
    """Whether a node is this test, or one of its cases."""
    return told == test or told.startswith(f"{test}[")


def judged(promise: Promise, test: str, steps: list[dict[str, Any]]) -> str:
    """What is wrong with how `test` took the change; empty when it failed as it must."""
    own = [step for step in steps if is_of(step["test"], test)]
    if not any(step["when"] == "call" for step in own):
        return f"{test} did not come to run"
    errors = {step["error"] for step in own if step["outcome"] == "failed"}
    if not errors:
        return f"{test} passes all the same"
    wrong = errors - {*BY_ASSERTION, *promise.raises}
    return f"{test} fell over by {', '.join(sorted(map(str, wrong)))}" if wrong else ""


@contextmanager
def copied() -> Iterator[Copy]:
    """The copy and its servers; all are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="vigidom-rules-") as folder, ExitStack() as stack:
        Path(folder).chmod(0o755)  # the servers' unprivileged user has to enter
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*LEFT_BEHIND))
        migrated, bare = (_server(stack, Path(folder) / name) for name in ("migrated", "bare"))
        running.load()
        child = multiprocessing.get_context("fork").Process(target=running.migrate, args=(tree, migrated))
        child.start()
        child.join()
        assert child.exitcode == 0, "the migrations fail"
        yield Copy(tree, migrated, bare)


def _server(stack: ExitStack, folder: Path) -> str:
    """The superuser's address of a server that ends with `stack`."""
    server = embedded.Server(folder, durable=False)
    server.start()
    stack.callback(server.stop)
    return f"postgresql+psycopg://postgres@/postgres?host={embedded.socket_folder(folder)}"
