"""What stands between the web server and Flask, by itself. With a real server: test_real_server."""

from __future__ import annotations

import time
from typing import Any

import pytest
from structlog.testing import capture_logs
from werkzeug.test import Client, TestResponse

from webapp import edge


def test_what_escapes_the_application_is_logged_by_class_and_answered() -> None:
    def broken(_environ: Any, _start: Any) -> Any:
        raise ValueError("temperature 41.2 of Ms Durand")

    with capture_logs() as logged:
        answer = Client(edge.Edge(broken), TestResponse).get("/")

    assert answer.status_code == 500
    assert "Durand" not in answer.text
    assert [line["event"] for line in logged] == ["request.escaped"]


@pytest.mark.parametrize(
    ("awaited", "at_work", "stuck"),
    [([], 0, False), ([40], 1, True), ([20], 1, False), ([40, 1], 2, True), ([40], 2, False), ([], 2, False)],
)
def test_a_process_ends_itself_only_while_it_does_nothing_but_wait(
    awaited: list[int], at_work: int, stuck: bool
) -> None:
    """Whoever is in work beside a body that does not come is let finish."""
    ended: list[int] = []
    gate = edge.Edge(lambda _environ, _start: [], end=ended.append)
    now = time.monotonic()
    gate.awaited.update({n: now - age for n, age in enumerate(awaited)})
    gate.at_work.update(range(at_work))

    assert gate.is_stuck(now) is stuck
