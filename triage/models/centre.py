"""The call-back centre beside its queue: who is on call, what was told to whom, what happened to each call-back."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from questionnaires.models import Checkin, Response
from records.crypto import Sealed
from records.db import Base, Id, PublicId, one_of
from records.models import Enrolment, Staff, Team
from triage.models.callbacks import Callback, Disposition, Incident

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


class Duty(StrEnum):
    """`on-call`: the physician who is paged outside hours and when a call is late twice; `lead`: who is told first."""

    ON_CALL = "on-call"
    LEAD = "lead"


class Shift(Base):
    """One person's duty for one team, from `from_at` on and before `until_at`. A cancelled one stays on record."""

    __tablename__ = "shifts"
    __table_args__ = (
        one_of("duty", Duty),
        CheckConstraint("from_at < until_at", name="in_order"),
        CheckConstraint("(cancelled_at IS NULL) = (cancelled_by_id IS NULL)", name="cancelled"),
        Index("ix_shifts_standing", "team_id", "until_at", postgresql_where=text("cancelled_at IS NULL")),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    team_id: Mapped[int] = mapped_column(ForeignKey(Team.id))
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    duty: Mapped[str]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    cancelled_at: Mapped[datetime | None]
    cancelled_by_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    staff: Mapped[Staff] = relationship(foreign_keys=[staff_id], lazy="joined", innerjoin=True)
    team: Mapped[Team] = relationship(lazy="joined", innerjoin=True)


class EscalationKind(StrEnum):
    LATE = "late"
    OUTSIDE_HOURS = "outside-hours"


class Escalation(Base):
    """A call-back put before somebody because nobody called in time, or because it came while the centre was closed.
    `clock_at` is the due time or the alert's hour that it is about: a new clock escalates anew. `step` counts from 1.
    `staff_id` None: nobody was found for this step, which is itself shown. Each is told once.
    """

    __tablename__ = "escalations"
    __table_args__ = (
        one_of("kind", EscalationKind),
        Index(
            "uq_escalations_once",
            "callback_id",
            "clock_at",
            "step",
            "staff_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_escalations_staff", "staff_id", postgresql_where=text("acknowledged_at IS NULL")),
        Index(None, "at", postgresql_using="brin", postgresql_with={"autosummarize": "on"}),
    )

    id: Mapped[Id]
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, server_default=text("gen_random_uuid()"))
    callback_id: Mapped[int] = mapped_column(ForeignKey(Callback.id))
    kind: Mapped[str]
    clock_at: Mapped[datetime]
    step: Mapped[int] = mapped_column(SmallInteger)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]


class Settled(StrEnum):
    ANSWERED = "answered"
    REACHED = "reached"
    ENDED = "ended"


class IncidentMember(Base):
    """One silence of an incident; none is of two. `deadline_at` is when a person must have called; `risk` orders the
    list (see triage.levels). Settled when the patient answered, was reached, or is no longer followed.
    """

    __tablename__ = "incident_members"
    __table_args__ = (
        UniqueConstraint("checkin_id"),
        one_of("settled_by", Settled),
        CheckConstraint("(settled_at IS NULL) = (settled_by IS NULL)", name="settled"),
        Index(
            "ix_incident_members_open",
            "incident_id",
            "team_id",
            text("risk DESC"),
            "deadline_at",
            postgresql_where=text("settled_at IS NULL"),
        ),
        Index("ix_incident_members_enrolment", "enrolment_id", postgresql_where=text("settled_at IS NULL")),
    )

    id: Mapped[Id]
    incident_id: Mapped[int] = mapped_column(ForeignKey(Incident.id))
    enrolment_id: Mapped[int] = mapped_column(ForeignKey(Enrolment.id))
    team_id: Mapped[int] = mapped_column(ForeignKey(Team.id))
    checkin_id: Mapped[int] = mapped_column(ForeignKey(Checkin.id))
    deadline_at: Mapped[datetime]
    risk: Mapped[int] = mapped_column(SmallInteger)
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]


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


class Letter(Base):
    """A letter to a general practitioner, as it was given out: `content` is sealed JSON of what it says."""

    __tablename__ = "letters"

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    disposition_id: Mapped[int] = mapped_column(ForeignKey(Disposition.id), index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    content: Mapped[Sealed]
    at: Mapped[datetime]
