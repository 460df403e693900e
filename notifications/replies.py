"""Short replies to the texts about a call: 9 is "I am worse", 2 is "later"; nobody else's figures mean anything."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications import announcing, call_texts, texts
from notifications.models import InboundKind
from records import clock, phones
from records.models import Enrolment
from triage import targets
from triage.announcing import saying
from triage.duty import shifts
from triage.models import CallbackEvent, CallbackState, EventKind
from triage.situation import known_zone

ANSWERS = frozenset({InboundKind.WORSE, InboundKind.LATER})


def answered_by(
    session: Session, *, kind: InboundKind, enrolments: Sequence[Enrolment], now: datetime
) -> list[Enrolment]:
    """Those of the people behind a phone whom the reply is about: who were told of a call that is still owed. That
    somebody is worse counts for whoever was told of one, when every call is over.
    """
    told = announcing.heard_lately(session, enrolments=enrolments, now=now)
    owed = {callback.enrolment_id for callback in told if callback.state == CallbackState.OPEN}
    if not owed and kind is InboundKind.WORSE:
        owed = {callback.enrolment_id for callback in told}
    return [enrolment for enrolment in enrolments if enrolment.id in owed]


def act(
    session: Session, *, kind: InboundKind, enrolments: Sequence[Enrolment], cause: uuid.UUID, now: datetime
) -> None:
    do = saying.worse if kind is InboundKind.WORSE else saying.later
    for enrolment in enrolments:
        do(session, enrolment=enrolment, cause=cause, now=now)


def reply(
    session: Session,
    *,
    kind: InboundKind,
    language: str,
    enrolments: Sequence[Enrolment],
    cause: uuid.UUID,
    at: datetime,
) -> str:
    """What is written back, the same however often it is asked: `at` is when the text came."""
    if not enrolments:
        return texts.helped(language, None)
    programme = enrolments[-1].programme
    phone = phones.national(programme.shown_number or programme.phone)
    zone = known_zone(enrolments[-1].zone, programme.zone)
    if kind is InboundKind.WORSE:
        opens_at = targets.opening(programme, at)
        if opens_at > at:
            told = all(_pages_somebody(session, enrolment, at) for enrolment in enrolments)
            return texts.outside_hours(language, phone, f"{clock.local(opens_at, zone):%H:%M}", on_call_told=told)
        return call_texts.worse(language, phone)
    return call_texts.later(language, phone, after=_put_off_to(session, cause), zone=zone)


def _pages_somebody(session: Session, enrolment: Enrolment, at: datetime) -> bool:
    """As a red does that comes in while the centre is closed (triage.duty.escalations)."""
    return any(person.phone for person in shifts.on_call(session, team_id=enrolment.team_id, now=at))


def _put_off_to(session: Session, cause: uuid.UUID) -> datetime | None:
    """When the last of the calls is due that this text put off; None when one of them is not put off."""
    said = select(CallbackEvent.details["at"].astext).where(
        CallbackEvent.kind == EventKind.SAID_LATER, CallbackEvent.details["cause"].astext == str(cause)
    )
    found = session.scalars(said).all()
    if not found or None in found:
        return None
    return max(datetime.fromisoformat(moment) for moment in found if moment)
