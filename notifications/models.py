"""The outbox, its history, and what came back."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from questionnaires.models import Checkin
from records.crypto import Sealed
from records.db import Base, Id, PublicId, one_of
from records.models import Enrolment, Patient, Staff
from triage.models import Callback


class Purpose(StrEnum):
    INVITATION = "invitation"
    CHECKIN = "checkin"
    FIRST_REMINDER = "first-reminder"
    SECOND_REMINDER = "second-reminder"
    CODE = "code"
    ASKED_REMINDER = "asked-reminder"
    CALL_ANNOUNCED = "call-announced"
    CALL_TRIED = "call-tried"
    OUTSIDE_HOURS = "outside-hours"
    STAFF_PAGE = "staff-page"


UNCAPPED = frozenset(
    {
        Purpose.CODE,
        Purpose.ASKED_REMINDER,
        Purpose.CALL_ANNOUNCED,
        Purpose.CALL_TRIED,
        Purpose.OUTSIDE_HOURS,
        Purpose.STAFF_PAGE,
    }
)
"""What a patient has just asked for or what follows from a call-back: bounded there, and never in place of a text of
the follow-up.
"""


class MessageStatus(StrEnum):
    """See notifications.statuses for rank and which of them are final."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENDING = "sending"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    SENT = "sent"
    UNREPORTED = "unreported"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    REFUSED = "refused"
    EXPIRED = "expired"
    DROPPED = "dropped"
    UNKNOWN_FINAL = "unknown-final"


class Message(Base):
    """One text. `key` is deterministic, so owing it twice is a no-op. The body is made when it is sent and is not kept.
    `claimed` with `lease_ends_at` is a batch that may be taken back; `sending` is one message whose fate is unknown
    if the worker dies. `next_try_at` is when to send it or, once it is with the provider, when to ask there. It goes to
    a patient (`enrolment_id`) or to a member of staff (`staff_id`).
    """

    __tablename__ = "messages"
    __table_args__ = (
        one_of("purpose", Purpose),
        one_of("status", MessageStatus),
        CheckConstraint("num_nonnulls(enrolment_id, staff_id) = 1", name="one_recipient"),
        CheckConstraint("(purpose = 'staff-page') = (staff_id IS NOT NULL)", name="staff_are_paged"),
        Index("ix_messages_callback", "callback_id", postgresql_where=text("callback_id IS NOT NULL")),
        Index("ix_messages_due", "next_try_at", postgresql_where=text("status = 'queued'")),
        Index("ix_messages_leases", "lease_ends_at", postgresql_where=text("status IN ('claimed', 'sending')")),
        Index("ix_messages_unknown", "next_try_at", postgresql_where=text("status = 'unknown'")),
        Index("ix_messages_silent", "next_try_at", postgresql_where=text("status IN ('accepted', 'sent')")),
        Index("ix_messages_enrolment", "enrolment_id", "created_at"),
        Index("ix_messages_provider", "provider_id", unique=True, postgresql_where=text("provider_id IS NOT NULL")),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId] = mapped_column(server_default=text("gen_random_uuid()"))
    key: Mapped[str] = mapped_column(unique=True)
    purpose: Mapped[str]
    enrolment_id: Mapped[int | None] = mapped_column(ForeignKey(Enrolment.id))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    callback_id: Mapped[int | None] = mapped_column(ForeignKey(Callback.id))
    checkin_id: Mapped[int | None] = mapped_column(ForeignKey(Checkin.id))
    channel: Mapped[str] = mapped_column(server_default=text("'sms'"))
    status: Mapped[str] = mapped_column(server_default=text("'queued'"))
    status_at: Mapped[datetime]
    reason: Mapped[str | None]
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    claimed_by: Mapped[str | None]
    lease_ends_at: Mapped[datetime | None]
    provider: Mapped[str | None]
    provider_id: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    enrolment: Mapped[Enrolment | None] = relationship(lazy="raise")
    staff: Mapped[Staff | None] = relationship(lazy="raise")
    checkin: Mapped[Checkin | None] = relationship(lazy="raise")


class Receipt(Base):
    """What the provider said of a message, each time, also when late or repeated."""

    __tablename__ = "receipts"
    __table_args__ = (Index(None, "message_id"),)

    id: Mapped[Id]
    message_id: Mapped[int] = mapped_column(ForeignKey(Message.id))
    provider_status: Mapped[str]
    error_code: Mapped[str | None]
    applied: Mapped[bool]
    received_at: Mapped[datetime]


class InboundKind(StrEnum):
    STOP = "stop"
    START = "start"
    HELP = "help"
    WORSE = "worse"
    LATER = "later"
    OTHER = "other"


class Inbound(Base):
    """A text that somebody sent us. `body` is sealed with the sender's key, when the sender is a known patient."""

    __tablename__ = "inbound"
    __table_args__ = (one_of("kind", InboundKind),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    provider_id: Mapped[str] = mapped_column(unique=True)
    patient_id: Mapped[int | None] = mapped_column(ForeignKey(Patient.id), index=True)
    kind: Mapped[str]
    body: Mapped[Sealed | None]
    received_at: Mapped[datetime]


class ConsoleMessage(Base):
    """What the console provider printed, for the page of a running demonstration. Never used with a real provider."""

    __tablename__ = "console_messages"

    id: Mapped[Id]
    message_id: Mapped[int] = mapped_column(ForeignKey(Message.id), unique=True)
    recipient: Mapped[str]
    body: Mapped[str]
    printed_at: Mapped[datetime]
    message: Mapped[Message] = relationship(lazy="joined", innerjoin=True)
