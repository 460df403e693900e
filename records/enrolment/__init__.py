"""Enrolments: from the form to the end of a follow-up. Every step is audited on the enrolment's own chain."""

from records.enrolment.application import AgeRefused, Application
from records.enrolment.details import (
    ChangedMeanwhile,
    Particulars,
    application_of,
    change_details,
    particulars,
    raise_tier,
    version_of,
)
from records.enrolment.entering import AlreadyFollowed, InvitedJustNow, activate, enrol, invite, invite_again
from records.enrolment.following import discharge, pause, release, resume
from records.enrolment.next_step import NEVER_ACTIVATED, NextStep, day, next_step
from records.enrolment.states import OPEN, WrongState, in_states, lock, subject_of
from records.enrolment.switching import DoorReason, switch_door

__all__ = [
    "NEVER_ACTIVATED",
    "OPEN",
    "AgeRefused",
    "AlreadyFollowed",
    "Application",
    "ChangedMeanwhile",
    "DoorReason",
    "InvitedJustNow",
    "NextStep",
    "Particulars",
    "WrongState",
    "activate",
    "application_of",
    "change_details",
    "day",
    "discharge",
    "enrol",
    "in_states",
    "invite",
    "invite_again",
    "lock",
    "next_step",
    "particulars",
    "pause",
    "raise_tier",
    "release",
    "resume",
    "subject_of",
    "switch_door",
    "version_of",
]
