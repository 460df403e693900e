"""The phone's answers on a shorter way than a page's: no routing, no form session, no staff, no hooks of pages.

What Flask does around a view cost a third of this request, which everybody sends in the same hour. Only what goes well
is answered here. Anything else, refusals and failures alike, is handed on to Flask together with what was raised: its
hooks run, the view raises it again, and the handlers of `webapp.errors` say it as for any other route.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Flask, Request

from webapp import security

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PATH = "/api/answers"
RAISED = "vigidom.raised"
"""Where in a request's environment the view finds what already went wrong."""


def leads(environ: WSGIEnvironment) -> bool:
    """A body without a length is Flask's, which refuses it (see `webapp.edge`)."""
    sent = environ.get("REQUEST_METHOD") == "POST" and environ.get("PATH_INFO") == PATH
    return sent and "HTTP_TRANSFER_ENCODING" not in environ


def answer(app: Flask, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """The whole answer; with `RAISED` set it is Flask's."""
    from webapp.patient import api

    with app.app_context():
        try:
            status, content = api.accept(Request(environ))
        except Exception as error:
            environ[RAISED] = error
    if RAISED in environ:
        return Flask.wsgi_app(app, environ, start_response)
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(content)))]
    start_response(f"{status} {HTTPStatus(status).phrase}", headers + app.extensions[security.HEADERS])
    return [content]
