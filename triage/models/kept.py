"""What people of the centre keep: drafts and views of their own, letters, answers moved to the right file."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from questionnaires.models import Checkin, Response
from records.crypto import Sealed
from records.db import Base, Id, PublicId
from records.models import Enrolment, Staff
from triage.models.callbacks import Callback, Disposition


class CallDraft(Base):
    """What a caller has typed and not yet sent, one per call-back and person. `content` is sealed JSON: the fields of
    the page's forms by name, so that no time-out, lost network or closed laptop loses a note.
    """

    __tablename__ = "call_drafts"
    __table_args__ = (UniqueConstraint("callback_id", "staff_id"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    callback_id: Mapped[int] = mapped_column(ForeignKey(Callback.id))
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    content: Mapped[Sealed]
    saved_at: Mapped[datetime]


class SavedView(Base):
    """Filters of the queue under a name, one person's own. `query` is the page's query string as a mapping."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("staff_id", "name"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    name: Mapped[str]
    query: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class MovedAnswer(Base):
    """Answers that had been given under the wrong patient: where they were, who moved them, and what the rules had said
    of them there (`before`, as it was stored). `reason` is sealed with the key of the patient whose file they left.
    Rows cannot be changed or removed.
    """

    __tablename__ = "moved_answers"

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    response_id: Mapped[int] = mapped_column(ForeignKey(Response.id), index=True)
    from_enrolment_id: Mapped[int] = mapped_column(ForeignKey(Enrolment.id), index=True)
    to_enrolment_id: Mapped[int] = mapped_column(ForeignKey(Enrolment.id), index=True)
    from_checkin_id: Mapped[int | None] = mapped_column(ForeignKey(Checkin.id))
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    reason: Mapped[Sealed]
    before: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class Letter(Base):
    """A letter to a general practitioner, as it was given out: `content` is sealed JSON of what it says."""

    __tablename__ = "letters"

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    disposition_id: Mapped[int] = mapped_column(ForeignKey(Disposition.id), index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    content: Mapped[Sealed]
    at: Mapped[datetime]
