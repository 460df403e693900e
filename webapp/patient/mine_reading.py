"""What "My page" shows without a second factor: what comes next, when to worry, what was asked for. Read once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.departures import phone_of
from notifications.on_request import LATER
from questionnaires.models import Checkin, CheckinState
from records import clock
from records.models import AnswersBy, Enrolment, EnrolmentState, OptOut
from records.patients.index import phone_digest
from triage import asked, followup, protocols, snoozes
from triage.findings import ProtocolError
from triage.levels import Level
from triage.models import Alert
from triage.refusals import ProtocolUnsigned
from triage.situation import known_zone
from webapp.patient import promise
from webapp.patient.signs import NO_SIGNS, Signs, limits_of, signs


@dataclass(frozen=True)
class Mine:
    """`checkin` is what is being asked now; `next_at` when the next one comes, None when none is planned. Until
    `known_until` a physician has put one of the signs off: nobody calls for that one alone.
    """

    enrolment: Enrolment
    checkin: Checkin | None
    next_at: datetime | None
    zone: str
    signs: Signs
    request: Alert | None
    stopped: OptOut | None
    known_until: datetime | None
    now: datetime

    @property
    def is_followed(self) -> bool:
        return self.enrolment.state == EnrolmentState.ACTIVE

    @property
    def is_ended(self) -> bool:
        return self.enrolment.state == EnrolmentState.DISCHARGED

    @property
    def reminds(self) -> bool:
        """Whether texts come, so that one can be put off."""
        by_text = self.enrolment.answers_by == AnswersBy.PHONE and self.stopped is None
        return self.is_followed and by_text and self.checkin is not None

    @property
    def may_put_off(self) -> bool:
        return self.reminds and self.checkin is not None and self.now + LATER < self.checkin.closes_at

    @property
    def reminder_at(self) -> datetime | None:
        """The reminder that was asked for and is still to come."""
        at = self.checkin.remind_at if self.checkin else None
        return at if at is not None and at > self.now else None

    @property
    def hours(self) -> dict[str, object]:
        """Whether the centre watches now, when it opens, and when whoever asks now is called."""
        return promise.call(self.enrolment.programme, Level.ORANGE, self.now)

    @property
    def is_called_instead(self) -> bool:
        return self.enrolment.answers_by == AnswersBy.STAFF


def read(session: Session, enrolment: Enrolment, *, language: str, now: datetime) -> Mine:
    return Mine(
        enrolment=enrolment,
        checkin=asked_now(session, enrolment, now),
        next_at=_next_at(enrolment, now),
        zone=known_zone(enrolment.zone, enrolment.programme.zone),
        signs=_signs(session, enrolment, language, now),
        request=asked.standing(session, enrolment=enrolment),
        stopped=opted_out(session, enrolment),
        known_until=_known_until(session, enrolment, now),
        now=now,
    )


def _known_until(session: Session, enrolment: Enrolment, now: datetime) -> datetime | None:
    snooze = snoozes.standing(session, enrolment_id=enrolment.id, now=now)
    return snooze.until_at if snooze else None


def asked_now(session: Session, enrolment: Enrolment, now: datetime) -> Checkin | None:
    return session.scalar(
        select(Checkin)
        .where(Checkin.enrolment_id == enrolment.id, Checkin.state == CheckinState.OPEN, Checkin.opens_at <= now)
        .order_by(Checkin.opens_at.desc())
        .limit(1)
    )


def _next_at(enrolment: Enrolment, now: datetime) -> datetime | None:
    """As the worker will act on it; beyond the last day it only looks whether the follow-up may end."""
    at, last = enrolment.next_checkin_at, enrolment.ends_on
    if enrolment.state != EnrolmentState.ACTIVE or at is None or at <= now:
        return None
    zone = known_zone(enrolment.zone, enrolment.programme.zone)
    return at if last is None or clock.local_day(at, zone) <= last else None


def _signs(session: Session, enrolment: Enrolment, language: str, now: datetime) -> Signs:
    """Those of the rules that would assess this patient now, with the patient's own limits."""
    who = {"programme_id": enrolment.programme_id, "rehearsal": enrolment.patient.rehearsal}
    try:
        _, protocol = protocols.in_force(session, **who, now=now)
    except ProtocolUnsigned:
        return NO_SIGNS
    own = followup.own_limits(session, enrolment=enrolment, now=now)
    try:
        limits = limits_of(protocol.document, own)
    except ProtocolError:  # own limits of another version: the rules do not use them either
        limits = {}
    return signs(protocol.document, limits, language)


def opted_out(session: Session, enrolment: Enrolment) -> OptOut | None:
    phone = phone_of(enrolment.patient)
    return session.get(OptOut, phone_digest(phone)[1]) if phone else None
