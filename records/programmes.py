"""Programmes: what a centre watches for, when it asks, and within what time it calls."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from records import audit, clock
from records.models import Programme
from records.refusals import Refused, Sentence

LIBRARY = Path(__file__).parent / "library"
COVID_19 = "covid-19"


class ScheduleRefused(Refused):
    """A check-in would fall silent while nobody is at the centre to call."""


def load_library(session: Session, *, now: datetime) -> Programme:
    """The COVID-19 programme, made from the library unless it exists; an existing one is left as it is."""
    known = by_slug(session, slug=COVID_19)
    if known is not None:
        return known
    document = orjson.loads((LIBRARY / f"{COVID_19}.json").read_bytes())
    hours = {name: time.fromisoformat(document.pop(name)) for name in ("opens", "closes")}
    programme = Programme(**document, **hours, created_at=now)
    check_schedule(programme)
    session.add(programme)
    session.flush()
    details = {"programme": str(programme.public_id), "slug": programme.slug}
    audit.append(
        session,
        actor=audit.SYSTEM,
        action="programme.loaded",
        subject=audit.SYSTEM_SUBJECT,
        now=now,
        details=details,
    )
    return programme


def by_slug(session: Session, *, slug: str) -> Programme | None:
    return session.scalar(select(Programme).where(Programme.slug == slug))


def check_schedule(programme: Programme) -> None:
    """Refuse a schedule whose call for silence falls outside the centre's hours. Raises ScheduleRefused."""
    for entry in programme.schedule:
        called = _silent_at(time.fromisoformat(entry["at"]), programme.silent_after_minutes)
        if called is None or not programme.opens <= called < programme.closes:
            raise ScheduleRefused(
                Sentence(
                    "The check-in at %(at)s would be followed up by telephone outside the centre's hours. Ask earlier, "
                    "or keep the centre open longer.",
                    {"at": entry["at"]},
                )
            )


def calls_within_hours(programme: Programme, zone: str, now: datetime) -> bool:
    """Whether, for a patient in `zone`, every call for silence would fall in the centre's hours on this day."""
    day = clock.local_day(now, zone)
    wait = timedelta(minutes=programme.silent_after_minutes)
    moments = [clock.instant(day, time.fromisoformat(entry["at"]), zone) + wait for entry in programme.schedule]
    return all(clock.is_open(moment, programme.opens, programme.closes, programme.zone) for moment in moments)


def _silent_at(at: time, minutes: int) -> time | None:
    """The local time `minutes` later, or None when that is another day."""
    total = at.hour * 60 + at.minute + minutes
    return time(total // 60, total % 60) if total < 24 * 60 else None
