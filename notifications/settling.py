"""Writes what became of a message, and tells triage, so that whoever calls a silent patient can read why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, load_only, raiseload

from notifications import departures, statuses
from notifications.models import Message, MessageStatus
from notifications.policy import Drop
from notifications.providers import LookUp, LookUpKind, Outcome, OutcomeKind
from notifications.why import why
from questionnaires.models import Checkin
from records import contacts
from records.models import Enrolment
from triage import heard_late

# The wait after each try; the last one repeats until the message expires.
BACK_OFF = tuple(timedelta(seconds=seconds) for seconds in (30, 120, 300, 900, 1800, 3600))
FIRST_LOOK_AFTER = timedelta(minutes=1)
LOOK_AGAIN_AFTER = timedelta(minutes=5)
ABSENCE_IS_SURE_AFTER = timedelta(minutes=10)
GIVE_UP_LOOKING_AFTER = timedelta(hours=24)

# How old a text is each time the provider is asked because it said nothing more. Receipts come within minutes or, of a
# telephone that is switched off, when the operator stops trying, after 72 hours at the most (ip1sms.com, on late
# delivery reports). Twilio leaves at `sent` what no operator reports on (its page on message statuses).
LOOKED_UP_AT_AGES = (
    timedelta(minutes=15),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (1, 2, 4, 8, 16, 32, 48, 72)),
)

TELLS_MORE = frozenset({MessageStatus.DELIVERED, MessageStatus.UNDELIVERED})


def locked(session: Session, message_id: int) -> Message:
    """The message, with its row locked until the end of the transaction."""
    return session.scalars(_with_names().where(Message.id == message_id).with_for_update(of=Message)).one()


def _with_names() -> Select[Message]:
    """Messages with the public ids of what they are about, and nothing else of it."""
    checkin = joinedload(Message.checkin).options(load_only(Checkin.public_id), raiseload("*"))
    enrolment = joinedload(Message.enrolment).options(load_only(Enrolment.public_id), raiseload("*"))
    return select(Message).options(checkin, enrolment).execution_options(populate_existing=True)


def settle(session: Session, *, message_id: int, outcome: Outcome, at: datetime) -> str:
    """Write the outcome of a sending; returns the status reached. A receipt that came first is not undone."""
    message = locked(session, message_id)
    if outcome.provider_id and message.provider_id is None:
        message.provider_id = outcome.provider_id
    if outcome.kind is OutcomeKind.ACCEPTED:
        raise_to(session, message, outcome.status, at=at, reason=outcome.reason)
    elif message.status == MessageStatus.SENDING:
        _settle_failure(session, message, outcome, at)
    session.flush()
    return message.status


def _settle_failure(session: Session, message: Message, outcome: Outcome, at: datetime) -> None:
    if outcome.kind is OutcomeKind.RETRY:
        wait = BACK_OFF[min(message.tries, len(BACK_OFF)) - 1]
        message.status, message.status_at = MessageStatus.QUEUED, at
        message.next_try_at, message.reason = at + wait, outcome.reason
        message.claimed_by = message.lease_ends_at = None
        return
    if outcome.kind is OutcomeKind.UNKNOWN:
        message.next_try_at = at + FIRST_LOOK_AFTER
        raise_to(session, message, MessageStatus.UNKNOWN, at=at, reason=outcome.reason)
        return
    raise_to(session, message, MessageStatus.REFUSED, at=at, reason=outcome.reason)
    if outcome.opted_out:
        departures.learn_from_refusal(session, message=message, now=at)


def settle_look_up(session: Session, *, message_id: int, found: LookUp, at: datetime) -> str:
    """Write what the provider knew of an unknown message: taken over, or ended without a second text; a page to the
    staff is sent again.
    """
    message = locked(session, message_id)
    if message.status != MessageStatus.UNKNOWN:
        return message.status
    age = at - (message.sent_at or message.status_at)
    if found.kind is LookUpKind.FOUND:
        message.provider_id = message.provider_id or found.provider_id
        raise_to(session, message, found.status, at=at, reason=found.reason)
    elif message.staff_id is not None and found.kind is not LookUpKind.UNABLE:
        _send_again(message, at)
    elif found.kind is LookUpKind.IMPOSSIBLE:
        raise_to(session, message, MessageStatus.UNKNOWN_FINAL, at=at, reason="no-look-up")
    elif found.kind is LookUpKind.ABSENT and age >= ABSENCE_IS_SURE_AFTER:
        raise_to(session, message, MessageStatus.UNKNOWN_FINAL, at=at, reason="not-at-provider")
    elif age >= GIVE_UP_LOOKING_AFTER:
        raise_to(session, message, MessageStatus.UNKNOWN_FINAL, at=at, reason="provider-unreachable")
    session.flush()
    return message.status


def _send_again(message: Message, at: datetime) -> None:
    """Of a page to the staff two are better than none. It expires as before, and the next person is paged meanwhile."""
    message.status, message.status_at, message.reason = MessageStatus.QUEUED, at, "sent-again"
    message.next_try_at = at


def drop(session: Session, *, message_id: int, token: str, reason: Drop, at: datetime) -> bool:
    """End a claimed message that must not go out; False when the claim was lost."""
    message = locked(session, message_id)
    if message.status != MessageStatus.CLAIMED or message.claimed_by != token:
        return False
    raise_to(session, message, MessageStatus.DROPPED, at=at, reason=reason.value)
    session.flush()
    return True


def raise_to(session: Session, message: Message, status: MessageStatus, *, at: datetime, reason: str | None) -> bool:
    """Move a locked message up to `status`, or leave it where it is; True when it moved."""
    if not statuses.moves_up(message.status, status):
        return False
    message.status, message.status_at, message.reason = status, at, reason
    message.claimed_by = message.lease_ends_at = None
    if status in statuses.SILENT:
        message.next_try_at = at + LOOKED_UP_AT_AGES[0]
    _note(session, message, at)
    if status in TELLS_MORE and message.checkin_id is not None:
        heard_late.amend(session, checkin_id=message.checkin_id, now=at)
    return True


def tell_triage(session: Session, *, message_ids: Sequence[int], at: datetime) -> None:
    """Note, for messages moved set-wise, what they now are."""
    if not message_ids:
        return
    for message in session.scalars(_with_names().where(Message.id.in_(message_ids))):
        _note(session, message, at)


def _note(session: Session, message: Message, at: datetime) -> None:
    outcome = statuses.contact_outcome(message.status)
    if outcome is None or message.enrolment_id is None or message.enrolment is None:
        return
    contacts.note(
        session,
        enrolment_id=message.enrolment_id,
        source=message.public_id,
        about=message.checkin.public_id if message.checkin else message.enrolment.public_id,
        channel=message.channel,
        purpose=message.purpose,
        outcome=outcome,
        at=at,
        reason=why(message.status, message.reason),
    )
