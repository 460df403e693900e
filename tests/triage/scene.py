"""A programme with its questionnaire and protocol, one enrolment, and answers to submit; everything committed."""

from __future__ import annotations

import itertools
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires import versions
from questionnaires.models import Checkin
from records import staff
from records.audit import SYSTEM, Actor
from records.models import Enrolment, EnrolmentState, Programme, Role, Staff, Team
from tests.factories import NOW, make_enrolment, make_programme, make_team
from tests.triage import factories
from triage import intake, protocols
from triage.drafting_models import ProtocolReplay, ReplayState
from triage.intake import Receipt, Submission
from triage.models import Alert, Callback, ProtocolVersion

Result = TypeVar("Result")
NUMBERS = itertools.count(1)

WELL: dict[str, Any] = {link_id: value for link_id, value in factories.WELL.items() if link_id != "spo2"}
"""Somebody well who has no oximeter."""
ORANGE = {**WELL, "temperature": [{"decimal": "39.2"}]}
RED = {**WELL, "temperature": [{"decimal": "40.6"}]}


@dataclass
class Scene:
    session: Session
    programme: Programme
    team: Team
    version_id: int
    enrolment: Enrolment
    people: dict[str, Staff] = field(default_factory=dict)

    def submit(self, answers: Any = WELL, *, now: datetime = NOW, **given: Any) -> Receipt:
        submission = self.submission(answers, **given)
        actor = Actor.patient(self.enrolment.patient, "192.0.2.7")
        receipt = intake.submit(self.session, submission=submission, actor=actor, now=now)
        self.session.commit()
        return receipt

    def submission(self, answers: Any = WELL, **given: Any) -> Submission:
        values: dict[str, Any] = {
            "enrolment_id": self.enrolment.id,
            "key": uuid.uuid4(),
            "version_id": self.version_id,
            "answers": answers,
            "language": "en",
        }
        return Submission(**(values | given))

    def checkin(self, *, opens_at: datetime = NOW, slot: str = "morning", **given: Any) -> Checkin:
        values: dict[str, Any] = {"closes_at": opens_at + timedelta(hours=4), "local_on": opens_at.date()}
        made = Checkin(enrolment_id=self.enrolment.id, slot=slot, opens_at=opens_at, **(values | given))
        self.session.add(made)
        self.session.commit()
        return made

    def person(self, role: str = Role.OPERATOR) -> Staff:
        """The same person of that role each time."""
        if role not in self.people:
            self.people[role] = self.another(role)
        return self.people[role]

    def another(self, role: str = Role.OPERATOR, *, teams: list[Team] | None = None) -> Staff:
        """Somebody new, invited but without a password: hashing one would take longer than the test."""
        number = next(NUMBERS)
        made, _ = staff.invite(
            self.session,
            email=f"caller{number}@centre.example",
            name=f"Alix Renard{chr(97 + number % 26)}{chr(97 + number // 26 % 26)}",
            role=role,
            teams=[self.team] if teams is None else teams,
            language="en",
            actor=SYSTEM,
            now=NOW,
        )
        self.session.commit()
        return made

    def callback(self) -> Callback:
        """The newest call-back of the enrolment, read anew."""
        found = select(Callback).order_by(Callback.id.desc()).limit(1)
        return self.session.scalars(
            found.where(Callback.enrolment_id == self.enrolment.id), execution_options={"populate_existing": True}
        ).one()

    def alerts(self) -> list[Alert]:
        """Open alerts of the enrolment."""
        found = select(Alert).where(Alert.enrolment_id == self.enrolment.id, Alert.closed_at.is_(None))
        return list(self.session.scalars(found.order_by(Alert.id), execution_options={"populate_existing": True}))

    def count(self, model: Any) -> int:
        return self.session.scalars(select(sa.func.count()).select_from(model)).one()


def replayed(
    session: Session, version: ProtocolVersion, programme: Programme, *, now: datetime = NOW, **given: Any
) -> ProtocolReplay:
    """A replay of `version` that is done, as a worker leaves it; flushed."""
    values: dict[str, Any] = {"state": ReplayState.DONE, "rows": 0, "result": {}, "started_at": now, "finished_at": now}
    days = {"from_on": now.date() - timedelta(days=28), "to_on": now.date() - timedelta(days=1)}
    about = {"version_id": version.id, "programme_id": programme.id, "asked_at": now}
    made = ProtocolReplay(**(about | days | values | given))
    session.add(made)
    session.flush()
    return made


def set_scene(session: Session, state: str = EnrolmentState.ACTIVE, **overrides: Any) -> Scene:
    """One rehearsal patient without an oximeter in `state`; `overrides` go to the enrolment."""
    programme = make_programme(session)
    version = versions.load_library(session, programme=programme, now=NOW)
    protocols.load_library(session, programme=programme, now=NOW)
    team = make_team(session)
    values = {"programme": programme, "team": team, "onset_on": NOW.date() - timedelta(days=1)}
    enrolment = make_enrolment(session, state, **(values | overrides))
    session.commit()
    return Scene(session, programme, team, version.id, enrolment)


def at_once(
    engine: sa.Engine, count: int, act: Callable[[Session, int], Result], *, patience: float = 60
) -> list[Result | Exception]:
    """`act` in `count` threads that start together, each with a session of its own that it commits."""
    barrier = threading.Barrier(count)
    results: list[Result | Exception] = [RuntimeError("never ran")] * count

    def run(number: int) -> None:
        with Session(engine) as session:
            barrier.wait(timeout=30)
            try:
                results[number] = act(session, number)
                session.commit()
            except Exception as error:
                results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=patience)
    return results
