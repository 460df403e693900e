"""The installation that is soaked: its processes, its patients and its staff, who are made by the real services."""

from __future__ import annotations

import itertools
import random
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from questionnaires.models import Checkin
from records import audit, clock, crypto, doors, embedded, enrolment, programmes, staff
from records.db import engine_options
from records.models import Enrolment, Programme, Role, Staff, Team
from tests import factories
from tests.notifications import twilio_server
from tests.running import Service
from triage import followup, protocols
from webapp.patient import reception
from webapp.supervisor import PortTaken, check_port

ROLES = (Role.PHYSICIAN, Role.OPERATOR, Role.OPERATOR)
ASKED_AT = time(8)
"""Local hour of the check-in that everybody is asked: patients live in the zone where it has just struck."""
PHONE = itertools.count(10_000)


def _port_of_no_client() -> int:
    """Below those that clients get: one that asks again and again for a server that is away may end up being it."""
    first_of_clients = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for port in random.sample(range(10_000, first_of_clients), 100):
        try:
            check_port("127.0.0.1", port)
        except PortTaken:
            continue
        return port
    raise RuntimeError("no port is free")


@dataclass
class Soaked(Service):
    """A service whose texts go to the stand-in on the loopback, and to nobody else."""

    twilio: str = ""
    port: int = field(default_factory=_port_of_no_client)

    @property
    def environment(self) -> dict[str, str]:
        assert self.twilio.startswith("http://127.0.0.1:")
        kept = {name: value for name, value in super().environment.items() if not name.lower().endswith("_proxy")}
        own = {
            "VIGIDOM_SMS_PROVIDER": "twilio",
            "TWILIO_ACCOUNT_SID": twilio_server.ACCOUNT,
            "TWILIO_AUTH_TOKEN": twilio_server.TOKEN,
            "TWILIO_FROM": "+33644600000",
            "TWILIO_API_URL": self.twilio,
        }
        return kept | own | {"VIGIDOM_PUBLIC_URL": self.url, "VIGIDOM_WEB_PROCESSES": "2"}


@dataclass(frozen=True)
class Person:
    """A patient with a running session. `checkin` is filled in when the worker has asked."""

    enrolment: int
    patient: int
    token: str
    owner: str


@dataclass
class House:
    """`sessions` is a way of our own into the database, as the application's role."""

    service: Soaked
    sessions: sessionmaker[Session]
    programme: int
    team: int
    tokens: list[str]
    people: list[Person] = field(default_factory=list)
    invited: list[int] = field(default_factory=list)

    def follow(self, session: Session, *, now: datetime) -> Person:
        """Somebody who came in this morning, before the hour at which everybody is asked."""
        zone, morning = _zone_of_the_hour(now)
        made = self._enrol(session, zone, morning - timedelta(hours=20))
        _step(followup.invite, session, made, morning - timedelta(hours=19))
        _step(enrolment.activate, session, made, morning)
        return self._let_in(session, made, now)

    def invite(self, session: Session, *, now: datetime) -> int:
        """Somebody who gets an invitation now."""
        made = self._enrol(session, _zone_of_the_hour(now)[0], now - timedelta(minutes=1))
        _step(followup.invite, session, made, now)
        return made.id

    def begin(self, session: Session, enrolment_id: int, *, now: datetime) -> Person:
        """An invited patient comes in."""
        made = session.get_one(Enrolment, enrolment_id)
        _step(enrolment.activate, session, made, now)
        return self._let_in(session, made, now)

    def _enrol(self, session: Session, zone: str, now: datetime) -> Any:
        return factories.make_enrolment(
            session,
            "enrolled",
            programme=session.get_one(Programme, self.programme),
            team=session.get_one(Team, self.team),
            rehearsal=False,
            phone=f"+336{next(PHONE):08d}",
            zone=zone,
            has_oximeter=True,
            onset_on=now.date() - timedelta(days=1),
            now=now,
        )

    def _let_in(self, session: Session, made: Any, now: datetime) -> Person:
        token = doors.start_session(session, enrolment=made, now=now)
        session.flush()
        return Person(made.id, made.patient_id, token, reception.owner_of(made))


def _step(how: Any, session: Session, made: Any, now: datetime) -> None:
    how(session, enrolment=made, actor=audit.SYSTEM, now=now)


def _zone_of_the_hour(now: datetime) -> tuple[str, datetime]:
    """A zone in which it is between eight and nine now, and half past seven of its day. Etc/GMT-2 is ahead of GMT."""
    ahead = ASKED_AT.hour - now.hour
    ahead += 24 if ahead < -11 else 0
    zone = f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"
    return zone, clock.instant(clock.local_day(now, zone), time(7, 30), zone)


def furnish(service: Soaked, *, patients: int) -> House:
    """A running service with a signed protocol, three callers who are signed in, and `patients` to begin with."""
    crypto.use(crypto.load_key_file(service.data.with_name(f"{service.data.name}.keys.json")))
    address = embedded.addresses(service.data).application
    sessions = sessionmaker(create_engine(address, **engine_options(application_name="soak")))
    now = datetime.now(UTC)
    with sessions.begin() as session:
        programme = programmes.load_library(session, now=now)
        team = factories.make_team(session, "Soak", now=now)
        callers = [factories.make_staff(session, role, teams=[team], now=now) for role in ROLES]
        version = protocols.load_library(session, programme=programme, now=now)
        signed_at = now - timedelta(days=2)
        protocols.sign(session, version=version, programme=programme, physician=callers[0], now=signed_at)
        house = House(service, sessions, programme.id, team.id, [_signed_in(session, one, now) for one in callers])
    for _ in range(0, patients, 20):
        with sessions.begin() as session:
            house.people += [house.follow(session, now=clock.now()) for _ in range(20)]
    return house


def _signed_in(session: Session, person: Staff, now: datetime) -> str:
    found = staff.sign_in(session, email=person.email, password=factories.PASSWORD, from_address="127.0.0.1", now=now)
    assert isinstance(found, tuple)
    return found[1]


def arrive(house: House) -> None:
    """One more patient, or an invited one who comes in; nothing when the database is away just now."""
    waited = house.invited.pop(0) if len(house.invited) > 5 else None
    try:
        with house.sessions.begin() as session:
            now = clock.now()
            came = [house.follow(session, now=now)]
            if waited is not None:
                came.append(house.begin(session, waited, now=now))
            invited = house.invite(session, now=now)
    except OperationalError:
        return
    house.people += came
    house.invited.append(invited)


def checkin_of(sessions: sessionmaker[Session], person: Person) -> uuid.UUID | None:
    """The check-in that this patient is asked, if the worker has made it."""
    with sessions() as session:
        return session.scalar(select(Checkin.public_id).where(Checkin.enrolment_id == person.enrolment).limit(1))
