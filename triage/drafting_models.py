"""A protocol while it is written, and what replaying it on real answers said."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from records.db import Base, Id, PublicId, one_of
from records.models import Programme, Staff
from triage.models import ProtocolVersion


class DraftState(StrEnum):
    OPEN = "open"
    FROZEN = "frozen"
    DISCARDED = "discarded"


class ProtocolDraft(Base):
    """A protocol that people work on. Its document may not make sense yet; frozen, it becomes a version. Whoever saves
    names the `revision` that they saw, so that nobody writes over what they have not seen.
    """

    __tablename__ = "protocol_drafts"
    __table_args__ = (
        one_of("state", DraftState),
        CheckConstraint("(state = 'frozen') = (version_id IS NOT NULL)", name="frozen_into"),
        Index("ix_protocol_drafts_open", "slug", postgresql_where=text("state = 'open'")),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    slug: Mapped[str]
    based_on_id: Mapped[int] = mapped_column(ForeignKey(ProtocolVersion.id))
    state: Mapped[str] = mapped_column(server_default=text("'open'"))
    revision: Mapped[int] = mapped_column(server_default=text("1"))
    document: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(server_default=text("''"))
    author_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    version_id: Mapped[int | None] = mapped_column(ForeignKey(ProtocolVersion.id))
    based_on: Mapped[ProtocolVersion] = relationship(foreign_keys=[based_on_id])
    author: Mapped[Staff] = relationship(foreign_keys=[author_id])
    changed_by: Mapped[Staff] = relationship(foreign_keys=[changed_by_id])


class ProtocolDraftEdit(Base):
    """One saved step: the whole document as it was after it, so that any step can be taken back and each has a name."""

    __tablename__ = "protocol_draft_edits"
    __table_args__ = (UniqueConstraint("draft_id", "revision"),)

    id: Mapped[Id]
    draft_id: Mapped[int] = mapped_column(ForeignKey(ProtocolDraft.id))
    revision: Mapped[int]
    document: Mapped[dict[str, Any]]
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    at: Mapped[datetime]
    staff: Mapped[Staff] = relationship(lazy="joined", innerjoin=True)


class ReplayState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class ProtocolReplay(Base):
    """A version replayed on the answers of a programme between two days (both included, centre's days), against the
    version that was in force when it was asked for. `result` is what the page, the CSV and the command show; it holds
    public ids and no identity. Taken by one worker until `lease_until`.
    """

    __tablename__ = "protocol_replays"
    __table_args__ = (
        one_of("state", ReplayState),
        CheckConstraint("(state = 'done') = (result IS NOT NULL)", name="done_has_result"),
        CheckConstraint("from_on <= to_on", name="days"),
        Index("ix_protocol_replays_version", "version_id", "id"),
        Index("ix_protocol_replays_waiting", "id", postgresql_where=text("state IN ('waiting', 'running')")),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    version_id: Mapped[int] = mapped_column(ForeignKey(ProtocolVersion.id))
    against_id: Mapped[int | None] = mapped_column(ForeignKey(ProtocolVersion.id))
    programme_id: Mapped[int] = mapped_column(ForeignKey(Programme.id))
    from_on: Mapped[date]
    to_on: Mapped[date]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    asked_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    lease_until: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    rows: Mapped[int | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    failure: Mapped[str | None]
    version: Mapped[ProtocolVersion] = relationship(foreign_keys=[version_id])
    against: Mapped[ProtocolVersion | None] = relationship(foreign_keys=[against_id])
    asked_by: Mapped[Staff | None] = relationship(foreign_keys=[asked_by_id])


class RosterHour(Base):
    """How many callers a programme has at work in one hour of the week, on the centre's clock. Monday is 0."""

    __tablename__ = "roster_hours"
    __table_args__ = (
        UniqueConstraint("programme_id", "weekday", "hour"),
        CheckConstraint(
            "weekday BETWEEN 0 AND 6 AND hour BETWEEN 0 AND 23 AND callers BETWEEN 0 AND 9999", name="week"
        ),
    )

    id: Mapped[Id]
    programme_id: Mapped[int] = mapped_column(ForeignKey(Programme.id))
    weekday: Mapped[int] = mapped_column(SmallInteger)
    hour: Mapped[int] = mapped_column(SmallInteger)
    callers: Mapped[int] = mapped_column(SmallInteger)
