"""Pages for what cannot be served: each says in one sentence what to do. Never a trace, never an English default."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
import structlog
from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy import exc
from werkzeug.exceptions import HTTPException, InternalServerError

from records.db import db
from webapp.extensions import translator

log = structlog.get_logger(__name__)

AWAY = (exc.OperationalError, exc.TimeoutError, psycopg.OperationalError)
RETRY_AFTER_SECONDS = "5"


def init(app: Flask) -> None:
    app.register_error_handler(CSRFError, lambda _error: page(400, _stale_form()))
    app.register_error_handler(HTTPException, known)
    app.register_error_handler(InternalServerError, unexpected)
    app.teardown_appcontext(give_back)


def give_back(_error: BaseException | None) -> None:
    """End the session before Flask-SQLAlchemy does: a connection that died by then must not spoil a finished answer."""
    if not db.session.registry.has():
        return
    try:
        db.session.close()
    except exc.SQLAlchemyError as error:
        log.warning("connection.lost", error=type(error).__name__)
        db.session().invalidate()


def _stale_form() -> str:
    t = translator()
    return t.gettext("This page was open for too long, or in two windows. Go back, reload it and send again.")


def _sentences() -> dict[int, str]:
    t = translator()
    return {
        403: t.gettext("Your role does not open this page. Ask an administrator of your centre if it should."),
        404: t.gettext(
            "There is nothing at this address, or not for you. Check the link, or start from the first page."
        ),
        405: t.gettext("This address is opened from a button of another page. Go back and use it there."),
        411: t.gettext("Send it whole, with its length: the header Content-Length is missing."),
        413: t.gettext("What was sent is too large. Shorten it and send again."),
        429: t.gettext("Too many tries. Wait a while, then try again."),
    }


def known(error: HTTPException) -> Response | HTTPException | tuple[str, int]:
    """Redirects and answers that were made on purpose pass as they are."""
    if error.response is not None or (error.code or 500) < 400:
        return error
    code = error.code or 500
    fallback = translator().gettext("This request cannot be answered. Go back and try again.")
    return page(code, _sentences().get(code, fallback))


def unexpected(error: InternalServerError) -> Response | tuple[str, int]:
    """The exception's class is logged and its text is not: it may hold what a patient said.

    A database that is away, busy or starting again is no fault of the request: 503, and when to come back.
    """
    cause = error.original_exception or error
    log.error("request.failed", endpoint=request.endpoint, exc_info=cause)
    try:
        db.session.rollback()
    except exc.SQLAlchemyError:
        g.staff = None
    if isinstance(cause, AWAY):
        g.staff = None  # who is signed in would be read again, for the page that says that nothing can be read
    t = translator()
    sentence = t.gettext(
        "Something went wrong on our side. Wait a minute, then look whether your change is there before sending again."
    )
    if not isinstance(cause, AWAY):
        return page(500, sentence)
    answer = make_response(page(503, sentence))
    answer.headers["Retry-After"] = RETRY_AFTER_SECONDS
    return answer


def page(code: int, sentence: str, typed: Sequence[str] = ()) -> Response | tuple[str, int]:
    """`typed` is what somebody wrote that was not taken, to be copied."""
    if request.path.startswith(("/api/", "/hooks/")):
        return jsonify(error=sentence), code  # type: ignore[return-value]
    return render_template("errors/page.html", code=code, sentence=sentence, typed=typed), code
