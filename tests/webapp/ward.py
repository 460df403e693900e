"""A centre at work today: its programme, a team, people signed in, patients with answers; everything committed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires import versions
from questionnaires.models import Checkin, CheckinState
from records import clock, teams
from records.audit import SYSTEM, Actor
from records.models import Enrolment, EnrolmentState, Programme, Role, Staff, Team
from tests.factories import make_enrolment, make_programme
from tests.triage import factories
from tests.webapp.signing import make_person, sign_in
from triage import intake, protocols
from triage.intake import Submission
from triage.models import Alert, Callback, CallbackState

WELL: dict[str, Any] = dict(factories.WELL)
ORANGE = {**WELL, "temperature": [{"quantity": "39.2", "unit": "Cel"}]}
RED = {**WELL, "spo2": [{"quantity": "90", "unit": "%"}], "temperature": [{"quantity": "38.4", "unit": "Cel"}]}


@dataclass
class Ward:
    session: Session
    programme: Programme
    version_id: int
    team: Team
    people: dict[str, Staff] = field(default_factory=dict)

    def person(self, role: str = Role.PHYSICIAN, name: str = "", team: Team | None = None, **given: Any) -> Staff:
        key = f"{role}{name}"
        if key not in self.people:
            called = {"name": name} if name else {}
            values = {"email": f"{uuid.uuid4().hex[:8]}@centre.example", "team": team or self.team}
            self.people[key] = make_person(self.session, role=Role(role), **(values | called | given))
        return self.people[key]

    def another_team(self, name: str = "Sud") -> Team:
        team = teams.create(self.session, name=name, actor=SYSTEM, now=clock.now())
        self.session.commit()
        return team

    def patient(self, state: str = EnrolmentState.ACTIVE, *, days_ago: int = 6, **given: Any) -> Enrolment:
        """Somebody with an oximeter, enrolled some days ago on day 2 of the illness."""
        then = clock.now() - timedelta(days=days_ago)
        values = {
            "programme": self.programme,
            "team": self.team,
            "has_oximeter": True,
            "onset_on": then.date() - timedelta(days=2),
            "address": "12 rue des Lilas, 75020 Paris, code 14B",
        }
        made = make_enrolment(self.session, state, now=then, **(values | given))
        self.session.commit()
        return made

    def answer(self, enrolment: Enrolment, answers: Any = WELL, *, ago: timedelta = timedelta()) -> None:
        submission = Submission(
            enrolment_id=enrolment.id, key=uuid.uuid4(), version_id=self.version_id, answers=answers, language="fr"
        )
        actor = Actor.patient(enrolment.patient, "192.0.2.7")
        intake.submit(self.session, submission=submission, actor=actor, now=clock.now() - ago)
        self.session.commit()

    def missed(self, enrolment: Enrolment, *, ago: timedelta) -> Checkin:
        opens_at = clock.now() - ago
        made = Checkin(
            enrolment_id=enrolment.id,
            slot=f"extra-{uuid.uuid4().hex[:6]}",
            local_on=opens_at.date(),
            opens_at=opens_at,
            closes_at=opens_at + timedelta(hours=4),
            state=CheckinState.MISSED,
            closed_at=opens_at + timedelta(hours=4),
        )
        self.session.add(made)
        self.session.commit()
        return made

    def red(self, **given: Any) -> Enrolment:
        made = self.patient(**given)
        self.answer(made, RED)
        return made

    def callback(self, enrolment: Enrolment) -> Callback:
        query = select(Callback).where(Callback.enrolment_id == enrolment.id).order_by(Callback.id.desc()).limit(1)
        return self.session.scalars(query, execution_options={"populate_existing": True}).one()

    def is_open(self, enrolment: Enrolment) -> bool:
        return self.callback(enrolment).state == CallbackState.OPEN

    def alerts(self, enrolment: Enrolment) -> list[Alert]:
        query = select(Alert).where(Alert.enrolment_id == enrolment.id).order_by(Alert.id)
        return list(self.session.scalars(query, execution_options={"populate_existing": True}))


def open_ward(session: Session) -> Ward:
    """Open round the clock, so that no test depends on the hour at which it runs."""
    now = clock.now()
    programme = make_programme(session, opens=time(0), closes=time(23, 59))
    version = versions.load_library(session, programme=programme, now=now - timedelta(days=60))
    protocols.load_library(session, programme=programme, now=now - timedelta(days=60))
    team = teams.create(session, name="Nord", actor=SYSTEM, now=now)
    session.commit()
    return Ward(session, programme, version.id, team)


def enter(app: Flask, ward: Ward, role: str = Role.PHYSICIAN, name: str = "", **given: Any) -> FlaskClient:
    """A browser in which a person of that role has signed in."""
    return sign_in(app, ward.person(role, name, **given))


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def instant(ago: timedelta) -> datetime:
    return clock.now() - ago
