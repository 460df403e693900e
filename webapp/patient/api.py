"""What the phone's script sends: JSON with an Idempotency-Key."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from flask import Request, Response, current_app, jsonify, request
from werkzeug.routing import Map

from records import clock
from records.driver import single_statements
from triage.receipts import Receipt
from webapp import shortcut
from webapp.extensions import csrf, translator
from webapp.patient import cookies, finding, sending
from webapp.patient.blueprint import WITHOUT_SESSION, blueprint
from webapp.permissions import access

SIGN_IN = "Your session has ended. Enter again: your answers are still on this phone."
NOT_OURS = "These answers were not sent from our own page."
NO_KEY = "The header Idempotency-Key must hold a UUID."
NOT_JSON = "The body must be one JSON object, sent as application/json."
TOO_MUCH = "This is more than one questionnaire. The longest body is 64 KiB."
LONGEST_BYTES = 64 * 1024
SOME_RESPONSE = uuid.UUID(int=0)


class Turned(Exception):
    """Nothing was stored; the sentence says to a person what to do."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


def problem(status: int, sentence: str) -> Response:
    """RFC 9457, with a sentence for people."""
    text = translator().gettext(sentence)
    response = jsonify(type="about:blank", status=status, title=text)
    response.status_code = status
    response.mimetype = "application/problem+json"
    return response


WITHOUT_SESSION["patient.receive_json"] = lambda: problem(401, SIGN_IN)


# Exempt, because a token would have died with the session while the answers waited on the phone. In its place: the
# cookie is SameSite=Lax, Origin and Sec-Fetch-Site are checked, and the JSON type and the key's header force a
# preflight, which is never answered.
@blueprint.post(shortcut.PATH)
@csrf.exempt
@access("patient")
def receive_json() -> Response:
    """What `webapp.shortcut` does not answer: refusals, and what failed there, which is not tried again here."""
    try:
        if (raised := request.environ.get(shortcut.RAISED)) is not None:
            raise raised
        status, content = accept(request)
    except Turned as refusal:
        return problem(refusal.status, refusal.sentence)
    return Response(content, status, mimetype="application/json")


def accept(request: Request) -> tuple[int, bytes]:
    """201 and the result the first time, 200 and the same result each time after. Raises Turned.

    Whoever is asked is in the application's context, and needs no other.
    """
    if not from_our_page(request):
        raise Turned(403, NOT_OURS)
    key = finding.as_uuid(request.headers.get("Idempotency-Key"))
    if key is None:
        raise Turned(400, NO_KEY)
    if (request.content_length or 0) > LONGEST_BYTES:
        raise Turned(413, TOO_MUCH)
    body = object_of(request)
    if body is None:
        raise Turned(400, NOT_JSON)
    receipt = _stored(request, body, key)
    if receipt is None:
        raise Turned(401, SIGN_IN)
    return 200 if receipt.duplicate else 201, _receipt(receipt, request.root_path, sending.language_of(body))


def _stored(request: Request, body: sending.Body, key: uuid.UUID) -> Receipt | None:
    """None without a running session of the follow-up that the answers are of."""
    token, now = request.cookies.get(cookies.SESSION), clock.now()
    if not token:
        return None
    with single_statements() as line:
        found = sending.look(line, body, token=token, key=key, now=now)
        if found is None:
            return None
        completed_at, from_address = _moment(body.get("completed_at")), request.remote_addr
        given = {"key": key, "completed_at": completed_at, "from_address": from_address, "now": now}
        return sending.store(line, found, body, **given)


def from_our_page(request: Request) -> bool:
    """Every browser of the last years says one of the two; neither is taken for no."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("Origin", "").partition("://")[2] == request.host


def object_of(request: Request) -> dict[str, Any] | None:
    """The body as an object, None for anything else: no JSON, nested without end."""
    if not request.is_json:
        return None
    sent = request.get_data()
    try:
        body = json.loads(sent)  # request.get_json costs as much again
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _moment(text: Any) -> datetime | None:
    """The phone's claim of when it was answered; a claim that cannot be read is no reason to turn answers away."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) and len(text) <= 40 else None
    except ValueError:
        return None
    if moment is None or moment.tzinfo is None or not 2000 <= moment.year <= 2100:  # reads back badly
        return None
    return moment


def _receipt(receipt: Receipt, root: str, language: str) -> bytes:
    response = str(receipt.response)
    address = _address(current_app.url_map, root, language).replace(str(SOME_RESPONSE), response)
    said = {"response": response, "level": receipt.level, "call_15": receipt.call_15, "url": address}
    return orjson.dumps(said)


@lru_cache(maxsize=16)
def _address(urls: Map, root: str, language: str) -> str:
    """Where the result of `SOME_RESPONSE` would be shown."""
    adapter = urls.bind("localhost", script_name=root)
    return adapter.build("patient.result", {"response": SOME_RESPONSE, "language": language})
