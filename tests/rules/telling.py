"""A pytest plugin: one line of JSON for each step of each test, with the class of what it failed by."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

TOLD = "VIGIDOM_RULES_TOLD"
"""The environment variable that names the file."""


def _tell(test: str, when: str, outcome: str, error: str | None) -> None:
    with Path(os.environ[TOLD]).open("a") as file:
        file.write(json.dumps({"test": test, "when": when, "outcome": outcome, "error": error}) + "\n")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[None]:  # a wrapper is a generator that returns the report
    report = yield
    error = type(call.excinfo.value).__name__ if call.excinfo else None
    if call.excinfo and str(call.excinfo.value).startswith("Timeout"):
        error = "Timeout"
    _tell(item.nodeid, report.when, report.outcome, error)
    return report


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        _tell(report.nodeid, "collect", "failed", None)
