"""Named people of the centre, their sessions and their one-time set-up links."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from records.crypto import Sealed
from records.db import Base, Id, PublicId, one_of
from records.models.programmes import Team


class Role(StrEnum):
    ENROLLER = "enroller"
    OPERATOR = "operator"
    PHYSICIAN = "physician"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


class StaffTeam(Base):
    __tablename__ = "staff_teams"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey(Team.id), primary_key=True)


class Staff(Base):
    """`email` is stored lower-case. `password_hash` is argon2id's own string; absent until set up. `phone`, sealed, is
    where this person is paged and called. `preferences` are how they like their screens.
    """

    __tablename__ = "staff"
    __table_args__ = (one_of("role", Role),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    language: Mapped[str]
    password_hash: Mapped[str | None]
    invited_at: Mapped[datetime]
    set_up_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    phone: Mapped[Sealed | None]
    preferences: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    teams: Mapped[list[Team]] = relationship(secondary=StaffTeam.__table__, lazy="selectin")


class StaffSetup(Base):
    """A link by which one person chooses a password, once, before `expires_at`."""

    __tablename__ = "staff_setups"

    id: Mapped[Id]
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id), index=True)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class StaffSession(Base):
    """A signed-in browser. Ends at `ends_at`, when idle too long, or when revoked."""

    __tablename__ = "staff_sessions"
    __table_args__ = (Index(None, "ends_at"),)

    id: Mapped[Id]
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id), index=True)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    assurance: Mapped[int] = mapped_column(SmallInteger, default=1)
    staff: Mapped[Staff] = relationship(lazy="joined")
