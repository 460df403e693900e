"""What one line of the queue shows."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from questionnaires.answers import value_of
from questionnaires.schema import Value
from records import clock
from records.crypto import Sealed
from records.patients import Identity, reveal_row
from triage import reasons
from triage.levels import Level
from triage.situation import illness_day, known_zone

COURSE_OF = "spo2"
"""The linkId whose course is drawn beside a patient's name."""


@dataclass(frozen=True, slots=True)
class Point:
    at: datetime
    value: Decimal


@dataclass(frozen=True, slots=True)
class QueueRow:
    """`claimed_by` and `claim_ends_at` are of a claim that counts now. `alerts` are the open ones, worst first, with
    `public_id`, `kind`, `rank`, `raised_at` and `reasons`. `latest` holds the answers of the last response in their
    stored shape; `course` the readable values of COURSE_OF in the last seven days, oldest first.
    """

    public_id: uuid.UUID
    version: int
    rank: int
    opened_at: datetime
    due_at: datetime
    late: bool
    for_physician: bool
    next_try_at: datetime | None
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
    illness_day: int | None
    risk_tier: str
    lives_alone: bool
    alerts: tuple[Mapping[str, Any], ...]
    latest: Mapping[str, Any] | None
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
    *("public_id", "version", "rank", "opened_at", "due_at", "for_physician", "next_try_at", "enrolment"),
    *("state", "patient", "language", "risk_tier", "lives_alone"),
)


def queue_row(row: Mapping[str, Any], *, staff_id: int, now: datetime) -> QueueRow:
    claimed = row["claim_ends_at"] is not None and row["claim_ends_at"] > now
    return QueueRow(
        **{name: row[name] for name in PLAIN},
        late=row["due_at"] < now,
        claimed_by=row["claimed_by"] if claimed else None,
        claimed_by_me=claimed and row["claimed_by_id"] == staff_id,
        claim_ends_at=row["claim_ends_at"] if claimed else None,
        family_name=Sealed(row["family_name"]),
        given_name=Sealed(row["given_name"]),
        birth_date=Sealed(row["birth_date"]),
        wrapped_key=Sealed(row["wrapped"]),
        illness_day=illness_day(row["onset_on"], clock.local_day(now, known_zone(row["zone"], row["centre_zone"]))),
        alerts=tuple(_alert(alert) for alert in row["alerts"] or ()),
        latest=row["latest"],
        course=tuple(_course(row["moments"] or (), row[COURSE_OF] or ())),
    )


def _alert(alert: Mapping[str, Any]) -> dict[str, Any]:
    moment = datetime.fromisoformat(alert["raised_at"])
    return {**alert, "public_id": uuid.UUID(alert["public_id"]), "raised_at": moment}


def _course(moments: Sequence[datetime], answered: Sequence[Sequence[Value] | None]) -> Iterator[Point]:
    for moment, given in zip(moments, answered, strict=True):
        value = value_of({COURSE_OF: given or ()}, COURSE_OF)
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            yield Point(moment, Decimal(value))
