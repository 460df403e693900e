"""What stands ready before the first patient comes: database, programme, team and people of the centre."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session, sessionmaker

from notifications.providers import Outcome, Text
from notifications.providers.console import ConsoleProvider, delivered
from questionnaires import versions
from questionnaires.checkins import TIER_ALL, slots
from questionnaires.models import QuestionnaireInForce, QuestionnaireVersion
from questionnaires.schema import Questionnaire
from records import audit, clock, programmes, staff, teams
from records.db import engine_options
from records.models import Patient, Programme, Role, Staff, Team
from triage import protocols
from triage.models import ProtocolInForce
from webapp import worker
from webapp.config import Settings

TEAM = "Vigidom"
PATIENTS_PER_OPERATOR = 40
OPERATORS_PER_PHYSICIAN = 4
LANES = 25
"""Texts that are with the provider at once: none of them waits for anybody, and they are written down together."""


@dataclass(frozen=True, slots=True)
class Stage:
    """`session` is the actors' own. It keeps what it read: whoever acts reads again what others may have changed.
    `jobs` are the worker's, on `sessions`.
    """

    session: Session
    sessions: sessionmaker[Session]
    post: Post
    jobs: dict[str, worker.Job]
    programme: Programme
    questionnaire: Questionnaire
    version_id: int
    team: Team
    enroller: Staff
    operators: list[Staff]
    physicians: list[Staff]
    starts_at: datetime
    ends_at: datetime
    is_watched: bool = False

    def beat(self, now: datetime) -> None:
        """One beat of the worker, with its own jobs in its own order."""
        self.session.commit()
        for job in self.jobs.values():
            job(self.sessions, now)
        self.post.deliver()
        self.session.refresh(self.programme)


class Post(ConsoleProvider):
    """Hands over what a beat sent when the beat is over: a commit of its own for each text would take most of it."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        super().__init__(sessions, quiet=True)
        self.waiting: list[Text] = []

    def send(self, text: Text) -> Outcome:
        self.waiting.append(text)
        return delivered(text)

    def deliver(self) -> None:
        texts, self.waiting = self.waiting, []
        if texts:
            self.keep(texts)


@contextmanager
def set_up(
    session: Session, settings: Settings, *, slug: str, patients: int, starts_at: datetime, ends_at: datetime
) -> Iterator[Stage]:
    """The stage, on connections of its own: of invented days nothing need be on disk before the next statement."""
    options = engine_options(application_name="rehearsal")
    options["connect_args"]["options"] += " -c synchronous_commit=off"
    engine = create_engine(session.get_bind().engine.url, **options)
    sessions = sessionmaker(engine)
    post = Post(sessions)
    try:
        with sessions(expire_on_commit=False) as acting:
            programme = programmes.load_library(acting, now=starts_at, slug=slug)
            version, questionnaire = _in_force_from(acting, programme, starts_at)
            team = _team(acting, starts_at)
            operators = max(2, patients // PATIENTS_PER_OPERATOR)
            physicians = max(1, operators // OPERATORS_PER_PHYSICIAN)
            stage = Stage(
                session=acting,
                sessions=sessions,
                post=post,
                jobs=worker.jobs(post, settings.public_url, present=None, lanes=LANES),
                programme=programme,
                questionnaire=questionnaire,
                version_id=version.id,
                team=team,
                enroller=_people(acting, team, Role.ENROLLER, 1, starts_at)[0],
                operators=_people(acting, team, Role.OPERATOR, operators, starts_at),
                physicians=_people(acting, team, Role.PHYSICIAN, physicians, starts_at),
                starts_at=starts_at,
                ends_at=ends_at,
            )
            acting.commit()
            yield stage
            acting.commit()
    finally:
        engine.dispose()


def _in_force_from(
    session: Session, programme: Programme, starts_at: datetime
) -> tuple[QuestionnaireVersion, Questionnaire]:
    """What is asked and how it is assessed came into force when this database was made; the rehearsal began before."""
    versions.load_library(session, programme=programme, now=starts_at)
    protocols.load_library(session, programme=programme, now=starts_at)
    for bound in (QuestionnaireInForce, ProtocolInForce):
        first = session.scalars(
            select(bound).where(bound.programme_id == programme.id).order_by(bound.from_at).limit(1)
        ).one()
        if first.from_at > starts_at:
            session.add(bound(programme_id=programme.id, version_id=first.version_id, from_at=starts_at))
    session.flush()
    return versions.in_force(session, programme_id=programme.id, now=starts_at)


def _team(session: Session, now: datetime) -> Team:
    known = session.scalar(select(Team).where(Team.name == TEAM))
    return known or teams.create(session, name=TEAM, actor=audit.SYSTEM, now=now)


def _people(session: Session, team: Team, role: Role, count: int, now: datetime) -> list[Staff]:
    """Members of staff who have no password, so that nobody can sign in as them."""
    made = []
    for number in range(1, count + 1):
        person, _ = staff.invite(
            session,
            email=f"rehearsal-{role}-{number}@vigidom.example",
            name=f"{role.capitalize()} {number} (rehearsal)",
            role=role,
            teams=[team],
            language="fr",
            actor=audit.SYSTEM,
            now=now,
        )
        made.append(person)
    return made


def first_free_phone(session: Session) -> int:
    return session.scalars(select(func.count(Patient.id))).one()


def last_silence(stage: Stage) -> datetime | None:
    """When the last check-in that everybody is asked, and whose time is over at the end, opens."""
    first = clock.local_day(stage.ends_at - timedelta(days=2), stage.programme.zone)
    last = clock.local_day(stage.ends_at, stage.programme.zone)
    found = [
        slot.opens_at
        for slot in slots(stage.programme, stage.programme.zone, first, last)
        if slot.tier == TIER_ALL and slot.closes_at <= stage.ends_at
    ]
    return found[-1] if found else None
