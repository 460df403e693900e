"""What must have been done before a decision is written down: by whom, after which calls, with what repeated."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from questionnaires.models import Response
from records import enrolment as enrolments
from records.models import Enrolment, EnrolmentState, RiskTier
from triage import entry_errors, protocols
from triage.callbacks import tries
from triage.callbacks.attempts import CALLED_BEFORE
from triage.levels import Level
from triage.models import (
    Alert,
    AlertKind,
    Assessment,
    Attempt,
    AttemptOutcome,
    Callback,
    Called,
    Disposition,
    DispositionKind,
    PatientLimit,
    ProtocolVersion,
)
from triage.refusals import (
    CalledBefore,
    NeedsAttempt,
    NeedsContactTried,
    NeedsLimits,
    NeedsReached,
    NeedsRepeat,
    NotFollowed,
    NotVerified,
    TierIsHigh,
)

PHYSICIAN_ONLY = frozenset(
    {
        DispositionKind.AMBULANCE,
        DispositionKind.UNREACHABLE,
        DispositionKind.LIMITS_CHANGED,
        DispositionKind.WELFARE_CHECK,
    }
)
WITHOUT_REACHING = frozenset(
    {
        DispositionKind.UNREACHABLE,
        DispositionKind.TECHNICAL,
        DispositionKind.TO_PHYSICIAN,
        DispositionKind.ADMITTED,
        DispositionKind.DECEASED,
        DispositionKind.AMBULANCE,
        DispositionKind.WELFARE_CHECK,
    }
)
NOT_CHOSEN = frozenset({DispositionKind.WRONG_PATIENT})
"""Written by the service itself when answers are moved (triage.moving)."""
DECIDE_NOTHING = (DispositionKind.TO_PHYSICIAN, DispositionKind.WRONG_PATIENT)
"""After them the calls made before still count."""


def require(session: Session, callback: Callback, code: DispositionKind, closing: Sequence[Alert]) -> None:
    """Raises NeedsAttempt, NeedsReached, NotVerified, CalledBefore, NeedsContactTried, NeedsLimits, NeedsRepeat,
    TierIsHigh or NotFollowed.
    """
    calls = calls_that_count(session, callback)
    if code is DispositionKind.UNREACHABLE and not calls:
        raise NeedsAttempt
    if code is DispositionKind.WELFARE_CHECK:
        _require_tried(callback.enrolment, calls)
    red = code is DispositionKind.TECHNICAL and any(_says_red(alert) for alert in closing)
    if red or (code not in WITHOUT_REACHING and not _is_only_about_limits(code, closing)):
        require_reached(calls, since=max(alert.raised_at for alert in closing) - CALLED_BEFORE)
    if code is DispositionKind.LIMITS_CHANGED:
        _require_limits(session, callback, closing)
    if code is DispositionKind.ENTRY_ERROR:
        _require_repeated(session, callback, closing)
    if code is DispositionKind.RISK_UP:
        _require_lower_tier(callback.enrolment)


def calls_that_count(session: Session, callback: Callback) -> list[Attempt]:
    """A call counts for what was decided after it: what comes in later needs a call of its own."""
    decided = session.scalar(
        select(func.max(Disposition.at)).where(
            Disposition.callback_id == callback.id, Disposition.kind.not_in(DECIDE_NOTHING)
        )
    )
    calls = select(Attempt).where(Attempt.callback_id == callback.id).order_by(Attempt.at, Attempt.id)
    return list(session.scalars(calls.where(Attempt.at > decided) if decided else calls))


def require_reached(calls: Sequence[Attempt], since: datetime) -> None:
    """The patient, and not somebody else: name and date of birth were asked and were right. Not in a call before
    `since`, which was about something else.
    """
    spoken = [call for call in calls if call.outcome == AttemptOutcome.REACHED and call.called == Called.PATIENT]
    if not spoken:
        raise NeedsReached
    reached = [call for call in spoken if tries.has_reached(call)]
    if not reached:
        raise NotVerified
    if not any(call.at >= since for call in reached):
        raise CalledBefore


def were_tried_in_vain(enrolment: Enrolment, calls: Sequence[Attempt]) -> bool:
    """The patient, and the emergency contact where there is one, since somebody was last reached."""
    reached = [number for number, call in enumerate(calls) if tries.has_reached(call)]
    tried = {call.called for call in calls[reached[-1] + 1 if reached else 0 :]}
    has_contact = bool(enrolments.particulars(enrolment).emergency_phone)
    return tried >= ({Called.PATIENT, Called.CONTACT} if has_contact else {Called.PATIENT})


def _require_tried(enrolment: Enrolment, calls: Sequence[Attempt]) -> None:
    if not were_tried_in_vain(enrolment, calls):
        raise NeedsContactTried


def _is_only_about_limits(code: DispositionKind, closing: Sequence[Alert]) -> bool:
    """Limits that run out are the physician's own task, and no reason to telephone."""
    return code is DispositionKind.LIMITS_CHANGED and all(alert.kind == AlertKind.LIMITS_DUE for alert in closing)


def limits_set_since(session: Session, callback: Callback, since: datetime) -> bool:
    found = select(PatientLimit.id).where(
        PatientLimit.enrolment_id == callback.enrolment_id, PatientLimit.from_at >= since
    )
    return session.scalar(found.limit(1)) is not None


def _require_limits(session: Session, callback: Callback, closing: Sequence[Alert]) -> None:
    if not limits_set_since(session, callback, min(alert.raised_at for alert in closing)):
        raise NeedsLimits


def _require_lower_tier(enrolment: Enrolment) -> None:
    if enrolment.risk_tier == RiskTier.HIGH:
        raise TierIsHigh
    if enrolment.state in (EnrolmentState.DISCHARGED, EnrolmentState.REFUSED):
        raise NotFollowed


def _require_repeated(session: Session, callback: Callback, closing: Sequence[Alert]) -> None:
    """Of each red: nobody takes a red back on the word that it was a slip."""
    for alert in closing:
        if is_red_of_answers(alert) and not _was_repeated(session, callback, alert):
            raise NeedsRepeat


def _says_red(alert: Alert) -> bool:
    """Raised by what the patient told or wrote, or by calls in vain: of a silence alone nobody said anything yet."""
    return alert.kind != AlertKind.SILENCE and alert.rank >= Level.RED


def is_red_of_answers(alert: Alert) -> bool:
    return alert.kind in (AlertKind.ANSWERS, AlertKind.MOVED) and alert.rank >= Level.RED


def _was_repeated(session: Session, callback: Callback, alert: Alert) -> bool:
    """Every question that made it red has been answered again since, on the telephone or as a correction. Answers that
    only came in since, from a phone that was offline or on a sheet, repeat nothing.
    """
    mistaken = _questions(session, alert)
    given_at = func.least(Response.received_at, func.coalesce(Response.completed_at, Response.received_at))
    later = session.scalars(
        select(Response.answers).where(
            Response.enrolment_id == callback.enrolment_id,
            Response.received_at > alert.raised_at,
            given_at > alert.raised_at,
        )
    ).all()
    answered = {link_id for answers in later for link_id, values in answers.items() if entry_errors.is_answer(values)}
    return bool(later) and mistaken <= answered


def _questions(session: Session, alert: Alert) -> set[str]:
    assessed = session.get(Assessment, alert.assessment_id) if alert.assessment_id else None
    if assessed is None:
        return set()
    digest = session.get_one(ProtocolVersion, assessed.protocol_version_id).digest
    protocol = protocols.compiled(session, version_id=assessed.protocol_version_id, digest=digest)
    return entry_errors.questions_of(protocol.document, assessed.explanation)
