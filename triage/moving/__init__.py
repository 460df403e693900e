"""Answers that were given under the wrong patient go to the right one, and both are looked at anew."""

from __future__ import annotations

from triage.moving.answers import Moved, has_left, move_answer, of_enrolment, reason_of, source_of
from triage.moving.refusals import AlreadyThere, AnswersNotFound, PatientElsewhere, RefusedPart, RehearsalApart

__all__ = [
    "AlreadyThere",
    "AnswersNotFound",
    "Moved",
    "PatientElsewhere",
    "RefusedPart",
    "RehearsalApart",
    "has_left",
    "move_answer",
    "of_enrolment",
    "reason_of",
    "source_of",
]
