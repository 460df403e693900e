"""What the page of a call shows of how it was announced, and of a call that the centre makes for its caller."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from flask import current_app, g
from sqlalchemy import select

from notifications import on_the_line, voice
from notifications.models import Message, MessageStatus
from records import clock
from records.db import db
from records.models import CallsBy, Enrolment, Programme
from records.staff.telephones import phone_of
from triage import announcing
from triage.models import BridgedCall, BridgeState, Callback, Called, Reply
from webapp import formatting
from webapp.clinic.blueprint import blueprint
from webapp.extensions import translator
from webapp.lazy import lazy

S = MessageStatus
TOLD = frozenset({S.ACCEPTED, S.SENT, S.DELIVERED, S.UNREPORTED, S.UNKNOWN})
ON_ITS_WAY = frozenset({S.QUEUED, S.CLAIMED, S.SENDING})
WHY_NOT = {
    "opted-out": lazy("the patient wants no texts"),
    "landline": lazy("the number is a landline"),
    "no-phone": lazy("there is no number"),
    "paused": lazy("the follow-up is paused"),
    "asked-otherwise": lazy("the patient is not asked by text"),
    "quiet-hours": lazy("it is night where the patient is"),
    "call-over": lazy("the call was made first"),
}
OTHERWISE = lazy("the text did not arrive")
REPLIES = {
    Reply.WORSE: lazy("The patient replied: worse."),
    Reply.LATER: lazy("The patient replied: later."),
}
STATES = {
    BridgeState.ASKED: lazy("The call is asked for: your telephone rings in a moment."),
    BridgeState.RINGING: lazy("Ringing. Pick up your telephone and press a key: then the other one rings."),
    BridgeState.CONNECTED: lazy("You are connected."),
    BridgeState.ENDED: lazy("The call is over. Write down what came of it."),
    BridgeState.FAILED: lazy("The call did not come about. Try again, or dial yourself."),
}
FAILURES = {
    "busy": lazy("The line was busy. Write it down."),
    "no-answer": lazy("Nobody picked up. Write it down."),
    "failed": lazy("The number could not be reached. Check it."),
    "canceled": lazy("The call was ended before anybody picked up."),
    voice.NOT_THERE: lazy(
        "You did not pick up your own telephone or pressed no key, so the patient was not called. Try again."
    ),
    voice.NOT_YOURS: lazy("Somebody else has this call-back now, so the patient was not called."),
    voice.UNKNOWN: lazy("It is not known whether the call is made: if your telephone does not ring, try again."),
    "rehearsal": lazy("A patient of a rehearsal is never called."),
}


@dataclass(frozen=True)
class Announced:
    """The last announcement of a call-back: what the caller says first, and whether the patient was told."""

    code: str
    from_at: datetime
    until_at: datetime
    holds: bool
    is_told: bool
    is_on_its_way: bool
    why_not: object
    reply: object


@dataclass(frozen=True)
class Bridge:
    """The button that calls both, and the call that it made. `may_call`: nothing stands in the way."""

    has_phone: bool
    is_console: bool
    is_under_way: bool
    under_way: uuid.UUID | None
    state: str
    said: object
    outcome: str

    @property
    def may_call(self) -> bool:
        return self.has_phone and not self.is_under_way


@blueprint.app_context_processor
def _offered() -> dict[str, object]:
    return {"announced_call": announced, "bridged_call": bridged, "others_on_the_line": others_on_the_line}


def announced(callback_id: int) -> Announced | None:
    told = announcing.latest(db.session, callback_id=callback_id)
    if told is None:
        return None
    now, key = clock.now(), f"call-announced:{told.public_id}"
    text = db.session.execute(select(Message.status, Message.reason).where(Message.key == key)).one_or_none()
    status, reason = (MessageStatus(text.status), text.reason) if text else (MessageStatus.DROPPED, None)
    return Announced(
        code=announcing.code_of(told.public_id),
        from_at=told.from_at,
        until_at=told.until_at,
        holds=now < told.until_at,
        is_told=status in TOLD,
        is_on_its_way=status in ON_ITS_WAY,
        why_not=WHY_NOT.get(reason or "", OTHERWISE),
        reply=REPLIES.get(told.reply or ""),
    )


def bridged(callback_id: int, programme: Programme | None = None) -> Bridge | None:
    """None where callers do not call through the centre."""
    programme = programme or _programme(callback_id)
    if programme.calls_by != CallsBy.BRIDGE:
        return None
    now, last = clock.now(), on_the_line.latest(db.session, callback_id=callback_id, staff=g.staff)
    standing = on_the_line.of_caller(db.session, staff=g.staff, now=now)
    return Bridge(
        has_phone=phone_of(g.staff) is not None,
        is_console=current_app.config["VIGIDOM"].sms_provider == "console",
        is_under_way=last is not None and standing is not None,
        under_way=standing.public_id if standing else None,
        state=last.state if last else "",
        said=_said(last, on_the_line.is_under_way(last, now)) if last else "",
        outcome=_outcome(last) if last else "",
    )


@dataclass(frozen=True)
class OnTheLine:
    """A call that goes on and that the caller must know of: of somebody else, or one's own of a call-back that is not
    one's own any more.
    """

    call: uuid.UUID
    said: object
    may_end: bool


def others_on_the_line(enrolment: Enrolment, *, holds: bool) -> list[OnTheLine]:
    """What nobody may miss before they dial: two who speak with one patient know it of each other."""
    now, zone = clock.now(), enrolment.programme.zone
    lines = on_the_line.with_patient(db.session(), patient_id=enrolment.patient_id, now=now)
    return [
        OnTheLine(line.call, _says(line, zone), holds or line.staff_id == g.staff.id)
        for line in lines
        if line.staff_id != g.staff.id or not holds
    ]


def _says(line: on_the_line.Line, zone: str) -> object:
    t, given = translator(), {"name": line.name, "hour": formatting.hour(line.since, zone)}
    if line.staff_id == g.staff.id:
        return t.gettext("Your own call with this patient is still going on, since %(hour)s.", **given)
    if not line.is_connected:
        return t.gettext("%(name)s is calling this patient through the centre, since %(hour)s.", **given)
    if line.called is Called.CONTACT:
        return t.gettext("%(name)s is speaking with the emergency contact of this patient, since %(hour)s.", **given)
    return t.gettext("%(name)s is speaking with this patient, since %(hour)s.", **given)


def _programme(callback_id: int) -> Programme:
    query = select(Enrolment).join(Callback, Callback.enrolment_id == Enrolment.id).where(Callback.id == callback_id)
    return db.session.scalars(query).one().programme


def _said(call: BridgedCall, is_under_way: bool) -> object:
    if call.failure is not None and (call.failure == voice.UNKNOWN or call.ended_at is not None):
        return FAILURES.get(call.failure, STATES[BridgeState.FAILED])
    if call.ended_at is None and not is_under_way:
        return FAILURES[voice.UNKNOWN]
    return STATES[BridgeState(call.state)]


def _outcome(call: BridgedCall) -> str:
    """The code that the form of the call is preset with; of the contact's telephone too."""
    came_of_it = voice.came_of_it(call)
    return came_of_it.value if came_of_it else ""
