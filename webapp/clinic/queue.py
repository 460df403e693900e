"""The call-back queue: the page, and its rows for the script that keeps it fresh."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask import Response, g, make_response, render_template, request

from records import clock, programmes
from records.db import db
from records.models import Programme
from triage import callbacks
from webapp import formatting
from webapp.clinic import rules
from webapp.clinic.blueprint import blueprint
from webapp.clinic.board import Board, board
from webapp.extensions import language
from webapp.permissions import access


@blueprint.get("/queue")
@access("queue.read")
def queue() -> Response:
    now = clock.now()
    page = callbacks.queue(db.session, staff=g.staff, now=now)
    known = programmes.loaded(db.session)
    at = formatting.hour(now, known[0].zone if known else "Europe/Paris")
    shown = _board(page, known, now)
    return make_response(render_template("clinic/queue.html", board=shown, etag=_quoted(page.etag), moment_of_page=at))


@blueprint.get("/queue/rows")
@access("queue.read")
def queue_rows() -> Response:
    """The queue's table alone; 304 while nothing that it shows has changed, which costs one light read."""
    now = clock.now()
    answer = Response(status=304)
    etag = _quoted(callbacks.etag(db.session, staff=g.staff, now=now))
    if request.headers.get("If-None-Match") != etag:
        page = callbacks.queue(db.session, staff=g.staff, now=now)
        answer = make_response(
            render_template("clinic/_board.html", board=_board(page, programmes.loaded(db.session), now))
        )
        etag = _quoted(page.etag)
    answer.headers["ETag"] = etag
    answer.headers["X-Vigidom-Now"] = str(int(now.timestamp()))
    return answer


def _quoted(etag: str) -> str:
    """The viewer's language is part of what is shown."""
    return f'"{etag}-{language()}"'


def _board(page: callbacks.QueuePage, known: Sequence[Programme], now: datetime) -> Board:
    documents = {programme.id: rules.document_in_force(programme.id, now) for programme in known}
    return board(page, documents=documents, language=language(), now=now)
