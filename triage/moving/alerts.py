"""The alerts that moved answers had raised in the file they left: closed, with words that stay readable."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from questionnaires.models import Response
from records.models import Staff
from triage.callbacks.attempts import sealed_note
from triage.callbacks.claims import let_go
from triage.callbacks.dispositions import close, open_alerts, rank_anew
from triage.models import Alert, Assessment, Callback, CallbackState, Disposition, DispositionKind, MovedAnswer
from triage.outcome_models import Snooze
from triage.snoozed import SnoozeEnd


def close_alerts(
    session: Session,
    *,
    moved: Sequence[MovedAnswer],
    responses: Sequence[Response],
    staff: Staff,
    reason: str,
    now: datetime,
) -> list[Disposition]:
    """Close what came of the answers, by one decision for each call-back; whoever holds what is left goes on with it.
    The alerts say their reasons in words of their own, and point no more at what the rules now say of another patient.
    A rule that was put off on the word of these answers counts again.
    """
    assessed = select(Assessment.id).where(Assessment.response_id.in_([one.id for one in responses])).scalar_subquery()
    ended = update(Snooze).where(Snooze.assessment_id.in_(assessed), Snooze.ended_at.is_(None))
    session.execute(ended.values(ended_at=now, ended_why=SnoozeEnd.CHANGED))
    about = select(Alert).where(Alert.assessment_id.in_(assessed)).order_by(Alert.callback_id, Alert.id)
    alerts = list(session.scalars(about))
    standing = [alert for alert in alerts if alert.closed_at is None]
    dispositions = []
    for callback in _locked(session, {alert.callback_id for alert in standing}):
        these = [alert for alert in standing if alert.callback_id == callback.id]
        dispositions.append(_decide(session, callback, these, moved[0], staff, reason, now))
    for alert in alerts:
        alert.assessment_id = None
    session.flush()
    return dispositions


def _locked(session: Session, ids: set[int]) -> list[Callback]:
    query = select(Callback).where(Callback.id.in_(ids)).order_by(Callback.id).options(joinedload(Callback.enrolment))
    return list(session.scalars(query.with_for_update(of=Callback).execution_options(populate_existing=True)))


def _decide(
    session: Session,
    callback: Callback,
    alerts: Sequence[Alert],
    moved: MovedAnswer,
    staff: Staff,
    reason: str,
    now: datetime,
) -> Disposition:
    public_id = uuid.uuid4()
    disposition = Disposition(
        public_id=public_id,
        callback_id=callback.id,
        staff_id=staff.id,
        kind=DispositionKind.WRONG_PATIENT,
        note=sealed_note(callback.enrolment, reason, table="dispositions", public_id=public_id),
        details={"moved": str(moved.public_id)},
        at=now,
    )
    session.add(disposition)
    session.flush()
    for alert in alerts:
        alert.closed_at, alert.disposition_id = now, disposition.id
    session.flush()
    _settle(session, callback, staff, now)
    return disposition


def _settle(session: Session, callback: Callback, staff: Staff, now: datetime) -> None:
    if callback.state != CallbackState.OPEN:
        return
    callback.version += 1
    standing = open_alerts(session, callback)
    if standing:
        rank_anew(callback, standing)
        return
    let_go(session, callback, now=now)
    callback.next_try_at = callback.worsened_at = None
    close(callback, staff, now)
    session.flush()
