"""How often anybody may try a door: failures counted per door and subject, in a window that starts with the first."""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, case, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from records import crypto
from records.models import Throttle
from records.refusals import Refused, Sentence


class Door(StrEnum):
    SIGN_IN = "sign-in"
    SIGN_IN_ADDRESS = "sign-in-address"
    BIRTH_DAY = "birth-day"
    CODE = "code"
    HISTORY = "history"
    HISTORY_CODE = "history-code"


LIMITS = {
    Door.SIGN_IN: (10, timedelta(minutes=15)),
    Door.SIGN_IN_ADDRESS: (50, timedelta(minutes=15)),
    Door.BIRTH_DAY: (5, timedelta(hours=1)),
    Door.CODE: (30, timedelta(hours=1)),
    Door.HISTORY: (5, timedelta(hours=1)),
    Door.HISTORY_CODE: (6, timedelta(hours=24)),
}
APART = timedelta(minutes=1)
"""More than the clocks of two web processes that serve ever differ."""
BY_ADDRESS = frozenset({Door.SIGN_IN_ADDRESS, Door.CODE})
"""Thousands of telephones share one IPv4 address at their provider, while one household has a whole IPv6 /64."""


class TooManyTries(Refused):
    """The cap of this door is reached; nothing was looked at."""

    def __init__(self) -> None:
        super().__init__(Sentence("Too many tries. Wait one hour, then try again, or call the centre."))


def count_try(session: Session, *, door: Door, subject: str, now: datetime) -> None:
    """Count a try before it is looked at, so that tries sent together cannot pass the cap together.

    Raises TooManyTries beyond the cap. A try that succeeds is taken back with `forgive`; the caller commits the others.
    """
    if failed(session, door=door, subject=subject, now=now) > LIMITS[door][0]:
        raise TooManyTries


def failed(session: Session, *, door: Door, subject: str, now: datetime) -> int:
    """Count one failure; returns how many the present window holds."""
    fresh = insert(Throttle).values(door=door, subject_digest=_digest(door, subject), failures=1, window_started_at=now)
    over = ~_runs(door, now)
    counted = fresh.on_conflict_do_update(
        index_elements=[Throttle.door, Throttle.subject_digest],
        set_={
            "failures": case((over, 1), else_=Throttle.failures + 1),
            "window_started_at": case((over, now), else_=Throttle.window_started_at),
        },
    ).returning(Throttle.failures)
    return session.scalars(counted).one()


def is_blocked(session: Session, *, door: Door, subject: str, now: datetime) -> bool:
    failures = session.scalar(
        select(Throttle.failures).where(
            Throttle.door == door,
            Throttle.subject_digest == _digest(door, subject),
            _runs(door, now),
        )
    )
    return failures is not None and failures >= LIMITS[door][0]


def _runs(door: Door, now: datetime) -> ColumnElement[bool]:
    """Whether the window counts. One of before the clock was set back would shut the door until its hour returns."""
    return and_(Throttle.window_started_at > now - LIMITS[door][1], Throttle.window_started_at <= now + APART)


def forgive(session: Session, *, door: Door, subject: str) -> None:
    """Forget the failures of a subject that has now proved itself."""
    session.execute(delete(Throttle).where(Throttle.door == door, Throttle.subject_digest == _digest(door, subject)))


def take_back(session: Session, *, door: Door, subject: str) -> None:
    """Uncount one try that was no failure. Those before it stay: a right try must not pay for many wrong ones."""
    mine = (Throttle.door == door, Throttle.subject_digest == _digest(door, subject), Throttle.failures > 0)
    session.execute(update(Throttle).where(*mine).values(failures=Throttle.failures - 1))


def _network(address: str) -> str:
    """Who may use `address`: of an IPv6 one its /64, in which a machine picks another as often as it likes."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    return str(known.ipv4_mapped or ipaddress.ip_network((known.packed, 64), strict=False))


def _digest(door: Door, subject: str) -> bytes:
    """Keyed, so that the table tells neither addresses nor e-mails to somebody who only has the database."""
    subject = _network(subject) if door in BY_ADDRESS else subject
    return hashlib.sha256(crypto.blind_index(f"throttle-{door}", subject)).digest()
