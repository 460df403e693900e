"""The patient's rooms: who may be in them, and what happens to somebody whose session has ended."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, current_app, g, redirect, request, url_for

from records import clock, doors, texts
from records.db import db
from webapp.patient import cookies
from webapp.permissions import declared

blueprint = Blueprint("patient", __name__)
READ_WITH_THE_SESSION = frozenset({"patient.receive_json"})
"""Routes whose own first statement finds the session, and which turn away whoever has none."""
WITHOUT_SESSION: dict[str, Callable[[], object]] = {}
"""What a route answers when the session has ended, put there by the room that knows; all others send to the door."""
LANGUAGE = f"/<any({', '.join(texts.LANGUAGES)}):language>"


@blueprint.before_app_request
def recognise() -> object | None:
    """Lets a request into a route declared `patient` only with a session; wherever that route lives."""
    if request.endpoint is None or declared(current_app, request.endpoint) != "patient":
        return None
    if request.endpoint in READ_WITH_THE_SESSION and request.cookies.get(cookies.SESSION):
        return None
    if in_session() is not None:
        return None
    return _without_session()


def in_session() -> object | None:
    """The patient's session of this request, None without one; also at `g.patient_session`."""
    token = request.cookies.get(cookies.SESSION)
    g.patient_session = doors.session_of(db.session, token=token, now=clock.now()) if token else None
    return g.patient_session


def _without_session() -> object:
    answer = WITHOUT_SESSION.get(request.endpoint or "")
    return answer() if answer else redirect(url_for("patient.enter"))
