"""The page for what went wrong promises nothing that may be untrue."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask, g
from sqlalchemy import exc
from sqlalchemy.orm import Session
from werkzeug.exceptions import InternalServerError

from records.db import db
from records.models import Staff
from tests import factories
from webapp import create_app, errors
from webapp.config import Settings


@pytest.mark.parametrize(
    ("language", "says"),
    [("en", "look whether your change is there before sending again"), ("fr", "vérifiez si votre modification est là")],
)
def test_after_a_failure_the_reader_is_told_to_look_and_not_that_nothing_was_stored(
    app: Flask, language: str, says: str
) -> None:
    with app.test_request_context("/", headers={"Accept-Language": language}):
        html, code = errors.unexpected(InternalServerError())

    assert code == 500
    assert says in html
    assert "Nothing was stored" not in html
    assert "Rien n’a été enregistré" not in html


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/health"), ("GET", "/en/queue"), ("GET", "/en/checkin"), ("POST", "/api/answers")]
)
def test_while_the_database_is_away_the_caller_is_told_to_come_back(settings: Settings, method: str, path: str) -> None:
    away = replace(settings, database_url="postgresql+psycopg://nobody@/nothing?host=/nowhere")
    client = create_app(away).test_client()
    for name in ("vigidom_staff", "vigidom_patient"):
        client.set_cookie(name, "x" * 43)
    headers = {"Idempotency-Key": str(uuid.uuid4()), "Sec-Fetch-Site": "same-origin"}

    answer = client.open(path, method=method, json={} if method == "POST" else None, headers=headers)

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"


def test_the_page_that_says_so_asks_the_database_nothing(app: Flask, session: Session) -> None:
    person = factories.make_staff(session)
    session.commit()
    asked: list[str] = []
    with app.test_request_context("/en/queue"):
        g.staff = db.session.get(Staff, person.id)
        sa.event.listen(db.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
        answer = errors.unexpected(
            InternalServerError(original_exception=exc.OperationalError("", {}, ConnectionError()))
        )

    assert answer.status_code == 503
    assert asked == []


def test_a_connection_that_dies_after_the_answer_was_made_takes_nothing_of_it_back(
    app: Flask, superuser: sa.Engine
) -> None:
    """The session is given back last of all, where no handler of errors stands any more."""
    with app.app_context():
        ended = db.session.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
        with superuser.connect() as other:
            assert other.execute(sa.text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": ended}).scalar_one()

    with app.app_context():
        assert db.session.execute(sa.text("SELECT pg_backend_pid()")).scalar_one() != ended


def test_an_error_of_our_own_is_none_of_the_database(app: Flask) -> None:
    with app.test_request_context("/api/answers"):
        _, code = errors.unexpected(InternalServerError(original_exception=ZeroDivisionError()))

    assert code == 500
