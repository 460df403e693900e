"""When each job of the worker last ran, for the health page and the watchdog."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from records.db import Base


class Heartbeat(Base):
    """`failed_at` and `error` (an exception's class name, never its message) tell of the last failure."""

    __tablename__ = "heartbeats"

    job: Mapped[str] = mapped_column(primary_key=True)
    beat_at: Mapped[datetime]
    took_ms: Mapped[int]
    done: Mapped[int]
    failed_at: Mapped[datetime | None]
    error: Mapped[str | None]
