"""Which door a patient is asked by. Every door stays open to everybody; this decides only who has to move."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from records import audit
from records.enrolment.states import require, subject_of
from records.fields import Fields
from records.models import AnswersBy, Enrolment
from records.refusals import Sentence

UNKNOWN_DOOR = Sentence("Choose a way of answering from the list.")
UNKNOWN_REASON = Sentence("Choose a reason from the list.")


class DoorReason(StrEnum):
    """Why the door changes; a code, because the audit trail keeps it for good."""

    ASKED = "asked"
    NO_SMARTPHONE = "no-smartphone"
    NO_NETWORK = "no-network"
    CANNOT_USE = "cannot-use"
    LANGUAGE = "language"
    CAN_AGAIN = "can-again"
    OTHER = "other"


def switch_door(
    session: Session,
    *,
    enrolment: Enrolment,
    answers_by: str,
    actor: audit.Actor,
    now: datetime,
    reason: str = DoorReason.ASKED,
) -> bool:
    """From now on ask this patient by `answers_by` (AnswersBy); returns False when that is so already.

    Nothing begins again: open check-ins stay open for whichever door answers first, and silence stays an alarm. Texts
    about check-ins that are still queued are dropped when they would leave. Raises WrongState once the follow-up has
    ended, FieldErrors (answers_by, reason).
    """
    require(session, enrolment, "switch")
    fields = Fields()
    if answers_by not in set(AnswersBy):
        fields.refuse("answers_by", UNKNOWN_DOOR)
    if reason not in set(DoorReason):
        fields.refuse("reason", UNKNOWN_REASON)
    fields.raise_any()
    if enrolment.answers_by == answers_by:
        return False
    details = {"from": enrolment.answers_by, "to": str(answers_by), "reason": str(reason)}
    enrolment.answers_by, enrolment.updated_at = answers_by, now
    audit.append(session, actor=actor, action="enrolment.door", subject=subject_of(enrolment), now=now, details=details)
    return True
