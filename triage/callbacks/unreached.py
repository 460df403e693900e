"""Calls that reached nobody become the physician's: by a rule of the protocol, or because nobody is left to call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from triage import reasons
from triage.callbacks.raising import Raise, key_of, raise_alerts
from triage.levels import Level
from triage.models import Alert, AlertKind, Attempt, Callback, NextStep
from triage.silence import judge, situation_of
from triage.situation import local_day
from triage.targets import due_at


def hand_to_physician(session: Session, callback: Callback, attempt: Attempt, now: datetime) -> bool:
    """Raise it as red when a rule of the protocol fires because of the failed calls, and would not without them, or
    when the emergency contact was called in vain too; once, until a person has dealt with it. Whether it was raised.
    """
    session.flush()
    standing = select(Alert.id).where(
        Alert.callback_id == callback.id, Alert.kind == AlertKind.UNREACHED, Alert.closed_at.is_(None)
    )
    if session.scalar(standing.limit(1)) is not None:
        return False
    known = situation_of(session, enrolment_id=callback.enrolment_id, now=now)
    on = local_day(known, now)
    verdict = judge(session, known, on=on, code=AlertKind.UNREACHED.value)
    before = judge(session, replace(known, failed_calls=0), on=on, code=AlertKind.UNREACHED.value)
    said: Sequence[dict[str, Any]] = verdict.reasons
    if verdict.level < Level.RED or not verdict.fired - before.fired:
        if callback.next_step != NextStep.PHYSICIAN:
            return False
        said = [reasons.from_code(AlertKind.UNREACHED.value)]
    alert = Raise(
        key=key_of(AlertKind.UNREACHED, attempt.public_id),
        enrolment_id=callback.enrolment_id,
        team_id=callback.team_id,
        kind=AlertKind.UNREACHED,
        rank=Level.RED,
        reasons=said,
        due_at=due_at(known.centre, Level.RED, now),
        for_physician=True,
    )
    held = callback.next_step, callback.worsened_at, callback.claim_ends_at
    raise_alerts(session, alerts=[alert], now=now)
    session.refresh(callback)
    callback.next_step, callback.worsened_at, callback.claim_ends_at = held  # whoever wrote the call has just been told
    return True
