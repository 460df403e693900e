"""A browser's proof that somebody signed in: a cookie with a random token, whose session lives in the database."""

from __future__ import annotations

from flask import Response, current_app, g, request

from records import clock, staff
from records.db import db

COOKIE = "vigidom_staff"
ACTIVE = "X-Vigidom-Active"
"""A page that asks by itself sends 0 while nobody touches it, so that a screen left alone does end its session."""
BROWSER = "vigidom_browser"
BROWSER_SECONDS = 180 * 24 * 60 * 60
WATCHED = frozenset({"clinic.queue_rows"})
"""What pages ask every few seconds, that only reads: see records.staff.watching. `g.staff` is then a Watcher."""
WITHOUT_STAFF = frozenset({"static", "health.alive"})


def load() -> None:
    """Put the member of staff and the session of this request into `g`; None where there is none."""
    g.staff = g.staff_session = None
    token = request.cookies.get(COOKIE)
    if not token or request.endpoint in WITHOUT_STAFF:
        return
    now = clock.now()
    if request.endpoint in WATCHED:
        g.staff = staff.watcher(db.session, token=token, now=now, touches=request.headers.get(ACTIVE) != "0")
        if g.staff is not None:
            return
    session = staff.session_of(db.session, token=token, now=now)
    if session is None:
        return
    if session.seen_at == now:
        # Marked as seen just now. That stands on its own: a page that fails must not take it back.
        (db.session.rollback if request.headers.get(ACTIVE) == "0" else db.session.commit)()
    g.staff, g.staff_session = session.staff, session


def give(response: Response, token: str, *, email: str) -> Response:
    """Hand the token to the browser: unreadable by scripts, not sent from other sites, gone when the browser closes.

    Beside it, for longer, the mark of a browser in which this person has signed in; it opens nothing.
    """
    closed = {"httponly": True, "samesite": "Lax", "secure": current_app.config["VIGIDOM"].secure_cookies}
    response.set_cookie(COOKIE, token, path="/", **closed)
    mark = staff.mark(request.cookies.get(BROWSER), email=email)
    response.set_cookie(BROWSER, mark, max_age=BROWSER_SECONDS, path="/", **closed)
    return response


def take_back(response: Response) -> Response:
    response.delete_cookie(COOKIE, path="/", samesite="Lax", httponly=True)
    return response


def local_path(address: str | None) -> str | None:
    """`address` when it is a path of this service, else None: nobody is sent elsewhere after signing in."""
    if not address or len(address) > 500 or not address.isprintable() or "\\" in address:
        return None
    return address.rstrip("?") if address.startswith("/") and not address.startswith("//") else None
