"""What the phone's script sends: JSON with an Idempotency-Key."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from flask import Response, jsonify, request, url_for

from records import clock
from records.driver import single_statements
from triage.receipts import Receipt
from webapp.extensions import csrf, translator
from webapp.patient import finding, sending
from webapp.patient.blueprint import WITHOUT_SESSION, blueprint
from webapp.permissions import access

SIGN_IN = "Your session has ended. Enter again: your answers are still on this phone."
NOT_OURS = "These answers were not sent from our own page."
NO_KEY = "The header Idempotency-Key must hold a UUID."
NOT_JSON = "The body must be one JSON object, sent as application/json."
TOO_MUCH = "This is more than one questionnaire. The longest body is 64 KiB."
LONGEST_BYTES = 64 * 1024


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
@blueprint.post("/api/answers")
@csrf.exempt
@access("patient")
def receive_json() -> Response:
    """201 with the result the first time, 200 with the same result each time after."""
    if not _from_our_page():
        return problem(403, NOT_OURS)
    key = finding.as_uuid(request.headers.get("Idempotency-Key"))
    if key is None:
        return problem(400, NO_KEY)
    if (request.content_length or 0) > LONGEST_BYTES:
        return problem(413, TOO_MUCH)
    body = _object()
    if body is None:
        return problem(400, NOT_JSON)
    now = clock.now()
    with single_statements() as line:
        found = sending.look(line, body, key=key, now=now)
        if found is None:
            return problem(401, SIGN_IN)
        completed_at = _moment(body.get("completed_at"))
        receipt = sending.store(line, found, body, key=key, completed_at=completed_at, now=now)
    return _receipt(receipt, sending.language_of(body))


def _from_our_page() -> bool:
    """Every browser of the last years says one of the two; neither is taken for no."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("Origin", "").partition("://")[2] == request.host


def _object() -> dict[str, Any] | None:
    """The body as an object, None for anything else: no JSON, nested without end."""
    try:
        body = request.get_json(silent=True)
    except RecursionError:
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


def _receipt(receipt: Receipt, language: str) -> Response:
    address = url_for("patient.result", response=receipt.response, language=language)
    said = {"response": str(receipt.response), "level": receipt.level, "call_15": receipt.call_15, "url": address}
    return Response(orjson.dumps(said), 200 if receipt.duplicate else 201, mimetype="application/json")
