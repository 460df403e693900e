"""One patient, one operator and a worker on a moving clock; texts, answers and calls go through the real services."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from notifications.models import ConsoleMessage, Message
from notifications.providers.console import ConsoleProvider
from questionnaires import versions
from questionnaires.answers import raw_from_form, validate
from questionnaires.models import Checkin
from records import doors
from records import enrolment as enrolments
from records.audit import Actor
from records.models import Enrolment, Role, Team
from records.patients import reveal
from tests.factories import make_application, make_programme, make_staff, make_team
from triage import callbacks, followup, intake, protocols
from triage.models import Callback
from webapp import worker

HOUR = timedelta(hours=1)
WELL = {
    "breathlessness": "none",
    "breathlessness-change": "same",
    "chest-pain": "false",
    "blue-lips": "false",
    "confusion": "false",
    "fainted": "false",
    "cannot-eat-drink": "false",
    "temperature": "37,4",
    "heart-rate": "78",
    "respiratory-rate": "16",
    "spo2": "97",
    "chills": "none",
    "malaise": "mild",
    "confinement": "fine",
}


def utc(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


class Fortnight:
    """Fourteen days of follow-up from Friday 20 March 2026, in Paris, for an illness that began on 17 March."""

    def __init__(self, session: Session, engine: sa.Engine) -> None:
        began = utc(3, 20, 8)
        self.session, self.sessions = session, sessionmaker(engine)
        self.programme = make_programme(session, duration_days=14)
        version = versions.load_library(session, programme=self.programme, now=began)
        protocols.load_library(session, programme=self.programme, now=began)
        self.version_id, self.questionnaire = version.id, versions.parsed(version)
        team = make_team(session, now=began)
        self.enroller = make_staff(session, Role.ENROLLER, teams=[team], now=began)
        self.operator = make_staff(session, Role.OPERATOR, teams=[team], now=began)
        self.enrolment = self._enrol(team, utc(3, 20, 9))
        provider = ConsoleProvider(self.sessions, quiet=True)
        self.jobs = worker.jobs(provider, "http://localhost", present=None, lanes=1)
        self.most_open = 0
        session.commit()

    def _enrol(self, team: Team, now: datetime) -> Enrolment:
        actor = Actor.staff(self.enroller, "192.0.2.1")
        application = make_application(onset_on=date(2026, 3, 17), has_oximeter=True)
        made = enrolments.enrol(
            self.session,
            application=application,
            programme=self.programme,
            team=team,
            actor=actor,
            now=now,
            rehearsal=True,
        )
        followup.invite(self.session, enrolment=made, actor=actor, now=now)
        return made

    def beat(self, now: datetime) -> None:
        self.session.commit()
        for job in self.jobs.values():
            job(self.sessions, now)
        open_now = sa.select(sa.func.count(Callback.id)).where(Callback.state == "open")
        self.most_open = max(self.most_open, self.session.scalars(open_now).one())
        self.session.commit()

    def beat_through(self, first: datetime, last: datetime) -> None:
        """The worker's beats of every hour from `first` to `last`."""
        while first <= last:
            self.beat(first)
            first += HOUR

    def begin(self, now: datetime) -> None:
        """Open the link of the text, prove the birthday, agree."""
        kind, public_id = doors.read_link(self.last_link())
        assert (kind, public_id) == ("invite", self.enrolment.public_id)
        born = reveal(self.enrolment.patient).birth_date
        assert doors.check_birth_day(self.session, enrolment=self.enrolment, day=born.day, month=born.month, now=now)
        enrolments.activate(self.session, enrolment=self.enrolment, actor=self._patient(), now=now)
        self.session.commit()

    def answer(self, now: datetime, **typed: str) -> intake.Receipt:
        """Answer the check-in of the last text, in what a thumb types."""
        kind, public_id = doors.read_link(self.last_link())
        assert kind == "checkin"
        said = {**WELL, **{name.replace("_", "-"): text for name, text in typed.items()}}
        form = {f"answer-{link_id}": [text] for link_id, text in said.items()}
        validated = validate(self.questionnaire, raw_from_form(form), facts={"has-oximeter": True})
        assert validated.errors == ()
        submission = intake.Submission(
            enrolment_id=self.enrolment.id,
            key=uuid.uuid4(),
            version_id=self.version_id,
            answers=validated.answers,
            language="fr",
            checkin=public_id,
        )
        receipt = intake.submit(self.session, submission=submission, actor=self._patient(), now=now)
        self.session.commit()
        return receipt

    def call(self, now: datetime, kind: str, details: Mapping[str, int] | None = None) -> datetime:
        """Take the first of the queue, reach the patient, write down what came of it; returns when it was due."""
        row = callbacks.queue(self.session, staff=self.operator, now=now).rows[0]
        who = {"callback": row.public_id, "staff": self.operator}
        callbacks.claim(self.session, **who, now=now)
        callbacks.add_attempt(self.session, **who, outcome="reached", verified=True, now=now + timedelta(minutes=2))
        outcome = callbacks.dispose(
            self.session,
            **who,
            kind=kind,
            seen_alerts=[alert["public_id"] for alert in row.alerts],
            details=details,
            now=now + timedelta(minutes=8),
        )
        self.session.commit()
        assert outcome.closed
        return row.due_at

    def last_link(self) -> str:
        last = sa.select(ConsoleMessage.body).order_by(ConsoleMessage.id.desc()).limit(1)
        return self.session.scalars(last).one().split("/q/", 1)[1].split()[0]

    def checkins(self) -> list[Checkin]:
        return list(self.session.scalars(sa.select(Checkin).order_by(Checkin.opens_at)))

    def messages(self) -> list[Message]:
        return list(self.session.scalars(sa.select(Message).order_by(Message.created_at, Message.id)))

    def _patient(self) -> Actor:
        return Actor.patient(self.enrolment.patient, "192.0.2.7")
