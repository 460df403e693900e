"""A synthetic patient at home: opens the link of a text, agrees, answers, forgets, or reports unasked.

Patients act on the texts that they were really sent and on the telephone calls that they were really given.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from notifications.models import Purpose
from questionnaires.answers import Validated
from questionnaires.models import Checkin, CheckinState, Door
from records import audit, doors
from records import enrolment as enrolments
from records.models import EndReason, Enrolment, EnrolmentState
from triage import followup, intake
from webapp.rehearsal.agenda import Act, Agenda
from webapp.rehearsal.ailments import MEANT
from webapp.rehearsal.cast import Finale, Habit, Person
from webapp.rehearsal.courses import condition, strain
from webapp.rehearsal.draws import draws
from webapp.rehearsal.stage import Stage, last_silence
from webapp.rehearsal.thumbs import answered, plainly

FROM_HOME = "192.0.2.10"
"""An address reserved for documentation."""


class Patient:
    """One person of the cast and their enrolment; every draw comes from their own generator."""

    def __init__(
        self, person: Person, enrolment: Enrolment, *, stage: Stage, agenda: Agenda, seed: int, on_alert: Act
    ) -> None:
        self.person, self.enrolment = person, enrolment
        self.stage, self.agenda = stage, agenda
        self.rng = draws(seed, "acts", person.number)
        self.quiet_from = last_silence(stage) if person.finale is Finale.SILENT else person.quiet_from
        self.refuses_to_begin = person.habit is Habit.NEVER
        self.planned: set[int] = set()
        self.strain_before: int | None = None
        self.on_alert = on_alert
        if person.report_at is not None:
            agenda.put(person.report_at, self.report)

    def receive(self, purpose: str, token: str, checkin: Checkin | None, now: datetime) -> None:
        """A text has come; what follows depends on who it is."""
        if purpose == Purpose.INVITATION:
            if not self.refuses_to_begin:
                self._later(now, self._minutes(4, 240), lambda at: self.begin(token, at))
        elif checkin is not None and checkin.id not in self.planned and not self._is_quiet(checkin):
            self._consider(purpose, checkin, now)

    def begin(self, token: str, now: datetime) -> None:
        """Through the link: the day of birth, then the consent."""
        kind, public_id = doors.read_link(token)
        assert (kind, public_id) == ("invite", self.enrolment.public_id)
        born, session = self.person.identity.birth_date, self.stage.session
        session.refresh(self.enrolment)
        if self.enrolment.state != EnrolmentState.INVITED:
            return
        if doors.check_birth_day(session, enrolment=self.enrolment, day=born.day, month=born.month, now=now):
            enrolments.activate(session, enrolment=self.enrolment, actor=self._me(), now=now)

    def report(self, now: datetime, checkin: Checkin | None = None) -> None:
        """Answer, asked or not; whatever is sent is taken."""
        self.stage.session.refresh(self.enrolment)
        if self.enrolment.state != EnrolmentState.ACTIVE:
            return
        person = self.person
        under = strain(person.course, onset_on=person.onset_on, turn=person.turn, at=now)
        validated = self._typed(under, now)
        submission = intake.Submission(
            enrolment_id=self.enrolment.id,
            key=uuid.uuid4(),
            version_id=self.stage.version_id,
            answers=validated.answers,
            dropped=validated.not_in_force(),
            language=person.language,
            door=Door.PHONE,
            completed_at=now - timedelta(seconds=self.rng.randint(1, 20)),
            checkin=checkin.public_id if checkin else None,
        )
        receipt = intake.submit(self.stage.session, submission=submission, actor=self._me(), now=now)
        self.strain_before = under
        if receipt.level != "green":
            self.on_alert(now)

    def _typed(self, under: int, now: datetime) -> Validated:
        person, clumsy = self.person, self.person.habit is Habit.MISTYPING
        meant = MEANT.get(self.stage.programme.slug)
        if meant is not None:
            texts = meant(under, person, now, self.rng)
            return plainly(self.stage.questionnaire, texts, clumsy=clumsy, rng=self.rng)
        return answered(
            self.stage.questionnaire,
            condition(under, self.strain_before, self.rng),
            oximeter=person.has_oximeter,
            language=person.language,
            clumsy=clumsy,
            rng=self.rng,
        )

    def hear(self, now: datetime) -> None:
        """Somebody of the centre has called and got through: who was silent answers again, most of them."""
        self.stage.session.refresh(self.enrolment)
        if self.enrolment.state == EnrolmentState.INVITED:
            self._decide(now)
        elif self.quiet_from is not None and self.quiet_from <= now and self.rng.random() < 0.8:
            self.quiet_from = None

    def picks_up(self) -> bool:
        return self.person.finale is not Finale.SILENT and self.rng.random() < 0.74

    def _decide(self, now: datetime) -> None:
        if self.rng.random() < 0.2:
            followup.discharge(
                self.stage.session,
                enrolment=self.enrolment,
                reason=EndReason.WITHDREW,
                actor=self._me(),
                now=now,
            )
        else:
            token = doors.make_link("invite", self.enrolment.public_id)
            self._later(now, self._minutes(5, 60), lambda at: self.begin(token, at))

    def _consider(self, purpose: str, checkin: Checkin, now: datetime) -> None:
        """Whether this text moves them to answer, and how long that takes."""
        late, drawn = self.person.habit is Habit.LATE, self.rng.random()
        if purpose == Purpose.CHECKIN:
            if late:
                self._answer_later(checkin, now, self.rng.randint(245, 420))
            elif drawn > 0.1:
                self._answer_later(checkin, now, self._minutes(3, 150))
        elif drawn < (0.75 if purpose == Purpose.FIRST_REMINDER else 0.5):
            self._answer_later(checkin, now, self._minutes(4, 80))

    def _answer_later(self, checkin: Checkin, now: datetime, minutes: int) -> None:
        self.planned.add(checkin.id)
        self._later(now, minutes, lambda at: self._answer(checkin, at))

    def _answer(self, checkin: Checkin, now: datetime) -> None:
        self.stage.session.refresh(checkin)
        if checkin.state in (CheckinState.OPEN, CheckinState.MISSED):
            self.report(now, checkin)

    def _is_quiet(self, checkin: Checkin) -> bool:
        return self.quiet_from is not None and checkin.opens_at >= self.quiet_from

    def _later(self, now: datetime, minutes: int, act: Act) -> None:
        self.agenda.put(now + timedelta(minutes=minutes, seconds=self.rng.randint(0, 59)), act)

    def _minutes(self, least: int, most: int) -> int:
        """Mostly soon, sometimes much later."""
        return least + int((most - least) * self.rng.random() ** 3)

    def _me(self) -> audit.Actor:
        return audit.Actor.patient(self.enrolment.patient, FROM_HOME)
