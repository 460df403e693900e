"""The call-back queue: the page, and its rows for the script that keeps it fresh."""

from __future__ import annotations

from datetime import datetime

from flask import Response, current_app, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from records import clock, texts
from records.db import db
from triage import saved_views
from triage.callbacks import queue_sql
from webapp import formatting
from webapp.clinic import preferences, queue_address, queue_page, searching
from webapp.clinic.blueprint import blueprint
from webapp.clinic.incident_words import KINDS
from webapp.extensions import language
from webapp.permissions import access


@blueprint.get("/queue")
@access("queue.read")
def queue() -> Response:
    return shown()


def shown(code: int = 200, **filled: object) -> Response:
    """The page as the address asks for it. `filled` is what a refused form is shown again with."""
    now, asked = clock.now(), queue_address.read(request.args, staff=g.staff)
    g.page_address = ("clinic.queue", dict(asked.query))
    seen = queue_page.look(asked, now)
    page = queue_page.page(seen, asked, now, anew=True)
    around = {
        "board": page,
        "etag": _quoted(seen.etag),
        "moment_of_page": formatting.hour(now, page.zone),
        "views": saved_views.of(db.session, staff=g.staff),
        "teams": sorted(g.staff.teams, key=lambda team: team.name),
        "spoken": list(texts.LANGUAGES.items()),
        "liked": preferences.of(g.staff),
    }
    return make_response(render_template("clinic/queue.html", **around, **_words(), **filled), code)


@blueprint.get("/queue/rows")
@access("queue.read")
def queue_rows() -> Response:
    """The queue's table alone; 304 while nothing that it shows has changed, which costs one light read."""
    now, asked = clock.now(), queue_address.read(request.args, staff=g.staff)
    seen = queue_page.look(asked, now)
    etag = _quoted(seen.etag)
    if request.headers.get("If-None-Match") == etag:
        return _only_read(_stamped(Response(status=304), etag, now))
    page = queue_page.page(seen, asked, now, anew=False)
    fragment = render_template("clinic/_board.html", board=page, is_fragment=True, **_words())
    return _only_read(_stamped(make_response(fragment), etag, now))


def _only_read(answer: Response) -> Response:
    """Nothing was written, so that to commit keeps nothing. A transaction that is rolled back takes with it, in the
    driver, every statement prepared on its connection, and the queue's would be planned anew at each poll.
    """
    db.session.commit()
    return answer


def _stamped(answer: Response, etag: str, now: datetime) -> Response:
    answer.headers["ETag"] = etag
    answer.headers["X-Vigidom-Now"] = str(int(now.timestamp()))
    return answer


def _words() -> dict[str, object]:
    has_page = "clinic.incident" in current_app.view_functions
    return {"incident_words": KINDS, "incidents_have_pages": has_page, "most_counted": queue_sql.MOST_COUNTED}


def _quoted(etag: str) -> str:
    """The viewer's language is part of what is shown."""
    return f'"{etag}-{language()}"'


@blueprint.post("/queue/search")
@access("queue.read")
def find_in_queue() -> AnyResponse:
    """The words go into the address sealed, beside the filters that stand there."""
    asked = queue_address.read(request.args, staff=g.staff)
    sealed = searching.hidden(request.form.get("text", ""), by=g.staff.public_id)
    return redirect(url_for("clinic.queue", **asked.but(search=sealed)), 303)
