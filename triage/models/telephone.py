"""Calls that the centre makes for its callers, and calls that patients are told of."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from records.db import Base, Id, PublicId, one_of
from records.models import Staff
from triage.models.callbacks import Callback


class BridgeState(StrEnum):
    ASKED = "asked"
    RINGING = "ringing"
    CONNECTED = "connected"
    ENDED = "ended"
    FAILED = "failed"


class BridgedCall(Base):
    """A call that the centre's provider makes to the caller's own telephone and then to the patient, who sees the
    centre's number. `failure` is a provider's code, never a number.
    """

    __tablename__ = "bridged_calls"
    __table_args__ = (
        one_of("state", BridgeState),
        UniqueConstraint("provider_id"),
        Index("ix_bridged_calls_open", "asked_at", postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    callback_id: Mapped[int] = mapped_column(ForeignKey(Callback.id), index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    called: Mapped[str]
    state: Mapped[str]
    provider_id: Mapped[str | None]
    asked_at: Mapped[datetime]
    connected_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    failure: Mapped[str | None]


class Reply(StrEnum):
    WORSE = "worse"
    LATER = "later"


class CallAnnouncement(Base):
    """A patient told by text that the centre will call, between `from_at` and `until_at`; the caller says a code that
    is derived from `public_id`. `staff_id` is who was named as the caller, if anybody.
    """

    __tablename__ = "call_announcements"
    __table_args__ = (
        UniqueConstraint("callback_id", "number"),
        one_of("reply", Reply),
        CheckConstraint("from_at < until_at", name="in_order"),
    )

    id: Mapped[Id]
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, server_default=text("gen_random_uuid()"))
    callback_id: Mapped[int] = mapped_column(ForeignKey(Callback.id))
    number: Mapped[int] = mapped_column(SmallInteger)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    at: Mapped[datetime]
    reply: Mapped[str | None]
    replied_at: Mapped[datetime | None]
    staff: Mapped[Staff | None] = relationship(lazy="joined")
