"""Calls that the centre's provider makes to the caller's own telephone and then to the patient, who sees the centre's
number. The row is committed as asked for before the provider is called, and its states come by the provider's reports.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from types import MappingProxyType

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications import on_the_line
from notifications.departures import phone_of
from notifications.providers import Outcome, OutcomeKind
from notifications.providers.voice import Call, Leg, VoiceProvider
from records import audit, enrolment, phones
from records.audit import Actor
from records.models import CallsBy, Enrolment, Staff
from records.staff import telephones
from triage.callbacks import claims, events
from triage.callbacks.finding import lock, refuse_not_ours
from triage.models import AttemptOutcome, BridgedCall, BridgeState, Callback, CallbackState, Called, EventKind
from triage.refusals import Refused

log = structlog.get_logger(__name__)

S = BridgeState
RANK = MappingProxyType({S.ASKED: 0, S.RINGING: 1, S.CONNECTED: 2, S.ENDED: 3, S.FAILED: 3})
UNKNOWN = "unknown"
NOT_THERE = "caller-away"
NOT_YOURS = "taken"
GONE = frozenset({"busy", "no-answer", "failed", "canceled"})
"""How a leg ends that nobody picked up, in the provider's words."""
HEARD = frozenset({"ringing", "in-progress", "completed", *GONE})
CAME_OF_IT = MappingProxyType({"busy": AttemptOutcome.BUSY, "no-answer": AttemptOutcome.NO_ANSWER})


class NotBridged(Refused):
    message = "This centre does not make calls for its callers. Dial the number yourself."


class NotTaken(Refused):
    message = "Claim the call-back, then call."


class NoTelephone(Refused):
    message = "The centre has no telephone number of yours to ring. Add it to your account, or dial yourself."


class NobodyToCall(Refused):
    message = "There is no number to call. Look for another one on the patient's page."


class CallUnderWay(Refused):
    message = "A call is under way. End it, then call again."


class OnTheLine(Refused):
    message = "%(name)s is in a call with this patient. Speak with each other, or end that call; then call."


def ask(
    session: Session,
    *,
    callback: uuid.UUID,
    staff: Staff,
    called: str,
    now: datetime,
    from_address: str | None = None,
) -> BridgedCall:
    """Write down that a call is asked for; commit, then `place` it.

    A caller is in one call at a time, and so is a patient, whatever the call-back: who asks at once asks one by one.

    Raises NotBridged, NotTaken, NoTelephone, NobodyToCall, CallUnderWay, OnTheLine, NotFound, CallbackClosed, TakenBy.
    """
    found = lock(session, callback=callback, staff=staff)
    refuse_not_ours(found, staff, now)
    if found.enrolment.programme.calls_by != CallsBy.BRIDGE:
        raise NotBridged
    if not claims.is_held(found, now):
        raise NotTaken
    if telephones.phone_of(staff) is None:
        raise NoTelephone
    whom = Called(called) if called in set(Called) else Called.PATIENT
    if _number(found.enrolment, whom) is None:
        raise NobodyToCall
    on_the_line.one_at_a_time(session)
    if on_the_line.of_caller(session, staff=staff, now=now) is not None:
        raise CallUnderWay
    speaking = on_the_line.with_patient(session, patient_id=found.enrolment.patient_id, now=now)
    if speaking:
        raise OnTheLine(name=speaking[0].name)
    made = BridgedCall(callback_id=found.id, staff_id=staff.id, called=whom, state=S.ASKED, asked_at=now)
    session.add(made)
    session.flush()
    about = {"bridged": str(made.public_id), "called": whom.value}
    events.record(session, callback_id=found.id, kind=EventKind.BRIDGED, now=now, staff=staff, **about)
    subject = ("enrolment", found.enrolment.public_id)
    details = {"callback": str(found.public_id), **about}
    actor = Actor.staff(staff, from_address)
    audit.append(session, actor=actor, action="callback.bridged", subject=subject, now=now, details=details)
    return made


def _number(who: Enrolment, whom: Called) -> str | None:
    if whom is Called.PATIENT:
        return phone_of(who.patient)
    return enrolment.particulars(who).emergency_phone or None


def prepared(session: Session, *, call: BridgedCall, public_url: str) -> Call:
    """What the provider needs to know of a call. Raises crypto.SealBroken or crypto.KeyMissing."""
    who = session.scalars(
        select(Enrolment).join(Callback, Callback.enrolment_id == Enrolment.id).where(Callback.id == call.callback_id)
    ).one()
    caller = telephones.phone_of(session.get_one(Staff, call.staff_id))
    number = _number(who, Called(call.called))
    assert caller is not None, "asked for with a telephone"
    assert number is not None, "asked for with somebody to call"
    return Call(
        public_id=call.public_id,
        caller=caller,
        called=number,
        shown=who.programme.shown_number or who.programme.phone,
        callback_url=f"{public_url}/hooks/twilio/voice/{call.public_id}",
        language=session.get_one(Staff, call.staff_id).language,
        synthetic=who.patient.rehearsal or any(phones.is_fictional(one) for one in (caller, number)),
    )


def place(provider: VoiceProvider, call: Call) -> Outcome:
    """Call the provider, with no session open. One that fails in a way nobody foresaw may be calling: unknown."""
    if call.synthetic and provider.reaches_people:
        return Outcome(OutcomeKind.REFUSED, reason="rehearsal")
    try:
        return provider.place(call)
    except Exception as error:
        log.error("voice_provider_failed", call=str(call.public_id), error=type(error).__name__)
        return Outcome(OutcomeKind.UNKNOWN, reason=type(error).__name__)


def settle(session: Session, *, public_id: uuid.UUID, outcome: Outcome, now: datetime) -> None:
    """Write what the provider said to being asked; a report that was faster is not undone. Never asked twice: an
    unknown one rings, or does not, and the caller sees which.
    """
    call = _locked(session, public_id)
    assert call is not None
    if outcome.provider_id and call.provider_id is None:
        call.provider_id = outcome.provider_id
    if call.state != S.ASKED:
        return
    if outcome.kind is OutcomeKind.UNKNOWN:
        call.failure = UNKNOWN
    elif outcome.kind is not OutcomeKind.ACCEPTED:
        call.state, call.ended_at, call.failure = S.FAILED, now, outcome.reason or outcome.kind.value
    session.flush()


def hear(
    session: Session, *, public_id: uuid.UUID, leg: Leg, status: str, now: datetime, provider_id: str | None = None
) -> bool:
    """Apply one report, whatever its order, as often as it comes. True when the call is ours."""
    call = _locked(session, public_id)
    if call is None:
        return False
    if provider_id and leg is Leg.CALLER and call.provider_id is None:
        call.provider_id = provider_id
    if status in HEARD:
        (_heard_of_caller if leg is Leg.CALLER else _heard_of_called)(call, status, now)
    session.flush()
    return True


def connects(session: Session, *, public_id: uuid.UUID, pressed: bool, now: datetime) -> BridgedCall | None:
    """The caller's telephone was picked up: the call, where a key was pressed and the call-back is still this caller's
    to call; None to hang up. However often it is asked.
    """
    call = _locked(session, public_id)
    if call is None or call.ended_at is not None:
        return None
    callback = session.get_one(Callback, call.callback_id, populate_existing=True)
    elsewhere = claims.is_held(callback, now) and callback.claimed_by_id != call.staff_id
    if not pressed or elsewhere or callback.state != CallbackState.OPEN:
        _move(call, S.FAILED, now, failure=NOT_YOURS if pressed else NOT_THERE)
        session.flush()
        return None
    _move(call, S.RINGING, now)
    session.flush()
    return call


def ended(session: Session, *, public_id: uuid.UUID, outcome: Outcome, now: datetime) -> bool:
    """Write what came of ending a call (notifications.on_the_line); True when it is over. Of one that nobody has picked
    up yet the word is enough: `connects` hangs up.
    """
    call = _locked(session, public_id)
    assert call is not None
    if outcome.kind is OutcomeKind.ACCEPTED or call.state == S.ASKED:
        _move(call, S.ENDED, now, failure=None if call.connected_at else on_the_line.ENDED_BY_US)
    session.flush()
    return call.ended_at is not None


def _locked(session: Session, public_id: uuid.UUID) -> BridgedCall | None:
    query = select(BridgedCall).where(BridgedCall.public_id == public_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def _heard_of_caller(call: BridgedCall, status: str, now: datetime) -> None:
    if status in GONE:
        _move(call, S.FAILED, now, failure=NOT_THERE)
    elif status == "completed":
        _move(call, S.ENDED, now)
    else:
        _move(call, S.RINGING, now)


def _heard_of_called(call: BridgedCall, status: str, now: datetime) -> None:
    if status == "in-progress":
        call.connected_at = call.connected_at or now
        _move(call, S.CONNECTED, now)
    elif status in GONE:
        _move(call, S.ENDED, now, failure=status)
    elif status == "completed":
        call.connected_at = call.connected_at or now
        _move(call, S.ENDED, now)
    else:
        _move(call, S.RINGING, now)


def _move(call: BridgedCall, state: BridgeState, now: datetime, *, failure: str | None = None) -> None:
    """Up the ranks only. Why nobody picked up may be reported after the end, and is filled in then."""
    if RANK[state] > RANK[S(call.state)]:
        call.state, call.failure = state, failure
        call.ended_at = now if RANK[state] == RANK[S.ENDED] else None
    elif call.state == S.ENDED and call.failure is None and call.connected_at is None:
        call.failure = failure


def came_of_it(call: BridgedCall) -> AttemptOutcome | None:
    """What the provider knows of how the call ended; None where only the caller does."""
    return CAME_OF_IT.get(call.failure or "") if call.state == S.ENDED and call.connected_at is None else None
