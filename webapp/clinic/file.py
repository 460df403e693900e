"""A patient's file as its page shows it, read for the person signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from flask import current_app, url_for
from markupsafe import Markup

from records import clock, doors, patients, phones, programmes
from records import enrolment as enrolments
from records.comorbidities import hold_for
from records.db import db
from records.models import AnswersBy, DayZero, Enrolment, EnrolmentState, RiskTier, Staff
from records.patients import Identity, years_between
from records.texts import LANGUAGES
from triage import callbacks, followup, protocols
from triage.documents import Document
from triage.situation import known_zone
from webapp import choosing
from webapp.clinic import days, history, rules, standing, wishes, wording
from webapp.clinic.answers import Answers, over_time
from webapp.clinic.doors_words import DOORS
from webapp.clinic.standing import Call
from webapp.extensions import language, translator
from webapp.formatting import apart


@dataclass(frozen=True)
class File:
    enrolment: Enrolment
    identity: Identity
    particulars: enrolments.Particulars
    document: Document | None
    own_limits: list[history.OwnLimit]
    call: Call | None
    answers: Answers | None
    acts: list[history.Act]
    messages: list[history.Sent]
    protocol_signed: bool
    pause_owner: str
    one_of_several: bool
    wishes: list[str]
    now: datetime

    @property
    def zone(self) -> str:
        return self.enrolment.programme.zone

    @property
    def age(self) -> int:
        return years_between(self.identity.birth_date, clock.local_day(self.now, self.zone))

    @property
    def day(self) -> str:
        """How long it has been, in the words of the programme."""
        day = enrolments.day(self.enrolment, clock.local_day(self.now, self.enrolment.zone))
        return days.said(DayZero(self.enrolment.programme.day_zero), day, translator())

    @property
    def programme(self) -> str:
        """Its name, where the centre has more than one."""
        return choosing.name(self.enrolment.programme.name, language()) if self.one_of_several else ""

    @property
    def lacks_own_limits(self) -> bool:
        """A condition calls for a physician's own limits and none is in force: learned since, or the limits ran out."""
        waits = self.enrolment.state == EnrolmentState.HELD  # said there with what to do
        needed = hold_for(self.enrolment.conditions, self.enrolment.programme) is not None
        return self.is_open and not waits and needed and not self.own_limits

    @property
    def is_called_late(self) -> bool:
        """In this patient's zone a silence can fall outside the centre's hours."""
        programme = self.enrolment.programme
        zone = known_zone(self.enrolment.zone, programme.zone)
        return self.is_open and not programmes.calls_within_hours(programme, zone, self.now)

    @property
    def state(self) -> object:
        return wording.STATES[EnrolmentState(self.enrolment.state)]

    @property
    def language(self) -> str:
        return LANGUAGES.get(self.enrolment.patient.language, self.enrolment.patient.language)

    @property
    def emergency(self) -> Markup | str:
        return _contact(self.particulars.emergency_name, self.particulars.emergency_phone)

    @property
    def gp(self) -> Markup | str:
        return _contact(self.particulars.gp_name, self.particulars.gp_phone)

    @property
    def conditions(self) -> list[object]:
        return [wording.CONDITIONS.get(code, code) for code in self.enrolment.conditions]

    @property
    def is_open(self) -> bool:
        return EnrolmentState(self.enrolment.state) in enrolments.OPEN

    @property
    def may_change(self) -> bool:
        """Of a refusal nothing more is kept, so nothing can be corrected."""
        return self.enrolment.state != EnrolmentState.REFUSED

    @property
    def may_pause(self) -> bool:
        return self.enrolment.state in (EnrolmentState.ACTIVE, EnrolmentState.INVITED)

    @property
    def asked_by(self) -> object:
        return DOORS[AnswersBy(self.enrolment.answers_by)]

    @property
    def address(self) -> str:
        return self.particulars.address

    @property
    def risk(self) -> object:
        return days.risks(self.enrolment.programme)[RiskTier(self.enrolment.risk_tier)]

    @property
    def pause_reason(self) -> object:
        return wording.PAUSES.get(self.enrolment.pause_reason or "", "")

    @property
    def next_step(self) -> str | None:
        """Who acts next on this follow-up and by when."""
        step = enrolments.next_step(self.enrolment, self.enrolment.programme, self.now)
        return wording.next_step(step, self.zone, translator()) if step else None

    @property
    def code(self) -> str | None:
        """The typed entrance, for as long as it is of use."""
        return doors.code_of(self.enrolment) if self.enrolment.state == EnrolmentState.INVITED else None

    @property
    def code_address(self) -> str:
        here = url_for("patient.enter", language=self.enrolment.patient.language)
        return current_app.config["VIGIDOM"].public_url.split("://", 1)[1] + here


def _contact(name: str, phone: str) -> Markup | str:
    if not phone:
        return apart(name)
    return Markup('<bdi>{}</bdi> <a class="vd-nowrap" href="tel:{}"><bdi dir="ltr">{}</bdi></a>').format(
        name, phone, phones.national(phone)
    )


def open_file(enrolment: Enrolment, now: datetime) -> File:
    document = rules.document_in_force(enrolment.programme_id, now)
    own = followup.own_limits(db.session, enrolment=enrolment, now=now)
    found = callbacks.detail(db.session, enrolment=enrolment, language=language(), now=now)
    signed = protocols.is_signed(db.session, programme_id=enrolment.programme_id, now=now)
    owner = db.session.get(Staff, enrolment.pause_owner_id) if enrolment.pause_owner_id else None
    return File(
        enrolment=enrolment,
        identity=patients.reveal(enrolment.patient),
        particulars=enrolments.particulars(enrolment),
        document=document,
        own_limits=history.own_limits(enrolment, document, now),
        call=standing.call(found, now),
        answers=_answers(enrolment, document, own, now),
        acts=history.acts(found, enrolment),
        messages=history.messages(enrolment),
        protocol_signed=signed or enrolment.patient.rehearsal,
        pause_owner=owner.name if owner else "",
        one_of_several=len(programmes.loaded(db.session)) > 1,
        wishes=wishes.of(enrolment, now),
        now=now,
    )


def _answers(enrolment: Enrolment, document: Document | None, own: dict[str, Decimal], now: datetime) -> Answers | None:
    if document is None:
        return None
    return over_time(db.session, enrolment, document=document, own_limits=own, language=language(), now=now)
