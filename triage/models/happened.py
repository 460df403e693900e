"""What happened to each call-back, and what was told to whom: the rest of the clock beside alerts and calls."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from records.db import Base, Id, one_of
from records.models import Staff
from triage.models.callbacks import Callback

NO_DETAILS = text("'{}'")


class EventKind(StrEnum):
    CLAIMED = "claimed"
    RELEASED = "released"
    TAKEN_OVER = "taken-over"
    HANDED_OVER = "handed-over"
    EXPIRED = "expired"
    WORSENED = "worsened"
    ACKNOWLEDGED = "acknowledged"
    NEXT_TRY = "next-try"
    ESCALATED = "escalated"
    ANNOUNCED = "announced"
    SAID_WORSE = "said-worse"
    SAID_LATER = "said-later"
    BRIDGED = "bridged"
    FOLDED = "folded"
    UNFOLDED = "unfolded"


class CallbackEvent(Base):
    """What happened to a call-back that no alert, attempt or disposition tells; together they are its clock. Rows
    cannot be changed or removed. `staff_id` is who did it, None for the service or the patient; `details` hold ids and
    codes only.
    """

    __tablename__ = "callback_events"
    __table_args__ = (
        one_of("kind", EventKind),
        Index(None, "callback_id", "at"),
        Index(None, "staff_id", "at"),
        Index(None, "at", postgresql_using="brin", postgresql_with={"autosummarize": "on"}),
    )

    id: Mapped[Id]
    callback_id: Mapped[int] = mapped_column(ForeignKey(Callback.id))
    kind: Mapped[str]
    at: Mapped[datetime]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    details: Mapped[dict[str, Any]] = mapped_column(server_default=NO_DETAILS)
    staff: Mapped[Staff | None] = relationship(lazy="joined")


class NoticeKind(StrEnum):
    TAKEN_OVER = "taken-over"
    HANDED_OVER = "handed-over"
    WORSENED = "worsened"
    ESCALATED = "escalated"
    INCIDENT = "incident"


class Notice(Base):
    """Something that a member of staff is shown on their next look at any page of the centre, until they have seen it.
    `from_staff_id` is whose doing it was, None for the service's; `details` hold ids, codes and numbers only.
    """

    __tablename__ = "notices"
    __table_args__ = (
        one_of("kind", NoticeKind),
        Index("ix_notices_unseen", "staff_id", "at", postgresql_where=text("seen_at IS NULL")),
    )

    id: Mapped[Id]
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, server_default=text("gen_random_uuid()"))
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    kind: Mapped[str]
    callback_id: Mapped[int | None] = mapped_column(ForeignKey(Callback.id))
    from_staff_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    details: Mapped[dict[str, Any]] = mapped_column(server_default=NO_DETAILS)
    at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    from_staff: Mapped[Staff | None] = relationship(foreign_keys=[from_staff_id], lazy="joined")
    callback: Mapped[Callback | None] = relationship(lazy="raise")
