"""The moving clock: beats of the worker, and between them what patients and callers do."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notifications.models import ConsoleMessage, Message
from questionnaires.models import Checkin
from records import audit, clock, programmes
from records import enrolment as enrolments
from records.models import Consent, DayZero
from triage import followup
from webapp.config import Settings
from webapp.rehearsal import refusals, tally
from webapp.rehearsal.actors import FROM_HOME, Patient
from webapp.rehearsal.agenda import Agenda
from webapp.rehearsal.callers import Caller
from webapp.rehearsal.cast import Person, cast
from webapp.rehearsal.draws import draws
from webapp.rehearsal.stage import OPERATORS_PER_PHYSICIAN, Stage, first_free_phone, set_up

BY_DAY, BY_NIGHT = timedelta(minutes=30), timedelta(hours=1)
AWAKE = (6, 22)
HELD_AT_THE_END = timedelta(minutes=3)
LOOKED_AFTER = timedelta(seconds=100)

NEXT = timedelta(minutes=1)
"""From beat to beat while people look on."""

Progress = Callable[[str], None]


class Pace(Protocol):
    """The clock of whoever looks on, from `starts_at`."""

    @property
    def starts_at(self) -> datetime: ...

    def present(self) -> datetime: ...

    def wait(self, until: datetime, stop: threading.Event) -> datetime:
        """Wait until that clock shows `until`, or `stop`; returns what it shows, never less than `until`."""
        ...


def rehearse(
    session: Session,
    settings: Settings,
    *,
    patients: int,
    days: float,
    seed: int,
    ends_at: datetime,
    slug: str = programmes.COVID_19,
    stop: threading.Event | None = None,
    progress: Progress | None = None,
    pace: Pace | None = None,
    callers: int | None = None,
) -> tally.Table:
    """Let `patients` synthetic people live through the `days` before `ends_at` in one programme of the library; commits
    as it goes.

    The same seed and end give the same table. Raises Refused, and has then changed nothing. `stop` ends it early. With
    `pace` the end of it is lived through beside people who look on, and no more than `callers` work then.
    """
    refusals.check(session, settings, ends_at=ends_at)
    session.commit()
    starts_at = ends_at - timedelta(days=days)
    with set_up(session, settings, slug=slug, patients=patients, starts_at=starts_at, ends_at=ends_at) as stage:
        play = Play(stage, seed=seed, pace=pace, callers=callers)
        play.prepare(patients)
        play.run(stop or threading.Event(), progress or (lambda _: None))
        return tally.count(stage.session, [patient.enrolment.id for patient in play.patients.values()])


class Play:
    """One rehearsal under way."""

    def __init__(self, stage: Stage, *, seed: int, pace: Pace | None = None, callers: int | None = None) -> None:
        stage = replace(stage, is_watched=pace is not None)
        self.stage, self.seed, self.agenda = stage, seed, Agenda()
        self.pace, self.at_work = pace, callers
        self.patients: dict[uuid.UUID, Patient] = {}
        self.by_id: dict[int, Patient] = {}
        people = [*stage.operators, *stage.physicians]
        self.callers = [
            Caller(
                person,
                stage=stage,
                agenda=self.agenda,
                patients=self.patients,
                draws=draws(seed, "caller", person.email),
                call_next=self.call_for_help,
            )
            for person in people
        ]
        self.last_text = stage.session.scalar(select(func.max(ConsoleMessage.id))) or 0

    def prepare(self, count: int) -> None:
        stage = self.stage
        people = cast(
            count,
            seed=self.seed,
            starts_at=stage.starts_at,
            ends_at=stage.ends_at,
            first_phone=first_free_phone(stage.session),
        )
        for person in people:
            self.agenda.put(person.enrol_at, lambda now, person=person: self.enrol(person, now))
        self.agenda.put(stage.ends_at - HELD_AT_THE_END, self.callers[0].take_and_hold)

    def enrol(self, person: Person, now: datetime) -> None:
        stage, actor = self.stage, audit.Actor.staff(self.stage.enroller, FROM_HOME)
        is_operation = stage.programme.day_zero == DayZero.OPERATION
        application = enrolments.Application(
            identity=person.identity,
            consent=Consent.ORAL,
            language=person.language,
            zone=person.zone,
            address="1 rue de la Répétition, 75000 Paris",
            risk_tier=person.risk_tier,
            onset_on=person.onset_on if person.onset_known or is_operation else None,
            lives_alone=person.lives_alone,
            has_oximeter=person.has_oximeter,
        )
        made = enrolments.enrol(
            stage.session,
            application=application,
            programme=stage.programme,
            team=stage.team,
            actor=actor,
            now=now,
            rehearsal=True,
        )
        followup.invite(stage.session, enrolment=made, actor=actor, now=now)
        patient = Patient(person, made, stage=stage, agenda=self.agenda, seed=self.seed, on_alert=self.call_for_help)
        self.patients[made.public_id] = self.by_id[made.id] = patient

    def run(self, stop: threading.Event, progress: Progress) -> None:
        """Beat after beat until the end, the last one at the very end."""
        now, day = self.stage.starts_at, None
        while now <= self.stage.ends_at and not stop.is_set():
            if (today := clock.local_day(now, self.stage.programme.zone)) != day:
                day = today
                progress(f"{day}: {len(self.patients)} patients")
            self.agenda.run_until(now, shown=self._shown, after_each=self._after_each(now))
            now = self._shown(now)
            self.stage.beat(now)
            self.read_texts(now)
            self.call_for_help(now)
            if now == self.stage.ends_at:
                break
            now = min(self._next(now, stop), self.stage.ends_at)

    def _shown(self, at: datetime) -> datetime:
        """What comes late happens late, as everybody who looks on sees it: pages and actors live by one clock."""
        if self.pace is None or at <= self.pace.starts_at:
            return at
        return min(max(at, self.pace.present()), self.stage.ends_at)

    def _after_each(self, now: datetime) -> Callable[[], object]:
        """Whoever looks on waits for no row until the next beat."""
        is_watched = self.pace is not None and now > self.pace.starts_at
        return self.stage.session.commit if is_watched else lambda: None

    def _next(self, now: datetime, stop: threading.Event) -> datetime:
        """The next beat; once people look on, when the clock that they see has come there."""
        if self.pace is None or now < self.pace.starts_at:
            following = self._next_beat(now)
            return following if self.pace is None else min(following, max(self.pace.starts_at, now + NEXT))
        self._send_home()
        return self.pace.wait(now + NEXT, stop)

    def _send_home(self) -> None:
        """No more than `at_work` stay, one in five of them a physician."""
        if self.at_work is None:
            return
        physicians = -(-self.at_work // (OPERATORS_PER_PHYSICIAN + 1))
        for some, most in ((True, physicians), (False, self.at_work - physicians)):
            for one in [one for one in self.callers if one.is_physician == some][most:]:
                self.callers.remove(one)

    def read_texts(self, now: datetime) -> None:
        """Hand every text that has just been sent to the patient whose telephone it reached."""
        found = self.stage.session.execute(
            select(ConsoleMessage, Message, Checkin)
            .join(Message, Message.id == ConsoleMessage.message_id)
            .outerjoin(Checkin, Checkin.id == Message.checkin_id)
            .where(ConsoleMessage.id > self.last_text)
            .order_by(Message.id)
        ).all()
        self.last_text = max((text.id for text, _, _ in found), default=self.last_text)
        for text, message, checkin in found:
            patient = self.by_id.get(message.enrolment_id)
            token = token_in(text.body)
            if patient is not None and token is not None:
                patient.receive(message.purpose, token, checkin, now)

    def call_for_help(self, now: datetime) -> None:
        """A free operator and a free physician look at the queue shortly; each who takes a call-back calls the next."""
        for is_physician in (False, True):
            free = [one for one in self.callers if one.is_physician == is_physician and not one.busy]
            for caller in free[:1]:
                self.agenda.put(now + LOOKED_AFTER, caller.look)

    def _next_beat(self, now: datetime) -> datetime:
        """The full and the half hour by day, the full hour by night."""
        local = clock.local(now, self.stage.programme.zone)
        pace = BY_DAY if AWAKE[0] <= local.hour < AWAKE[1] else BY_NIGHT
        hour = now.replace(minute=0, second=0, microsecond=0)
        return hour + pace * ((now - hour) // pace + 1)


def token_in(body: str) -> str | None:
    """The token of the link in a text; None in one that only tells something, such as that the centre will call."""
    _, has_link, rest = body.partition("/q/")
    return rest.split()[0] if has_link else None
