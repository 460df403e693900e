"""Rows of enrolments for the tests of the beats: only what decides about a check-in, without the acts before it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires.models import Checkin
from records import patients, phones, programmes
from records.models import Enrolment, Programme, Team

ONSET_LONG_AGO = date(2026, 1, 1)
"""No day of these tests is an intensive one, unless the test says otherwise."""


def utc(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def programme(session: Session, **changes: Any) -> Programme:
    made = programmes.load_library(session, now=utc(1, 1))
    for name, value in changes.items():
        setattr(made, name, value)
    session.commit()
    return made


def active(session: Session, **changes: Any) -> Enrolment:
    """One patient followed since `activated_at`, of whom nothing was asked yet."""
    since = changes.pop("activated_at", utc(3, 1))
    identity = patients.Identity("Test", "Patient", date(1970, 5, 17), phones.fictional(1))
    values: dict[str, Any] = {
        "patient": patients.create(session, identity=identity, language="fr", now=since, rehearsal=True),
        "programme": programmes.load_library(session, now=since),
        "team": _team(session, since),
        "state": "active",
        "zone": "Europe/Paris",
        "conditions": [],
        "risk_tier": "standard",
        "onset_on": ONSET_LONG_AGO,
        "lives_alone": False,
        "has_oximeter": True,
        "consent": "oral",
        "enrolled_at": since,
        "activated_at": since,
        "next_checkin_at": since,
        "ends_on": since.date() + timedelta(days=300),
        "updated_at": since,
    }
    enrolment = Enrolment(**(values | changes))
    session.add(enrolment)
    session.commit()
    return enrolment


def _team(session: Session, now: datetime) -> Team:
    return session.scalar(select(Team)) or Team(name="Vigidom", created_at=now)


def asked(session: Session, enrolment: Enrolment) -> list[tuple[str, str, datetime]]:
    """(local day, slot, opening instant) of every check-in, in the order in which they open."""
    query = select(Checkin).where(Checkin.enrolment_id == enrolment.id).order_by(Checkin.opens_at)
    return [(row.local_on.isoformat(), row.slot, row.opens_at) for row in session.scalars(query)]


def states(session: Session) -> list[str]:
    session.expire_all()
    return list(session.scalars(select(Checkin.state).order_by(Checkin.opens_at)))
