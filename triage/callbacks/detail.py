"""The call-backs of one patient as the patient's page shows them: why, who called, what came of it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from records.models import Enrolment
from records.patients import reveal_text
from triage import reasons
from triage.levels import Level
from triage.models import Alert, Attempt, Callback, CallbackState, Disposition

Row = TypeVar("Row", Alert, Attempt, Disposition)


@dataclass(frozen=True, slots=True)
class AlertDetail:
    """`words` say why, in the reader's language; `assessment` is the id of what the rules said, if they did; `cause`
    the public id of the text that a patient wrote, if that is why.
    """

    public_id: uuid.UUID
    kind: str
    level: str
    words: tuple[str, ...]
    raised_at: datetime
    due_at: datetime
    closed_at: datetime | None
    assessment_id: int | None
    cause: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Note:
    """An attempt (`code` is its outcome) or a disposition (its kind), by whom, with its note in clear. `details` of a
    disposition as stored; of an attempt `called` and `verified`.
    """

    public_id: uuid.UUID
    code: str
    by: str
    at: datetime
    note: str | None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallbackDetail:
    """`claimed_by` counts at the moment asked about; `worsened_at` is of a worse reason that they have not seen."""

    public_id: uuid.UUID
    state: str
    level: str
    version: int
    opened_at: datetime
    due_at: datetime
    late: bool
    closed_at: datetime | None
    for_physician: bool
    next_try_at: datetime | None
    claimed_by: str | None
    claimed_by_id: int | None
    claim_ends_at: datetime | None
    worsened_at: datetime | None
    alerts: tuple[AlertDetail, ...]
    attempts: tuple[Note, ...]
    dispositions: tuple[Note, ...]

    @property
    def is_open(self) -> bool:
        return self.state == CallbackState.OPEN


def detail(
    session: Session, *, enrolment: Enrolment, language: str, now: datetime, limit: int = 20
) -> tuple[CallbackDetail, ...]:
    """The newest call-backs first. The caller has checked that the enrolment may be seen."""
    callbacks = session.scalars(
        select(Callback)
        .where(Callback.enrolment_id == enrolment.id)
        .order_by(Callback.opened_at.desc(), Callback.id.desc())
        .limit(limit)
        .options(joinedload(Callback.claimed_by))
    ).all()
    ids = [callback.id for callback in callbacks]
    alerts = _of(session, Alert, ids, Alert.raised_at)
    attempts = _of(session, Attempt, ids, Attempt.at)
    dispositions = _of(session, Disposition, ids, Disposition.at)
    return tuple(
        _detail(
            callback,
            now,
            tuple(_alert(alert, language) for alert in alerts if alert.callback_id == callback.id),
            tuple(_attempt(row, enrolment) for row in attempts if row.callback_id == callback.id),
            tuple(_disposition(row, enrolment) for row in dispositions if row.callback_id == callback.id),
        )
        for callback in callbacks
    )


def _of(session: Session, model: type[Row], ids: list[int], order: Any) -> Sequence[Row]:
    return session.scalars(select(model).where(model.callback_id.in_(ids)).order_by(order, model.id)).all()


def _detail(
    callback: Callback,
    now: datetime,
    alerts: tuple[AlertDetail, ...],
    attempts: tuple[Note, ...],
    dispositions: tuple[Note, ...],
) -> CallbackDetail:
    held = callback.claim_ends_at is not None and callback.claim_ends_at > now
    return CallbackDetail(
        public_id=callback.public_id,
        state=callback.state,
        level=Level(callback.rank).code,
        version=callback.version,
        opened_at=callback.opened_at,
        due_at=callback.due_at,
        late=callback.state == CallbackState.OPEN and callback.due_at < now,
        closed_at=callback.closed_at,
        for_physician=callback.for_physician,
        next_try_at=callback.next_try_at,
        claimed_by=callback.claimed_by.name if held and callback.claimed_by else None,
        claimed_by_id=callback.claimed_by_id if held else None,
        claim_ends_at=callback.claim_ends_at if held else None,
        worsened_at=callback.worsened_at if held else None,
        alerts=tuple(sorted(alerts, key=lambda alert: (alert.closed_at is not None, -Level.from_code(alert.level)))),
        attempts=attempts,
        dispositions=dispositions,
    )


def _alert(alert: Alert, language: str) -> AlertDetail:
    return AlertDetail(
        public_id=alert.public_id,
        kind=alert.kind,
        level=Level(alert.rank).code,
        words=tuple(reasons.words({"reasons": alert.reasons}, language)),
        raised_at=alert.raised_at,
        due_at=alert.due_at,
        closed_at=alert.closed_at,
        assessment_id=alert.assessment_id,
        cause=next((uuid.UUID(reason["cause"]) for reason in alert.reasons if "cause" in reason), None),
    )


def _attempt(row: Attempt, enrolment: Enrolment) -> Note:
    told = {"called": row.called, "verified": row.verified}
    return Note(row.public_id, row.outcome, row.staff.name, row.at, _open(row, enrolment, "attempts"), told)


def _disposition(row: Disposition, enrolment: Enrolment) -> Note:
    return Note(row.public_id, row.kind, row.staff.name, row.at, _open(row, enrolment, "dispositions"), row.details)


def _open(row: Attempt | Disposition, enrolment: Enrolment, table: str) -> str | None:
    if row.note is None:
        return None
    return reveal_text(enrolment.patient, row.note, table=table, column="note", public_id=row.public_id)
