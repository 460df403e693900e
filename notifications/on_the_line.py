"""Who is on the line with a patient through the centre, told by comparison with the present, and how that is ended: a
claim may change hands while two people speak, and nobody else may call the patient without knowing.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from notifications.providers import Outcome, OutcomeKind
from notifications.providers.voice import LONGEST_SECONDS, RING_SECONDS, VoiceProvider
from records.models import Enrolment, Staff
from triage.callbacks import claims, events
from triage.callbacks.finding import find
from triage.models import BridgedCall, BridgeState, Callback, Called, EventKind
from triage.refusals import NotFound, Refused

log = structlog.get_logger(__name__)

NOBODY_HEARD = timedelta(seconds=3 * RING_SECONDS)
"""After that a call of which the provider reported nothing is taken for one that was never made."""
LONGEST = timedelta(seconds=LONGEST_SECONDS + 4 * RING_SECONDS)
ENDED_BY_US = "canceled"
ONE_AT_A_TIME = 0x62726964
"""Advisory lock of whoever asks for a call: two tabs hold two call-backs, so that no row of theirs is shared."""


class NotYoursToEnd(Refused):
    message = "Only whoever has the call-back, or is in the call, ends it. Take the call-back over first."


@dataclass(frozen=True, slots=True)
class Line:
    """One call that may be ringing or speaking. `since` is when it was connected, else when it was asked for."""

    call: uuid.UUID
    staff_id: int
    name: str
    called: Called
    is_connected: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class ToEnd:
    """`provider_id` None: the provider has named none, and nothing can be asked of it."""

    call: uuid.UUID
    name: str
    provider_id: str | None


def is_under_way(call: BridgedCall, now: datetime) -> bool:
    """By comparison with `now`, so that a report that is lost holds nobody up."""
    if call.ended_at is not None:
        return False
    return now < call.asked_at + (NOBODY_HEARD if call.state == BridgeState.ASKED else LONGEST)


def one_at_a_time(session: Session) -> None:
    """Until the transaction ends nobody else asks for a call."""
    session.execute(select(func.pg_advisory_xact_lock(ONE_AT_A_TIME)))


def of_caller(session: Session, *, staff: Staff, now: datetime) -> BridgedCall | None:
    """The call that this person is in, as far as the provider has told."""
    standing = _standing(now).where(BridgedCall.staff_id == staff.id)
    found = session.scalars(standing.execution_options(populate_existing=True))
    return next((call for call in found if is_under_way(call, now)), None)


def with_patient(session: Session, *, patient_id: int, now: datetime) -> list[Line]:
    """Every call to this patient or their contact that may be going on, of whatever call-back, the newest first."""
    theirs = (
        select(Callback.id)
        .join(Enrolment, Enrolment.id == Callback.enrolment_id)
        .where(Enrolment.patient_id == patient_id)
    )
    standing = _standing(now).add_columns(Staff.name).join(Staff, Staff.id == BridgedCall.staff_id)
    rows = session.execute(
        standing.where(BridgedCall.callback_id.in_(theirs)).execution_options(populate_existing=True)
    )
    return [_line(call, name) for call, name in rows if is_under_way(call, now)]


def _standing(now: datetime) -> Select[BridgedCall]:
    open_ones = select(BridgedCall).where(BridgedCall.ended_at.is_(None), BridgedCall.asked_at > now - LONGEST)
    return open_ones.order_by(BridgedCall.id.desc())


def _line(call: BridgedCall, name: str) -> Line:
    since = call.connected_at or call.asked_at
    connected = call.state == BridgeState.CONNECTED
    return Line(call.public_id, call.staff_id, name, Called(call.called), connected, since)


def ask_to_end(
    session: Session,
    *,
    callback: uuid.UUID,
    call: uuid.UUID,
    staff: Staff,
    now: datetime,
    from_address: str | None = None,
) -> ToEnd | None:
    """Write down who ends a call: one's own, or as who has `callback` one about its patient; commit, then `end` it.
    None when it is over already. Raises NotFound, NotYoursToEnd.
    """
    found = find(session, callback=callback, staff=staff)
    made = session.scalars(select(BridgedCall).where(BridgedCall.public_id == call)).one_or_none()
    about = session.get(Callback, made.callback_id, options=[joinedload(Callback.enrolment)]) if made else None
    if made is None or about is None:
        raise NotFound
    if made.staff_id != staff.id:
        if about.enrolment.patient_id != found.enrolment.patient_id:
            raise NotFound
        if found.claimed_by_id != staff.id or not claims.is_held(found, now):
            raise NotYoursToEnd
    if not is_under_way(made, now):
        return None
    codes = {"bridged": str(call), "ended": "yes"}
    events.record(session, callback_id=about.id, kind=EventKind.BRIDGED, now=now, staff=staff, **codes)
    claims.append(session, "callback.bridged-ended", about, staff, from_address, now, codes)
    return ToEnd(call, session.get_one(Staff, made.staff_id).name, made.provider_id)


def latest(session: Session, *, callback_id: int, staff: Staff) -> BridgedCall | None:
    """This person's last call about a call-back, as it stands in the database."""
    mine = select(BridgedCall).where(BridgedCall.callback_id == callback_id, BridgedCall.staff_id == staff.id)
    return session.scalars(
        mine.order_by(BridgedCall.id.desc()).limit(1).execution_options(populate_existing=True)
    ).first()


def end(provider: VoiceProvider, call: ToEnd) -> Outcome:
    """Ask the provider to hang up both ends, with no session open."""
    if call.provider_id is None:
        return Outcome(OutcomeKind.UNKNOWN, reason="no-provider-id")
    try:
        return provider.end(call.provider_id)
    except Exception as error:
        log.error("voice_provider_failed", call=str(call.call), error=type(error).__name__)
        return Outcome(OutcomeKind.UNKNOWN, reason=type(error).__name__)
