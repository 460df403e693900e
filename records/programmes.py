"""Programmes: what a centre watches for, when it asks, and within what time it calls."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from records import audit, clock
from records.contacts import WRITTEN_FROM, WRITTEN_UNTIL
from records.models import Programme
from records.refusals import Refused, Sentence

LIBRARY = Path(__file__).parent / "library"
COVID_19 = "covid-19"


TIERS = ("all", "intensive")
MOST_SLOTS = 4
SLOT = re.compile(r"(?!extra-)[a-z][a-z0-9-]{0,29}")
HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")

MALFORMED = Sentence(
    "A schedule has one to four slots, each with a name of its own in small letters (not extra-…), an hour of its own "
    "as HH:MM, and a tier: all or intensive."
)
NOBODY_ASKED = Sentence("At least one slot must be asked of everybody: give it the tier all.")
OUTSIDE_CALLS = Sentence(
    "The check-in at %(at)s would be followed up by telephone outside the centre's hours. Ask earlier, or keep the "
    "centre open longer."
)
NOT_SHIPPED = Sentence("No programme %(slug)s is shipped; there is %(known)s.")
AT_NIGHT = Sentence("The check-in at %(at)s would open at night: patients are written to from %(first)s to %(last)s.")


class ScheduleRefused(Refused):
    """A check-in could not be asked as it should, or would fall silent while nobody is at the centre to call."""


class NotShipped(Refused):
    """The library has no programme of that name."""

    def __init__(self, slug: str) -> None:
        super().__init__(replace(NOT_SHIPPED, values={"slug": slug, "known": ", ".join(shipped())}))


def shipped() -> tuple[str, ...]:
    """The slugs of the library: each has a questionnaire and a protocol of the same name."""
    return tuple(sorted(path.stem for path in LIBRARY.glob("*.json")))


def library_name(slug: str) -> dict[str, str]:
    """The name by language of a programme that is shipped."""
    return dict(orjson.loads((LIBRARY / f"{slug}.json").read_bytes())["name"])


def load_library(session: Session, *, now: datetime, slug: str = COVID_19) -> Programme:
    """The programme of that name, made from the library unless it exists; an existing one is left as it is. Raises
    NotShipped.
    """
    known = by_slug(session, slug=slug)
    if known is not None:
        return known
    if slug not in shipped():
        raise NotShipped(slug)
    document = orjson.loads((LIBRARY / f"{slug}.json").read_bytes())
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


def loaded(session: Session) -> list[Programme]:
    """Every programme of this centre, the oldest first."""
    return list(session.scalars(select(Programme).order_by(Programme.id)))


def by_slug(session: Session, *, slug: str) -> Programme | None:
    if "\0" in slug:  # of an address; the database takes none
        return None
    return session.scalar(select(Programme).where(Programme.slug == slug))


def check_schedule(programme: Programme) -> None:
    """Refuse a schedule whose call for silence falls outside the centre's hours. Raises ScheduleRefused."""
    for entry in programme.schedule:
        called = _silent_at(time.fromisoformat(entry["at"]), programme.silent_after_minutes)
        if called is None or not programme.opens <= called < programme.closes:
            raise ScheduleRefused(replace(OUTSIDE_CALLS, values={"at": entry["at"]}))


def set_schedule(programme: Programme, schedule: Sequence[Mapping[str, str]]) -> None:
    """Give the programme another schedule, in the order of its hours. Raises ScheduleRefused and leaves it as it was.

    Commands and views call questionnaires.rescheduling.change_schedule, which loses nobody's check-in by it.
    """
    before, entries = programme.schedule, _well_formed(schedule)
    programme.schedule = entries
    try:
        check_schedule(programme)
    except ScheduleRefused:
        programme.schedule = before
        raise


def _well_formed(schedule: Sequence[Mapping[str, str]]) -> list[Any]:
    if any(set(entry) != {"slot", "at", "tier"} for entry in schedule):
        raise ScheduleRefused(MALFORMED)
    names, hours = {entry["slot"] for entry in schedule}, {entry["at"] for entry in schedule}
    if not len(names) == len(hours) == len(schedule) or not 1 <= len(schedule) <= MOST_SLOTS:
        raise ScheduleRefused(MALFORMED)
    if not all(map(SLOT.fullmatch, names)) or not all(map(HOUR.fullmatch, hours)):
        raise ScheduleRefused(MALFORMED)
    if any(entry["tier"] not in TIERS for entry in schedule):
        raise ScheduleRefused(MALFORMED)
    if all(entry["tier"] != "all" for entry in schedule):
        raise ScheduleRefused(NOBODY_ASKED)
    for at in hours:
        if not WRITTEN_FROM <= time.fromisoformat(at) < WRITTEN_UNTIL:
            told = {"at": at, "first": f"{WRITTEN_FROM:%H:%M}", "last": f"{WRITTEN_UNTIL:%H:%M}"}
            raise ScheduleRefused(replace(AT_NIGHT, values=told))
    return [{name: entry[name] for name in ("slot", "at", "tier")} for entry in sorted(schedule, key=lambda e: e["at"])]


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
