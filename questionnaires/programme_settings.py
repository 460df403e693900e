"""How a centre runs a programme: its hours, when it asks, by when it calls, and which numbers patients see."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, time
from typing import Any

import orjson
from sqlalchemy.orm import Session

from questionnaires.rescheduling import change_schedule
from records import audit, clock, phones
from records.fields import Fields
from records.models import CallsBy, Programme
from records.refusals import Refused, Sentence

LEAST_MINUTES, MOST_MINUTES = 1, 24 * 60
CHANGED = Sentence(
    "Somebody else has changed this programme meanwhile. Look at what stands now, then send yours again."
)
NO_ZONE = Sentence("This is not a time zone. Type it as in Europe/Paris or Indian/Reunion.")
IN_ORDER = Sentence("The centre must close later than it opens, on the same day.")
MINUTES = Sentence("Type a whole number of minutes from %(least)d to %(most)d.")
RED_FIRST = Sentence("A red call must be due no later than an orange one.")
LEAD_FIRST = Sentence("The lead must be told no later than the physician on call.")
NO_WAY = Sentence("Choose one of the ways of the list.")


class ProgrammeChanged(Refused):
    """Two people changed the same programme."""

    def __init__(self) -> None:
        super().__init__(CHANGED)


@dataclass(frozen=True, slots=True)
class Settings:
    """As Programme's columns of the same names. Telephone numbers are typed in any way and kept as E.164; an empty
    `shown_number` means that patients see `phone`.
    """

    zone: str
    opens: time
    closes: time
    phone: str
    shown_number: str
    interpreter_phone: str
    calls_by: str
    announces_calls: bool
    red_minutes: int
    orange_minutes: int
    silent_minutes: int
    lead_after_minutes: int
    physician_after_minutes: int


def of(programme: Programme) -> Settings:
    values: dict[str, Any] = {name: getattr(programme, name) for name in Settings.__slots__}
    given: dict[str, Any] = {name: "" if value is None else value for name, value in values.items()}
    return Settings(**given)


def mark(programme: Programme) -> str:
    """What tells one state of the settings from another, for whoever saves over what they saw."""
    content = {**asdict(of(programme)), "schedule": programme.schedule, "closed": programme.closed_at is not None}
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def change(
    session: Session,
    *,
    programme: Programme,
    settings: Settings,
    schedule: Sequence[Mapping[str, str]],
    seen: str,
    actor: audit.Actor,
    now: datetime,
) -> int:
    """Run the programme so from now on; returns how many patients are asked at once because their hour has passed.

    Call-backs that stand keep the hour by which they were due. Raises FieldErrors, ScheduleRefused, ProgrammeChanged
    when `seen` (see `mark`) is not what stands; nothing was changed then.
    """
    session.refresh(programme, with_for_update={"key_share": True})
    if mark(programme) != seen:
        raise ProgrammeChanged
    before, wanted = asdict(of(programme)), _checked(settings, programme)
    with session.begin_nested():
        for name, value in wanted.items():
            setattr(programme, name, value)
        session.flush()  # the schedule is read anew, under the same lock
        asked = change_schedule(session, programme=programme, schedule=schedule, actor=actor, now=now)
    changed = [name for name, value in asdict(of(programme)).items() if value != before[name]]
    if changed:
        _tell(session, programme, "programme.changed", actor, now, {"changed": sorted(changed)})
    return asked


def _checked(settings: Settings, programme: Programme) -> dict[str, Any]:
    """The columns to write; settings that stand already pass, also the example number of a programme just loaded."""
    fields, stands = Fields(), of(programme)
    zone = settings.zone.strip()
    if zone not in clock.zone_names():
        fields.refuse("zone", NO_ZONE)
    if not settings.opens < settings.closes:
        fields.refuse("closes", IN_ORDER)
    if settings.calls_by not in set(CallsBy):
        fields.refuse("calls_by", NO_WAY)
    for name in ("red_minutes", "orange_minutes", "silent_minutes"):
        _within(fields, name, getattr(settings, name), LEAST_MINUTES)
    for name in ("lead_after_minutes", "physician_after_minutes"):
        _within(fields, name, getattr(settings, name), 0)
    if settings.red_minutes > settings.orange_minutes:
        fields.refuse("red_minutes", RED_FIRST)
    if settings.lead_after_minutes > settings.physician_after_minutes:
        fields.refuse("lead_after_minutes", LEAD_FIRST)
    numbers = {
        name: _number(fields, name, getattr(settings, name), getattr(stands, name), zone)
        for name in ("phone", "shown_number", "interpreter_phone")
    }
    if not numbers["phone"]:
        fields.refuse("phone", phones.NOT_A_NUMBER)
    fields.raise_any()
    return {**asdict(settings), **numbers, "zone": zone}


def _within(fields: Fields, name: str, value: int, least: int) -> None:
    if not least <= value <= MOST_MINUTES:
        fields.refuse(name, Sentence(MINUTES.message, {"least": least, "most": MOST_MINUTES}))


def _number(fields: Fields, name: str, typed: str, stands: str, zone: str) -> str | None:
    if not typed.strip():
        return None
    if typed.strip() == stands:
        return stands
    try:
        return phones.parse_service(typed, region=phones.region_of(zone))
    except phones.BadPhone as refused:
        fields.refuse(name, refused.sentence)
        return None


def close(session: Session, *, programme: Programme, actor: audit.Actor, now: datetime) -> None:
    """Take nobody in any more. Who is followed is followed on, and everything stays; closing twice changes nothing."""
    session.refresh(programme, with_for_update={"key_share": True})
    if programme.closed_at is None:
        programme.closed_at = now
        _tell(session, programme, "programme.closed", actor, now, {})


def reopen(session: Session, *, programme: Programme, actor: audit.Actor, now: datetime) -> None:
    session.refresh(programme, with_for_update={"key_share": True})
    if programme.closed_at is not None:
        programme.closed_at = None
        _tell(session, programme, "programme.reopened", actor, now, {})


def _tell(
    session: Session, programme: Programme, action: str, actor: audit.Actor, now: datetime, details: dict[str, Any]
) -> None:
    told = {"programme": str(programme.public_id), **details}
    audit.append(session, actor=actor, action=action, subject=audit.SYSTEM_SUBJECT, now=now, details=told)
