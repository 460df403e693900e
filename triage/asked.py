"""A patient asks to be called: one request at a time, in the one call-back that stands for them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from records import audit
from records.enrolment import subject_of
from records.models import Enrolment
from triage import reasons
from triage.callbacks.raising import key_of, raise_alert
from triage.levels import Level
from triage.models import Alert, AlertKind


class Why(StrEnum):
    """What a patient may say about it; nothing is as good as any."""

    WORSE = "worse"
    QUESTION = "question"
    TREATMENT = "treatment"
    TECHNICAL = "technical"
    UNSAID = "unsaid"


def standing(session: Session, *, enrolment: Enrolment) -> Alert | None:
    """The request that nobody has dealt with yet."""
    open_ones = (
        Alert.enrolment_id == enrolment.id,
        Alert.kind == AlertKind.ASKED,
        Alert.closed_at.is_(None),
    )
    return session.scalar(select(Alert).where(*open_ones).order_by(Alert.id).limit(1))


def ask_for_call(session: Session, *, enrolment: Enrolment, why: str, actor: audit.Actor, now: datetime) -> Alert:
    """Raise the request as orange, for a person must hear of it within hours; while one stands, another adds nothing.

    `why` is a code of Why; another one counts as unsaid. Returns the request that stands.
    """
    # Counted first: whoever commits between the two looks is found standing, and not taken for an older request.
    number = session.scalars(
        select(func.count()).select_from(Alert).where(Alert.enrolment_id == enrolment.id, Alert.kind == AlertKind.ASKED)
    ).one()
    known = standing(session, enrolment=enrolment)
    if known is not None:
        return known
    reason = Why(why) if why in set(Why) else Why.UNSAID
    raised = raise_alert(
        session,
        enrolment=enrolment,
        kind=AlertKind.ASKED,
        rank=Level.ORANGE,
        key=key_of(AlertKind.ASKED, enrolment.public_id, number),
        reasons=[reasons.from_code(f"asked-{reason}")],
        now=now,
    )
    if raised:  # of two sent at once, one
        audit.append(
            session,
            actor=actor,
            action="patient.asked-to-be-called",
            subject=subject_of(enrolment),
            now=now,
            details={"why": reason.value},
        )
    found = standing(session, enrolment=enrolment)
    assert found is not None, "raised by this statement, or by the one that it waited for"
    return found
