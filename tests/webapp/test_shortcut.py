"""The short way of the phone's answers, which no hook of Flask's sees."""

from __future__ import annotations

from functools import partial
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import Client

from tests.webapp.patient_room import GREEN, as_json, enter, make_followed
from webapp.patient import reception


def test_what_the_short_way_leaves_out_is_known(app: Flask) -> None:
    """A new hook must be weighed for `webapp.shortcut` too: it is not called there."""
    before, after = (
        [f"{hook.__module__}.{hook.__name__}" for hook in hooks[None]]
        for hooks in (app.before_request_funcs, app.after_request_funcs)
    )

    assert before == [
        "webapp.edge._refuse_without_length",  # such a request does not go the short way
        "flask_wtf.csrf.csrf_protect",  # this route is exempt, see webapp.patient.api
        "webapp.auth.sessions.load",  # nothing here depends on who of the staff is signed in
        "webapp.patient.blueprint.recognise",  # the one read finds the session
        "webapp.permissions.<lambda>",  # declared for patients: an open door
    ]
    assert after == [
        "webapp.security.headers",
        "webapp.squeezing.squeeze",  # a receipt is too short to be worth it
    ]
    assert app.before_request_funcs.keys() & {"patient"} == set()


def test_both_ways_answer_the_same(app: Flask, client: FlaskClient, session: Session) -> None:
    enrolment = make_followed(session)
    enter(client, session, enrolment)
    cookie = client.get_cookie("vigidom_patient")
    body = {"owner": reception.owner_of(enrolment), "language": "fr", "answers": as_json(GREEN)}
    headers = {"Sec-Fetch-Site": "same-origin", "Idempotency-Key": str(uuid4())}
    by_flask = Client(partial(Flask.wsgi_app, app))
    by_flask.set_cookie(cookie.key, cookie.value)

    short = client.post("/api/answers", json=body, headers=headers)
    long = by_flask.post("/api/answers", json=body, headers=headers)

    assert (short.status_code, long.status_code) == (201, 200)
    assert short.data == long.data
    assert set(short.headers) == set(long.headers)
