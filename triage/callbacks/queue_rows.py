"""What one line of the queue shows."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from records import clock
from records.crypto import Sealed
from records.models import DayZero
from records.patients import Identity, reveal_row
from triage import reasons
from triage.levels import Level
from triage.situation import known_zone


class Point(NamedTuple):
    at: datetime
    value: Decimal


@dataclass(frozen=True, slots=True)
class QueueRow:
    """`claimed_by` and `claim_ends_at` are of a claim that counts now. `alerts` are the open ones, worst first, with
    `public_id`, `kind`, `rank`, `raised_at` and `reasons`. `latest` holds the last response's answers to the linkIds
    `course_of` and queue_sql.BESIDE_COURSE in their stored shape; `course` the readable numbers of `course_of` in the
    last seven days, to the second, oldest first. `programme` is its name by language, `day` counts from its day zero.
    Until `snoozed_until` one orange rule is put off for this patient. `next_step` is a code of NextStep, at
    `next_try_at` when that is still to come. `worse`: a worse alert came since whoever holds it took it. `folded`: an
    incident keeps it. `escalated`: who was told last that the call is late (lead, physician, on-call), nobody when none
    was found, answered when they look after it.
    """

    public_id: uuid.UUID
    version: int
    rank: int
    opened_at: datetime
    due_at: datetime
    late: bool
    for_physician: bool
    next_try_at: datetime | None
    next_step: str
    worse: bool
    folded: bool
    claimed_by: str | None
    claimed_by_me: bool
    claim_ends_at: datetime | None
    enrolment: uuid.UUID
    state: str
    patient: uuid.UUID
    family_name: Sealed
    given_name: Sealed
    birth_date: Sealed
    wrapped_key: Sealed
    language: str
    programme_id: int
    programme: Mapping[str, str]
    centre_zone: str
    day_zero: str
    day: int | None
    risk_tier: str
    lives_alone: bool
    snoozed_until: datetime | None
    escalated: str | None
    alerts: tuple[Mapping[str, Any], ...]
    latest: Mapping[str, Any] | None
    course_of: str
    course: tuple[Point, ...]

    @property
    def level(self) -> str:
        return Level(self.rank).code

    def identity(self) -> Identity:
        """Name and date of birth, opened here without another query."""
        sealed = {"family_name": self.family_name, "given_name": self.given_name, "birth_date": self.birth_date}
        return reveal_row(public_id=self.patient, wrapped=self.wrapped_key, sealed=sealed)

    def words(self, language: str) -> list[str]:
        return reasons.all_words(self.alerts, language)


PLAIN = (
    *("public_id", "version", "rank", "opened_at", "due_at", "for_physician", "next_try_at", "next_step", "enrolment"),
    *("state", "patient", "language", "risk_tier", "lives_alone", "programme_id", "programme"),
    *("centre_zone", "day_zero", "course_of", "snoozed_until", "escalated"),
)


def queue_row(row: Mapping[str, Any], *, staff_id: int, now: datetime) -> QueueRow:
    claimed = row["claim_ends_at"] is not None and row["claim_ends_at"] > now
    return QueueRow(
        **{name: row[name] for name in PLAIN},
        late=row["due_at"] < now,
        worse=claimed and row["worsened_at"] is not None,
        folded=row["incident_id"] is not None,
        claimed_by=row["claimed_by"] if claimed else None,
        claimed_by_me=claimed and row["claimed_by_id"] == staff_id,
        claim_ends_at=row["claim_ends_at"] if claimed else None,
        family_name=Sealed(row["family_name"]),
        given_name=Sealed(row["given_name"]),
        birth_date=Sealed(row["birth_date"]),
        wrapped_key=Sealed(row["wrapped"]),
        day=day_of(row, now),
        alerts=tuple(_alert(alert) for alert in row["alerts"] or ()),
        latest=_given(row["latest"]),
        course=_course(row["course"]),
    )


def _given(latest: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """A question that was not asked, as of oxygen without an oximeter, is read as nothing."""
    return latest and {link_id: said for link_id, said in latest.items() if said is not None}


def day_of(row: Mapping[str, Any], now: datetime) -> int | None:
    """The day of the follow-up, from the programme's day zero on."""
    zone = known_zone(row["zone"], row["centre_zone"])
    zero = row["onset_on"]
    if row["day_zero"] == DayZero.START:
        zero = clock.local_day(row["activated_at"], zone) if row["activated_at"] else None
    return (clock.local_day(now, zone) - zero).days if zero else None


def _alert(alert: Mapping[str, Any]) -> dict[str, Any]:
    moment = datetime.fromisoformat(alert["raised_at"])
    return {**alert, "public_id": uuid.UUID(alert["public_id"]), "raised_at": moment}


def _course(written: str | None) -> tuple[Point, ...]:
    """Of "seconds value seconds value", oldest first."""
    parts = written.split() if written else []
    return tuple(
        [
            Point(datetime.fromtimestamp(int(at), UTC), Decimal(value))
            for at, value in zip(parts[::2], parts[1::2], strict=True)
        ]
    )
