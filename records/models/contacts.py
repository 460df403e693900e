"""What was tried to reach a patient, and who asked not to be written to. Written by the rooms above, read by triage."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from records.db import Base, Id, one_of
from records.models.enrolments import Enrolment


class ContactOutcome(StrEnum):
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_SENT = "not-sent"


class Why(StrEnum):
    """Why a try came to nothing, whoever carried it: `not-tried` until it was too late (the service slept), `provider`:
    refused, or never taken over, for reasons that are not this number's; `doubtful`: nobody knows whether it went out.
    """

    NOT_TRIED = "not-tried"
    QUIET_HOURS = "quiet-hours"
    DAILY_CAP = "daily-cap"
    REHEARSAL = "rehearsal"
    ASKED_OTHERWISE = "asked-otherwise"
    ASKED_LATER = "asked-later"
    OPTED_OUT = "opted-out"
    NO_PHONE = "no-phone"
    LANDLINE = "landline"
    BAD_NUMBER = "bad-number"
    PROVIDER = "provider"
    DOUBTFUL = "doubtful"
    UNDELIVERED = "undelivered"


class Contact(Base):
    """One try to reach a patient; `about` is the public id of what it was for (a check-in, a call-back), `source` the
    public id of the message or attempt, so that writing it again changes the same row. `reason` is a Why.
    """

    __tablename__ = "contacts"
    __table_args__ = (one_of("outcome", ContactOutcome), Index(None, "enrolment_id", "at"))

    id: Mapped[Id]
    enrolment_id: Mapped[int] = mapped_column(ForeignKey(Enrolment.id))
    source: Mapped[uuid.UUID] = mapped_column(unique=True)
    about: Mapped[uuid.UUID | None] = mapped_column(index=True)
    channel: Mapped[str]
    purpose: Mapped[str]
    outcome: Mapped[str]
    reason: Mapped[str | None]
    at: Mapped[datetime]


class OptOut(Base):
    """A telephone number that said STOP, as a digest; START ends it."""

    __tablename__ = "opt_outs"

    phone_digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    since_at: Mapped[datetime]
    source: Mapped[str]
