"""Call-backs, the alerts that they collect, the calls that were tried and what came of them."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from questionnaires.models import Checkin
from records.crypto import Sealed
from records.db import Base, Id, PublicId, one_of
from records.models import Enrolment, Programme, Staff, Team
from triage.models.protocols import Assessment


class IncidentKind(StrEnum):
    """`not-sent`: our texts do not leave; `not-arriving`: they leave and no receipt comes; `site`: patients could not
    open or send their questions; `raised`: a supervisor said so.
    """

    NOT_SENT = "not-sent"
    NOT_ARRIVING = "not-arriving"
    SITE = "site"
    RAISED = "raised"


class Incident(Base):
    """One cause of many silences in a programme (see IncidentMember). It takes in new silences until `ended_at`, and
    `last_at` is when it last did; closed when each of its patients has answered or was reached. `waiting` counts who
    has not, by team id: [patients, worst rank, first deadline], written by the beat that changes its members.
    """

    __tablename__ = "incidents"
    __table_args__ = (
        one_of("kind", IncidentKind),
        Index("uq_incidents_lasting", "programme_id", "kind", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_incidents_open", "began_at", postgresql_where=text("closed_at IS NULL")),
        CheckConstraint("closed_at IS NULL OR ended_at IS NOT NULL", name="ends_before_it_closes"),
    )

    id: Mapped[Id]
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, server_default=text("gen_random_uuid()"))
    kind: Mapped[str]
    programme_id: Mapped[int] = mapped_column(ForeignKey(Programme.id))
    began_at: Mapped[datetime]
    found_at: Mapped[datetime]
    last_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    raised_by_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    details: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    waiting: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    programme: Mapped[Programme] = relationship(lazy="joined", innerjoin=True)
    raised_by: Mapped[Staff | None] = relationship(lazy="joined")


class CallbackState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class NextStep(StrEnum):
    """What a caller does next: telephone the patient, then the emergency contact, then a physician decides."""

    CALL_PATIENT = "call-patient"
    CALL_CONTACT = "call-contact"
    PHYSICIAN = "physician"


class Callback(Base):
    """One patient to call, collecting every alert until a person has dealt with all of them; at most one open per
    enrolment. `rank` orders the queue (see triage.levels), then `due_at`. `version` grows with every change that a
    viewer would see. A claim counts until `claim_ends_at`. `worsened_at`: a worse alert came while somebody held it and
    they have not said that they saw it; an open page alone no longer renews their claim. While `incident_id` is set the
    call-back is folded into that incident and stands on its page instead of in the queue.
    """

    __tablename__ = "callbacks"
    __table_args__ = (
        one_of("state", CallbackState),
        one_of("next_step", NextStep),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_is_dated"),
        CheckConstraint("(claimed_by_id IS NULL) = (claim_ends_at IS NULL)", name="claim_ends"),
        Index("uq_callbacks_one_open", "enrolment_id", unique=True, postgresql_where=text("state = 'open'")),
        Index("ix_callbacks_opened_at", "opened_at", postgresql_using="brin"),
        Index("ix_callbacks_queue", "team_id", text("rank DESC"), "due_at", postgresql_where=text("state = 'open'")),
        Index(
            "ix_callbacks_unfolded",
            "team_id",
            text("rank DESC"),
            "due_at",
            "id",
            postgresql_where=text("state = 'open' AND incident_id IS NULL"),
        ),
        Index(
            "ix_callbacks_later",
            "team_id",
            text("rank DESC"),
            "due_at",
            "id",
            postgresql_where=text("state = 'open' AND next_try_at IS NOT NULL"),
        ),
        Index(
            "ix_callbacks_folded", "incident_id", postgresql_where=text("state = 'open' AND incident_id IS NOT NULL")
        ),
        Index("ix_callbacks_held", "claimed_by_id", postgresql_where=text("claimed_by_id IS NOT NULL")),
        Index("ix_callbacks_due", "due_at", postgresql_where=text("state = 'open'")),
        Index("ix_callbacks_closed_at", "closed_at", postgresql_using="brin"),
    )

    id: Mapped[Id]
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, server_default=text("gen_random_uuid()"))
    enrolment_id: Mapped[int] = mapped_column(ForeignKey(Enrolment.id))
    team_id: Mapped[int] = mapped_column(ForeignKey(Team.id))
    state: Mapped[str] = mapped_column(server_default=text("'open'"))
    rank: Mapped[int] = mapped_column(SmallInteger)
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    for_physician: Mapped[bool] = mapped_column(server_default=text("false"))
    next_try_at: Mapped[datetime | None]
    next_step: Mapped[str] = mapped_column(server_default=text("'call-patient'"))
    worsened_at: Mapped[datetime | None]
    incident_id: Mapped[int | None] = mapped_column(ForeignKey(Incident.id))
    claimed_by_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    claimed_at: Mapped[datetime | None]
    claim_ends_at: Mapped[datetime | None]
    first_called_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    enrolment: Mapped[Enrolment] = relationship(lazy="raise")
    claimed_by: Mapped[Staff | None] = relationship(foreign_keys=[claimed_by_id], lazy="raise")


class AlertKind(StrEnum):
    ANSWERS = "answers"
    SILENCE = "silence"
    NEVER_INVITED = "never-invited"
    NEVER_ACTIVATED = "never-activated"
    REVIEW_DUE = "review-due"
    LIMITS_DUE = "limits-due"
    OPTED_OUT = "opted-out"
    WROTE = "wrote"
    OUTCOME_DUE = "outcome-due"
    FOLLOW_UP_ENDS = "follow-up-ends"
    UNREACHED = "unreached"
    ASKED = "asked"
    MOVED = "moved"


class Alert(Base):
    """One reason to call. `key` is deterministic (`silence:<check-in>`, `answers:<response>`), so that raising it twice
    is a no-op. `reasons` is a list of what the wording needs: rule ids and codes, never identity. `cause` is why a
    silence is one, a code of triage.causes.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        one_of("kind", AlertKind),
        Index("ix_alerts_callback", "callback_id"),
        Index("ix_alerts_standing", "enrolment_id", "kind", postgresql_where=text("closed_at IS NULL")),
        Index("ix_alerts_silences", "raised_at", postgresql_where=text("kind = 'silence' AND closed_at IS NULL")),
        Index("ix_alerts_limits_due", "enrolment_id", "raised_at", postgresql_where=text("kind = 'limits-due'")),
        Index(None, "raised_at", postgresql_using="brin", postgresql_with={"autosummarize": "on"}),
    )

    id: Mapped[Id]
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, server_default=text("gen_random_uuid()"))
    key: Mapped[str] = mapped_column(unique=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey(Enrolment.id), index=True)
    callback_id: Mapped[int] = mapped_column(ForeignKey(Callback.id))
    kind: Mapped[str]
    rank: Mapped[int] = mapped_column(SmallInteger)
    assessment_id: Mapped[int | None] = mapped_column(ForeignKey(Assessment.id))
    checkin_id: Mapped[int | None] = mapped_column(ForeignKey(Checkin.id))
    reasons: Mapped[list[Any]]
    cause: Mapped[str | None]
    raised_at: Mapped[datetime]
    due_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    disposition_id: Mapped[int | None] = mapped_column(ForeignKey("dispositions.id"))
    assessment: Mapped[Assessment | None] = relationship(lazy="raise")


class AttemptOutcome(StrEnum):
    REACHED = "reached"
    NO_ANSWER = "no-answer"
    BUSY = "busy"
    VOICEMAIL = "voicemail"
    WRONG_NUMBER = "wrong-number"


class Called(StrEnum):
    PATIENT = "patient"
    CONTACT = "contact"


class Attempt(Base):
    """One telephone call that was tried, to the patient or to the emergency contact. `verified`: the name and date of
    birth of the patient were asked and were right; None where nobody was reached. `next_try_at`: what it led to. `note`
    is sealed with the patient's key. `form_key` is of the form that it was written on, which is taken once however
    often it is sent.
    """

    __tablename__ = "attempts"
    __table_args__ = (
        one_of("outcome", AttemptOutcome),
        one_of("called", Called),
        UniqueConstraint("callback_id", "form_key"),
        Index(None, "at", postgresql_using="brin", postgresql_with={"autosummarize": "on"}),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    callback_id: Mapped[int] = mapped_column(ForeignKey(Callback.id))
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    outcome: Mapped[str]
    note: Mapped[Sealed | None]
    form_key: Mapped[uuid.UUID | None]
    at: Mapped[datetime]
    called: Mapped[str] = mapped_column(server_default=text("'patient'"))
    verified: Mapped[bool | None]
    next_try_at: Mapped[datetime | None]
    staff: Mapped[Staff] = relationship(lazy="joined", innerjoin=True)


class DispositionKind(StrEnum):
    ADVICE = "advice"
    EXTRA_CHECKIN = "extra-checkin"
    GP = "gp"
    TO_PHYSICIAN = "to-physician"
    HOSPITAL_ADVISED = "hospital-advised"
    AMBULANCE = "ambulance"
    ADMITTED = "admitted"
    DECEASED = "deceased"
    ENTRY_ERROR = "entry-error"
    UNREACHABLE = "unreachable"
    TECHNICAL = "technical"
    RISK_UP = "risk-up"
    LIMITS_CHANGED = "limits-changed"
    WELFARE_CHECK = "welfare-check"
    WRONG_PATIENT = "wrong-patient"


class Disposition(Base):
    """What came of a call-back, by whom. It closes only the alerts that its author saw. `form_key` as of an attempt.
    `useful` is what the caller says of the alert, if anything; `held_seconds` how long they had the call-back.
    """

    __tablename__ = "dispositions"
    __table_args__ = (
        one_of("kind", DispositionKind),
        UniqueConstraint("callback_id", "form_key"),
        Index(None, "at", postgresql_using="brin", postgresql_with={"autosummarize": "on"}),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    callback_id: Mapped[int] = mapped_column(ForeignKey(Callback.id))
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    kind: Mapped[str]
    note: Mapped[Sealed | None]
    details: Mapped[dict[str, Any]]
    form_key: Mapped[uuid.UUID | None]
    useful: Mapped[bool | None]
    held_seconds: Mapped[int | None]
    at: Mapped[datetime]
    staff: Mapped[Staff] = relationship(lazy="joined", innerjoin=True)
