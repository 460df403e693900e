"""Texts that a patient asks for just now: the code before their history, and a reminder at a later hour."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from notifications import policy
from notifications.departures import phone_of
from notifications.models import Message, MessageStatus, Purpose
from notifications.policy import Drop, Situation
from questionnaires.models import Checkin, CheckinState
from records import audit, clock, contacts, phones, second_factor
from records.enrolment import subject_of
from records.models import AnswersBy, EndReason, Enrolment, EnrolmentState
from records.refusals import Refused, Sentence

LATER = timedelta(hours=1)


class NoText(Refused):
    """No text can go to this patient now; `why` says the reason."""

    def __init__(self, why: Drop) -> None:
        super().__init__(WHY.get(why, OTHERWISE))
        self.why = why


class NothingToRemind(Refused):
    """Nothing is being asked, or it is answered."""

    def __init__(self) -> None:
        super().__init__(Sentence("There is nothing to remind you of: your questions are answered, or not yet asked."))


class NoHourLeft(Refused):
    """An hour from now the check-in is over, or it is night."""

    def __init__(self) -> None:
        super().__init__(
            Sentence(
                "There is no hour left for a reminder. Answer now, or the centre calls you when your time is over."
            )
        )


NO_TEXTS = Sentence(
    "This number asked for no more texts. Write START to the number that texted you, or call the centre."
)
WHILE_AWAY = Sentence("No texts are sent while your follow-up is paused or after it has ended. Call the centre.")
NOT_TO_THIS = Sentence("The centre has no number of yours that takes texts. Call the centre.")
BY_OTHER_DOOR = Sentence("You are not asked by text at present, so no text would come. Call the centre.")
OTHERWISE = Sentence("No text can be sent to you now. Call the centre.")
WHY = {
    Drop.OPTED_OUT: NO_TEXTS,
    Drop.NO_PHONE: NOT_TO_THIS,
    Drop.LANDLINE: NOT_TO_THIS,
    Drop.PAUSED: WHILE_AWAY,
    Drop.ADMITTED: WHILE_AWAY,
    Drop.DISCHARGED: WHILE_AWAY,
    Drop.WITHDREW: WHILE_AWAY,
    Drop.ASKED_OTHERWISE: BY_OTHER_DOOR,
}


def why_not(
    session: Session, *, enrolment: Enrolment, purpose: Purpose, now: datetime, checkin: Checkin | None = None
) -> Drop | None:
    """Why a text would be dropped when it would leave, as the outbox itself will decide; None when it may go."""
    phone = phone_of(enrolment.patient)
    situation = Situation(
        purpose=purpose,
        state=EnrolmentState(enrolment.state),
        end_reason=EndReason(enrolment.end_reason) if enrolment.end_reason else None,
        checkin=CheckinState(checkin.state) if checkin else None,
        zone=enrolment.zone,
        has_phone=phone is not None,
        can_receive_texts=phone is not None and phones.can_receive_texts(phone),
        opted_out=phone is not None and contacts.opted_out(session, phone=phone),
        synthetic=False,
        texts_today=0,
        answers_by=AnswersBy(enrolment.answers_by),
    )
    return policy.decide(situation, now=now, reaches_people=False).drop


def send_code(session: Session, *, enrolment: Enrolment, now: datetime) -> None:
    """Owe a text with a fresh code for the history, to the number that the centre has, within ten minutes.

    Raises NoText, second_factor.CodeJustSent, second_factor.TooManyCodes.
    """
    if (why := why_not(session, enrolment=enrolment, purpose=Purpose.CODE, now=now)) is not None:
        raise NoText(why)
    seed = uuid.uuid4()
    code = second_factor.issue(session, enrolment=enrolment, seed=seed, now=now)
    _owe(session, f"code:{enrolment.public_id}:{code.id}", Purpose.CODE, enrolment, None, seed, now, now, code.ends_at)


def remind_later(
    session: Session, *, enrolment: Enrolment, checkin: Checkin, actor: audit.Actor, now: datetime
) -> datetime:
    """One reminder an hour from now, in place of those that have not left yet; returns when. Asked again before it has
    left, the same one waits longer. The second reminder and the hour of silence stay where they are.

    Raises NothingToRemind, NoHourLeft, NoText.
    """
    session.refresh(checkin, with_for_update={"key_share": True})
    if checkin.state != CheckinState.OPEN:
        raise NothingToRemind
    if (
        why := why_not(session, enrolment=enrolment, purpose=Purpose.ASKED_REMINDER, now=now, checkin=checkin)
    ) is not None:
        raise NoText(why)
    at = now + LATER
    if at >= checkin.closes_at or not _is_day(enrolment, at):
        raise NoHourLeft
    checkin.remind_at = at
    session.flush()
    if not _put_off(session, enrolment, checkin, at):
        number = _asked_before(session, enrolment, checkin) + 1
        key = f"reminder:{checkin.public_id}:asked:{number}"
        _owe(session, key, Purpose.ASKED_REMINDER, enrolment, checkin, uuid.uuid4(), now, at, checkin.closes_at)
    details = {"checkin": str(checkin.public_id), "at": at.isoformat()}
    audit.append(
        session, actor=actor, action="patient.reminder", subject=subject_of(enrolment), now=now, details=details
    )
    return at


def _is_day(enrolment: Enrolment, at: datetime) -> bool:
    zone = enrolment.zone if enrolment.zone in clock.zone_names() else enrolment.programme.zone
    return clock.is_open(at, contacts.WRITTEN_FROM, contacts.WRITTEN_UNTIL, zone)


def _mine(enrolment: Enrolment, checkin: Checkin) -> tuple[ColumnElement[bool], ...]:
    return (
        Message.enrolment_id == enrolment.id,
        Message.checkin_id == checkin.id,
        Message.purpose == Purpose.ASKED_REMINDER,
    )


def _put_off(session: Session, enrolment: Enrolment, checkin: Checkin, at: datetime) -> bool:
    waits = (*_mine(enrolment, checkin), Message.status == MessageStatus.QUEUED)
    moved = update(Message).where(*waits).values(next_try_at=at).returning(Message.id)
    return bool(session.scalars(moved.execution_options(synchronize_session=False)).all())


def _asked_before(session: Session, enrolment: Enrolment, checkin: Checkin) -> int:
    return session.scalars(select(func.count()).select_from(Message).where(*_mine(enrolment, checkin))).one()


def _owe(
    session: Session,
    key: str,
    purpose: Purpose,
    enrolment: Enrolment,
    checkin: Checkin | None,
    public_id: uuid.UUID,
    now: datetime,
    due_at: datetime,
    expires_at: datetime,
) -> None:
    row = {
        "public_id": public_id,
        "key": key,
        "purpose": purpose,
        "enrolment_id": enrolment.id,
        "checkin_id": checkin.id if checkin else None,
        "status_at": now,
        "created_at": now,
        "next_try_at": due_at,
        "expires_at": expires_at,
    }
    session.execute(insert(Message).values(row).on_conflict_do_nothing(index_elements=["key"]))
