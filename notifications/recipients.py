"""Who a batch of texts is for, in one statement: the facts that decide, and what the text needs."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, aliased

from notifications import call_texts, calls, texts
from notifications.call_texts import CallWords
from notifications.calls import Call
from notifications.departures import phone_of
from notifications.models import UNCAPPED, Message, MessageStatus, Purpose
from notifications.policy import DAY, Situation
from notifications.providers import Text
from questionnaires.models import Checkin, CheckinState
from records import clock, doors, phones, second_factor
from records.models import AnswersBy, EndReason, Enrolment, EnrolmentState, OptOut, PatientIndex

ON_CALL_TOLD = ":told"
"""How the key of a text ends that says so, because the text is made anew whenever it is asked about."""
NOT_GONE_OUT = (MessageStatus.QUEUED, MessageStatus.CLAIMED, MessageStatus.REFUSED, MessageStatus.DROPPED)


class Facts(NamedTuple):
    """One row of the statement, still sealed."""

    message: Message
    enrolment: Enrolment
    checkin: str | None
    checkin_public_id: uuid.UUID | None
    remind_at: datetime | None
    opted_out: bool
    texts_today: int
    call: Call | None = None


@dataclass(frozen=True, repr=False)
class Recipient:
    """One message and where it goes. `checkin_public_id` is absent for an invitation and a code; `phone` is E.164."""

    message: Message
    enrolment: Enrolment
    checkin_public_id: uuid.UUID | None
    phone: str | None
    situation: Situation
    call: CallWords | None = None


def load(session: Session, message_ids: Sequence[int], *, now: datetime) -> list[Facts]:
    """What is known at `now` of those of these messages that go to patients, in the order of their ids."""
    wanted = (
        select(Message, Enrolment, Checkin.state, Checkin.public_id, Checkin.remind_at, _opted_out(), _texts_today(now))
        .join(Enrolment, Enrolment.id == Message.enrolment_id)
        .outerjoin(Checkin, Checkin.id == Message.checkin_id)
        .where(Message.id.in_(message_ids))
        .order_by(Message.id)
    )
    rows = session.execute(wanted.execution_options(populate_existing=True)).all()
    about = calls.of(session, [row[0] for row in rows])
    return [Facts(*row, about.get(row[0].id)) for row in rows]


def _opted_out() -> ColumnElement[bool]:
    number = (PatientIndex.patient_id == Enrolment.patient_id) & (PatientIndex.kind == "phone")
    return exists().where(number, OptOut.phone_digest == PatientIndex.digest).correlate(Enrolment)


def _texts_today(now: datetime) -> ColumnElement[int]:
    other = aliased(Message)
    counted = (other.purpose.not_in(UNCAPPED), other.status.not_in(NOT_GONE_OUT))
    return (
        select(func.count())
        .where(other.enrolment_id == Enrolment.id, other.sent_at > now - DAY, *counted)
        .correlate(Enrolment)
        .scalar_subquery()
    )


def opened(facts: Facts) -> Recipient:
    """The recipient in clear. Raises crypto.SealBroken or crypto.KeyMissing for a row that does not open."""
    message, enrolment = facts.message, facts.enrolment
    phone = phone_of(enrolment.patient)
    situation = Situation(
        purpose=Purpose(message.purpose),
        state=EnrolmentState(enrolment.state),
        end_reason=EndReason(enrolment.end_reason) if enrolment.end_reason else None,
        checkin=CheckinState(facts.checkin) if facts.checkin else None,
        zone=enrolment.zone,
        has_phone=phone is not None,
        can_receive_texts=phone is not None and phones.can_receive_texts(phone),
        opted_out=facts.opted_out,
        synthetic=enrolment.patient.rehearsal or (phone is not None and phones.is_fictional(phone)),
        texts_today=facts.texts_today,
        answers_by=AnswersBy(enrolment.answers_by),
        remind_at=facts.remind_at,
        call_over=facts.call is not None and facts.call.is_over,
    )
    words = replace(facts.call.words, zone=_zone(enrolment)) if facts.call else None
    return Recipient(message, enrolment, facts.checkin_public_id, phone, situation, words)


def _zone(enrolment: Enrolment) -> str:
    """The patient's, or the centre's where that is no zone."""
    return enrolment.zone if enrolment.zone in clock.zone_names() else enrolment.programme.zone


def written(recipient: Recipient, *, public_url: str, at: datetime) -> Text:
    """The text for this recipient, the same whenever it is made: links and codes are derived, so nothing needs to be
    kept.
    """
    enrolment = recipient.enrolment
    purpose = recipient.situation.purpose
    if recipient.call is not None:
        return _about_a_call(recipient, recipient.call, public_url=public_url, at=at)
    code = _code(recipient)
    link = code if purpose is Purpose.CODE and code else f"{public_url}/q/{_token(recipient)}"
    opening, told = _outside(recipient) if purpose is Purpose.OUTSIDE_HOURS else ("", False)
    content = texts.Content(
        purpose=purpose,
        language=enrolment.patient.language,
        phone=phones.national(enrolment.programme.phone),
        link=link,
        site=f"{public_url}/enter",
        code=code,
        opening=opening,
        on_call_told=told,
    )
    body = texts.body(content)
    return _text(recipient, body, link if link in body else body, public_url=public_url, at=at)


def _about_a_call(recipient: Recipient, call: CallWords, *, public_url: str, at: datetime) -> Text:
    language, programme = recipient.enrolment.patient.language, recipient.enrolment.programme
    phone = phones.national(programme.shown_number or programme.phone)
    if recipient.situation.purpose is Purpose.CALL_ANNOUNCED:
        body = call_texts.announced(language, phone, call, at=at)
    else:
        body = call_texts.tried(language, phone, call)
    return _text(recipient, body, call.mark, public_url=public_url, at=at)


def _text(recipient: Recipient, body: str, link: str, *, public_url: str, at: datetime) -> Text:
    message, phone = recipient.message, recipient.phone
    assert phone is not None, "policy.decide lets no text pass without a number"
    return Text(
        message_public_id=message.public_id,
        to=phone,
        body=body,
        link=link,
        callback_url=f"{public_url}/hooks/twilio/status/{message.public_id}",
        at=at,
        expires_at=message.expires_at,
        synthetic=recipient.situation.synthetic,
    )


def _outside(recipient: Recipient) -> tuple[str, bool]:
    """When the centre opens after this text was owed, on the patient's clock, and whether a physician was paged."""
    enrolment, programme, owed = recipient.enrolment, recipient.enrolment.programme, recipient.message.created_at
    opens = clock.next_opening(owed, programme.opens, programme.closes, programme.zone)
    return f"{clock.local(opens, _zone(enrolment)):%H:%M}", recipient.message.key.endswith(ON_CALL_TOLD)


def _code(recipient: Recipient) -> str | None:
    """What the text asks to be typed: the entrance code of an invitation, or the digits before the history."""
    if recipient.situation.purpose is Purpose.CODE:
        return second_factor.code_for(recipient.message.public_id)
    return doors.code_of(recipient.enrolment) if recipient.situation.purpose is Purpose.INVITATION else None


def _token(recipient: Recipient) -> str:
    if recipient.checkin_public_id is None:
        return doors.make_link("invite", recipient.enrolment.public_id)
    return doors.make_link("checkin", recipient.checkin_public_id)
