"""What a patient said never reaches a log, not even in the text of an exception."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog
from flask import Flask
from sqlalchemy import text

from records.db import db
from webapp import errors, logs
from webapp.permissions import ACCESS


@pytest.fixture
def plain_logs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """The logs of a real process, and the settings of this one put back afterwards."""
    before = structlog.get_config()
    logs.configure()
    monkeypatch.setattr(errors, "log", structlog.get_logger("test"))
    yield
    structlog.configure(**before)


def test_an_exception_is_logged_by_class_and_place_without_its_text(
    plain_logs: None, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        raise ValueError("temperature 41.2 of Ms Durand")
    except ValueError:
        structlog.get_logger("test").error("job_failed", exc_info=True)

    line = json.loads(capsys.readouterr().err)
    assert line["error"] == "ValueError"
    assert line["places"][-1].endswith("test_an_exception_is_logged_by_class_and_place_without_its_text")
    assert "Durand" not in json.dumps(line)


def test_what_a_library_logs_of_an_exception_is_its_class_and_place_too(plain_logs: None) -> None:
    [handler] = [one for one in logging.getLogger().handlers if type(one) is logging.StreamHandler]
    try:
        raise ValueError("temperature 41.2 of Ms Durand")
    except ValueError:
        record = logging.LogRecord("library", logging.ERROR, "", 1, "said %s", ("Durand",), sys.exc_info())

    written = handler.format(record)
    assert written.startswith("ERROR library\nValueError: tests/webapp/test_logs.py:")
    assert "Durand" not in written


def test_a_failing_page_says_so_and_logs_no_values(
    app: Flask, plain_logs: None, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    def failing() -> str:
        db.session.execute(text("SELECT CAST(:answer AS integer)"), {"answer": "Durand 41.2"})
        return ""

    view = app.view_functions["health.alive"]
    setattr(failing, ACCESS, "public")
    app.view_functions["health.alive"] = failing
    app.config["PROPAGATE_EXCEPTIONS"] = False
    try:
        response = app.test_client().get("/health")
    finally:
        app.view_functions["health.alive"] = view
        app.config["PROPAGATE_EXCEPTIONS"] = None

    assert response.status_code == 500
    written = capsys.readouterr().err + caplog.text
    assert "request.failed" in written
    assert "DataError" in written
    assert "Durand" not in written
    assert "Durand" not in response.text
