"""Rows that tests start from, made by the real services at the fixed instant NOW; the caller commits.

A patient is synthetic (`rehearsal=True`, a number reserved for fiction) unless the test asks for a real one.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from records import audit, enrolment, patients, phones, programmes, staff, teams
from records.models import (
    EndReason,
    Enrolment,
    EnrolmentState,
    Patient,
    PauseReason,
    Programme,
    Role,
    Staff,
    StaffSession,
    Team,
)
from records.staff import passwords

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
PASSWORD = "orchid lantern viaduct plum"
FAMILY_NAMES = ("Morel", "N'Diaye", "Lefèvre", "Payet", "Garnier", "Benali", "Rossi", "Kervella")
GIVEN_NAMES = ("Léa", "Jean-Marc", "Aïcha", "Noé", "Colette", "Ibrahim", "Zoé", "Marguerite")

_count = itertools.count(1)
passwords.use(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def make_programme(session: Session, **overrides: Any) -> Programme:
    """The library's programme, once; `overrides` set its columns."""
    programme = programmes.load_library(session, now=NOW)
    for name, value in overrides.items():
        setattr(programme, name, value)
    session.flush()
    return programme


def make_team(session: Session, name: str | None = None, *, now: datetime = NOW) -> Team:
    return teams.create(session, name=name or f"Team {next(_count)}", actor=audit.SYSTEM, now=now)


def make_staff(
    session: Session,
    role: str = Role.OPERATOR,
    *,
    teams: Sequence[Team] | None = None,
    email: str | None = None,
    name: str | None = None,
    language: str = "en",
    now: datetime = NOW,
) -> Staff:
    """Somebody who is set up with PASSWORD, in a team of their own unless `teams` says which."""
    n = next(_count)
    _, token = staff.invite(
        session,
        email=email or f"person{n}@centre.example",
        name=name or f"Camille Duval{chr(97 + n % 26)}",
        role=role,
        teams=[make_team(session, now=now)] if teams is None else teams,
        language=language,
        actor=audit.SYSTEM,
        now=now,
    )
    return staff.set_up(session, token=token, password=PASSWORD, now=now)


def make_screen(session: Session, person: Staff, *, at: datetime = NOW, **times: datetime) -> StaffSession:
    """A browser of theirs that is signed in for a shift of eight hours, last used at `at`: they are at work."""
    given = {"created_at": at, "seen_at": at, "ends_at": at + timedelta(hours=8), **times}
    made = StaffSession(staff_id=person.id, token_digest=uuid.uuid4().bytes, **given)
    session.add(made)
    session.flush()
    return made


def make_identity(**overrides: Any) -> patients.Identity:
    n = next(_count)
    values: dict[str, Any] = {
        "family_name": FAMILY_NAMES[n % len(FAMILY_NAMES)],
        "given_name": GIVEN_NAMES[n // 3 % len(GIVEN_NAMES)],
        "birth_date": date(1961, 5, 17) + timedelta(days=n),
        "phone": phones.fictional(n),
        "email": None,
    }
    return patients.Identity(**(values | overrides))


def make_patient(session: Session, *, language: str = "fr", now: datetime = NOW, **overrides: Any) -> Patient:
    identity = make_identity(**overrides)
    return patients.create(session, identity=identity, language=language, rehearsal=True, now=now)


def make_application(**overrides: Any) -> enrolment.Application:
    """An application of a consenting adult; names of Identity go to the identity, the others to the application."""
    own = {field.name for field in fields(patients.Identity)}
    identity = make_identity(**{name: value for name, value in overrides.items() if name in own})
    rest = {name: value for name, value in overrides.items() if name not in own}
    return enrolment.Application(**({"identity": identity, "consent": "oral"} | rest))


def make_enrolment(
    session: Session,
    state: str = EnrolmentState.ACTIVE,
    *,
    programme: Programme | None = None,
    team: Team | None = None,
    actor: audit.Actor = audit.SYSTEM,
    patient: Patient | None = None,
    rehearsal: bool = True,
    owner: Staff | None = None,
    end_reason: str = EndReason.COMPLETED,
    now: datetime = NOW,
    **overrides: Any,
) -> Enrolment:
    """An enrolment led to `state` by the real steps at `now`; `overrides` are fields of Application or Identity."""
    if not rehearsal:
        overrides.setdefault("phone", f"+336123{next(_count):05d}")
    if state == EnrolmentState.HELD:
        overrides.setdefault("conditions", ("home-oxygen",))
    if state == EnrolmentState.REFUSED:
        overrides["consent"] = "refused"
    made = enrolment.enrol(
        session,
        application=make_application(**overrides),
        programme=programme or make_programme(session),
        team=team or make_team(session, now=now),
        actor=actor,
        patient=patient,
        rehearsal=rehearsal,
        now=now,
    )
    _lead_to(session, made, state, owner, end_reason, actor, now)
    return made


def _lead_to(
    session: Session,
    made: Enrolment,
    state: str,
    owner: Staff | None,
    end_reason: str,
    actor: audit.Actor,
    now: datetime,
) -> None:
    how = {"enrolment": made, "actor": actor, "now": now}
    if state in (EnrolmentState.HELD, EnrolmentState.REFUSED, EnrolmentState.ENROLLED):
        return
    if made.state == EnrolmentState.HELD:
        enrolment.release(session, **how)
    enrolment.invite(session, **how)
    if state == EnrolmentState.INVITED:
        return
    enrolment.activate(session, **how)
    if state == EnrolmentState.PAUSED:
        owner = owner or make_staff(session, Role.PHYSICIAN, teams=[made.team], now=now)
        review_on = now.date() + timedelta(days=3)
        enrolment.pause(session, owner=owner, review_on=review_on, reason=PauseReason.ASKED, **how)
    if state == EnrolmentState.DISCHARGED:
        enrolment.discharge(session, reason=end_reason, **how)
