"""The doors by which the provider comes back: receipts, texts that people sent, what became of calls; signed only."""

from __future__ import annotations

import uuid

from flask import Blueprint, Response, abort, current_app, request
from sqlalchemy.orm import Session
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

from notifications import inbound, receipts, voice
from notifications.providers import twilio_voice
from notifications.providers.voice import Leg
from records import clock
from records.db import db
from webapp.config import Settings
from webapp.extensions import csrf
from webapp.permissions import access

blueprint = Blueprint("hooks", __name__, url_prefix="/hooks")
csrf.exempt(blueprint)
CARRIED = ("MessageSid", "MessageStatus", "ErrorCode", "CallSid", "CallStatus", "Digits")


def is_signed(settings: Settings) -> bool:
    """Whether Twilio signed this request. The address it signed is the public one, whatever a proxy made of it."""
    if not settings.twilio_auth_token:
        return False
    address = settings.public_url + request.full_path.removesuffix("?")
    signature = request.headers.get("X-Twilio-Signature", "")
    return bool(RequestValidator(settings.twilio_auth_token).validate(address, request.form, signature))


@blueprint.before_request
def _only_twilio() -> None:
    if not is_signed(current_app.config["VIGIDOM"]):
        abort(403)
    if any("\0" in request.form.get(name, "") for name in CARRIED):
        abort(400)


@blueprint.post("/twilio/status/<uuid:message>")
@access("provider")
def status(message: uuid.UUID) -> tuple[str, int]:
    """A receipt; 404 for a message that is not ours, of which nothing is written."""
    ours = receipts.apply(
        db.session,  # type: ignore[arg-type]
        message_public_id=message,
        provider_status=request.form.get("MessageStatus", ""),
        error_code=request.form.get("ErrorCode") or None,
        provider_id=request.form.get("MessageSid") or None,
        now=clock.now(),
    )
    db.session.commit()
    return ("", 204) if ours else ("", 404)


@blueprint.post("/twilio/inbound")
@access("provider")
def inbound_text() -> Response:
    """A text that somebody sent; the answer is TwiML, empty when Twilio itself has replied."""
    form = request.form
    if not form.get("MessageSid") or not form.get("From"):
        abort(400)
    reply = inbound.receive(
        db.session,  # type: ignore[arg-type]
        provider_id=form["MessageSid"],
        from_phone=form["From"],
        to_phone=form.get("To", ""),
        body=form.get("Body", ""),
        provider_replied=bool(form.get("OptOutType")),
        now=clock.now(),
    )
    db.session.commit()
    answer = MessagingResponse()
    if reply is not None:
        answer.message(reply)
    return Response(str(answer), mimetype="text/xml")


@blueprint.post("/twilio/voice/<uuid:call>/connect")
@access("provider")
def voice_connect(call: uuid.UUID) -> Response:
    """What to do now that the caller's telephone was picked up: call the patient, or hang up."""
    session: Session = db.session  # type: ignore[assignment]
    found = voice.connects(session, public_id=call, pressed=bool(request.form.get("Digits")), now=clock.now())
    public_url = current_app.config["VIGIDOM"].public_url
    then = twilio_voice.hang_up()
    if found is not None:
        then = twilio_voice.dial(voice.prepared(session, call=found, public_url=public_url))
    db.session.commit()
    return Response(str(then), mimetype="text/xml")


@blueprint.post("/twilio/voice/<uuid:call>/<any(caller, called):leg>")
@access("provider")
def voice_status(call: uuid.UUID, leg: str) -> tuple[str, int]:
    """What became of one side of a bridged call; 404 for a call that is not ours."""
    ours = voice.hear(
        db.session,  # type: ignore[arg-type]
        public_id=call,
        leg=Leg(leg),
        status=request.form.get("CallStatus", ""),
        provider_id=request.form.get("CallSid") or None,
        now=clock.now(),
    )
    db.session.commit()
    return ("", 204) if ours else ("", 404)
