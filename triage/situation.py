"""A patient's situation at a moment, as one row brought it, and the inputs that the rules read from it. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from records import clock, crypto
from records.patients import years_between
from triage.assess import CompiledProtocol
from triage.earlier import earlier
from triage.facts import Inputs, SourceKind

AGE = "age_years"


@dataclass(frozen=True, slots=True)
class Centre:
    """The hours and targets of a programme (triage.targets.Targets), with the telephone number shown to patients."""

    zone: str
    opens: time
    closes: time
    red_minutes: int
    orange_minutes: int
    silent_minutes: int
    phone: str


@dataclass(frozen=True, slots=True)
class Situation:
    """What one row of the columns `triage.history.PATIENT` says."""

    enrolment_id: int
    enrolment: uuid.UUID
    patient_id: int
    team_id: int
    zone: str
    risk_tier: str
    onset_on: date | None
    lives_alone: bool
    has_oximeter: bool
    patient: uuid.UUID
    birth_date: crypto.Sealed
    wrapped: crypto.Sealed
    centre: Centre
    protocol_id: int | None
    protocol_digest: bytes | None
    previous_answers: Mapping[str, Any] | None
    previous_response: uuid.UUID | None
    previous_due_at: datetime | None
    last_level: str | None
    missed: int
    failed_calls: int
    own_limits: Mapping[str, Decimal]
    earlier: Sequence[Mapping[str, Any]] = ()


PLAIN = (
    *("enrolment_id", "enrolment", "patient_id", "team_id", "zone", "risk_tier", "onset_on", "lives_alone"),
    *("has_oximeter", "patient", "protocol_id", "protocol_digest", "previous_answers", "previous_response"),
    *("previous_due_at", "last_level", "missed", "failed_calls"),
)
"""The columns that are taken as they come."""


def situation(row: Mapping[str, Any]) -> Situation:
    """The row as an object; `missed`, `failed_calls` and `own_limits` come beside the columns of PATIENT, and `earlier`
    (see triage.earlier) only where answers are assessed: a silence measures no change.
    """
    return Situation(
        **{name: row[name] for name in PLAIN},
        birth_date=crypto.Sealed(row["birth_date"]),
        wrapped=crypto.Sealed(row["wrapped"]),
        centre=centre(row),
        own_limits={name: Decimal(value) for name, value in (row["own_limits"] or {}).items()},
        earlier=row.get("earlier") or (),
    )


def centre(row: Mapping[str, Any]) -> Centre:
    names = ("opens", "closes", "red_minutes", "orange_minutes", "silent_minutes", "phone")
    return Centre(zone=row["centre_zone"], **{name: row[name] for name in names})


def illness_day(onset_on: date | None, on: date) -> int | None:
    """Days since the first symptoms, whose own day is 0."""
    return (on - onset_on).days if onset_on else None


def inputs(
    known: Situation,
    protocol: CompiledProtocol,
    *,
    answers: Mapping[str, Any],
    on: date,
    at: datetime | None = None,
    origin: str = "",
) -> Inputs:
    """What the rules may rest on, with `on` the patient's local day that the decision is about and `at` when the
    answers were due; of a silence, which looks back on nothing, there is no such instant.
    """
    patient: dict[str, object] = {
        "risk_tier": known.risk_tier,
        "lives_alone": known.lives_alone,
        "has_oximeter": known.has_oximeter,
        "day_of_illness": illness_day(known.onset_on, on),
    }
    if any(fact.source.key == AGE for fact in protocol.facts.values()):
        patient[AGE] = age(known, on)
    return Inputs(
        answers=answers,
        previous=known.previous_answers,
        patient=patient,
        history={
            "missed_checkins_in_a_row": known.missed,
            "failed_calls": known.failed_calls,
            "last_level": known.last_level,
        },
        origins=_origins(known, origin),
        earlier=earlier(known.earlier, on=on, zone=known_zone(known.zone, known.centre.zone), at=at),
    )


def _origins(known: Situation, origin: str) -> dict[SourceKind, str]:
    found = {SourceKind.ANSWER: origin} if origin else {}
    if known.previous_response and known.previous_due_at:
        found[SourceKind.PREVIOUS] = f"{known.previous_response} {known.previous_due_at.isoformat()}"
    return found


def age(known: Situation, on: date) -> int:
    """Whole years, from the sealed date of birth; opened only for a protocol that asks for it."""
    key = crypto.unwrap_data_key(known.wrapped, known.patient)
    text = crypto.unseal(known.birth_date, key, table="patients", column="birth_date", public_id=known.patient)
    return years_between(date.fromisoformat(text), on)


def known_zone(zone: str, other: str) -> str:
    """A zone that this machine no longer knows counts as the centre's, and loses no answer."""
    return zone if zone in clock.zone_names() else other


def local_day(known: Situation, moment: datetime) -> date:
    """The patient's day."""
    return clock.local_day(moment, known_zone(known.zone, known.centre.zone))
