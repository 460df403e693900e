"""A programme is a name, hours, targets and languages; a team is who cares for its patients."""

from __future__ import annotations

from datetime import datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Time, text, true
from sqlalchemy.orm import Mapped, mapped_column

from records.db import Base, Id, PublicId, one_of


class DayZero(StrEnum):
    """The day from which a programme counts: of the first symptoms, of the operation, or on which the patient began."""

    SYMPTOMS = "symptoms"
    OPERATION = "operation"
    START = "start"


class CallsBy(StrEnum):
    """How callers telephone: by the hospital's own telephony, by a call that our provider makes to both (the patient
    then sees the centre's number), or each by their own telephone, whose number the patient sees.
    """

    HOSPITAL = "hospital"
    BRIDGE = "bridge"
    OWN = "own"


class Programme(Base):
    """`name` is text by language. `schedule` is a list of `{"slot", "at": "HH:MM", "tier": "all"|"intensive"}` in the
    patient's zone. An intensive slot is asked of high-risk patients, of those whose onset is unknown, and on days
    `intensive_from_day` to `intensive_to_day` of illness. Delays are minutes after a check-in opens; targets are
    minutes after an alert. Hours are in the centre's `zone`.

    `asks_oximeter`: whether enrolling asks for one. `holds_conditions`: whether the conditions of a HoldReason wait for
    a physician's own limits. `course_of` is the linkId whose course stands beside a patient's name in the queue.

    `shown_number` is what patients see when the centre calls, where it is not `phone`. A call that is later than its
    target by `lead_after_minutes` is put before a lead, by `physician_after_minutes` before the physician on call. A
    closed programme takes nobody in; whoever is followed is followed on.
    """

    __tablename__ = "programmes"
    __table_args__ = (
        one_of("day_zero", DayZero),
        one_of("calls_by", CallsBy),
        CheckConstraint("0 <= lead_after_minutes AND lead_after_minutes <= physician_after_minutes", name="escalates"),
        CheckConstraint("opens < closes", name="hours_in_order"),
        CheckConstraint("first_reminder_minutes < second_reminder_minutes", name="reminders_in_order"),
        CheckConstraint("second_reminder_minutes <= silent_after_minutes", name="silence_after_reminders"),
        CheckConstraint("duration_days BETWEEN 1 AND 365", name="duration_plausible"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[dict[str, Any]]
    languages: Mapped[list[Any]]
    zone: Mapped[str]
    opens: Mapped[time] = mapped_column(Time)
    closes: Mapped[time] = mapped_column(Time)
    phone: Mapped[str]
    schedule: Mapped[list[Any]]
    duration_days: Mapped[int]
    day_zero: Mapped[str] = mapped_column(server_default=text("'symptoms'"))
    asks_oximeter: Mapped[bool] = mapped_column(server_default=true())
    holds_conditions: Mapped[bool] = mapped_column(server_default=true())
    course_of: Mapped[str] = mapped_column(server_default=text("'spo2'"))
    intensive_from_day: Mapped[int]
    intensive_to_day: Mapped[int]
    first_reminder_minutes: Mapped[int]
    second_reminder_minutes: Mapped[int]
    silent_after_minutes: Mapped[int]
    red_minutes: Mapped[int]
    orange_minutes: Mapped[int]
    silent_minutes: Mapped[int]
    calls_by: Mapped[str] = mapped_column(server_default=text("'own'"))
    shown_number: Mapped[str | None]
    interpreter_phone: Mapped[str | None]
    announces_calls: Mapped[bool] = mapped_column(server_default=true())
    lead_after_minutes: Mapped[int] = mapped_column(server_default=text("0"))
    physician_after_minutes: Mapped[int] = mapped_column(server_default=text("10"))
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Team(Base):
    """A closed team takes nobody in; opening it again is all that it takes to go on."""

    __tablename__ = "teams"

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    name: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
