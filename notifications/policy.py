"""Whether a text may go out at this moment. Pure: facts in, decision out; a patient's doubt means no text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from notifications.models import UNCAPPED, Purpose
from questionnaires.models import CheckinState
from records import clock, contacts
from records.models import AnswersBy, EndReason, EnrolmentState

DAILY_CAP = 6
# Less than 24 h, or the texts of a silent day would take the next morning's, a few seconds or a change of clocks early.
DAY = timedelta(hours=20)


class Drop(StrEnum):
    """Why a text is not sent, for good."""

    ANSWERED = "answered"
    CHECKIN_OVER = "checkin-over"
    CALL_OVER = "call-over"
    ASKED_OTHERWISE = "asked-otherwise"
    ASKED_LATER = "asked-later"
    PAUSED = "paused"
    ADMITTED = "admitted"
    DECEASED = "deceased"
    WITHDREW = "withdrew"
    DISCHARGED = "discharged"
    NOT_FOLLOWED = "not-followed"
    ALREADY_ACTIVE = "already-active"
    ACKNOWLEDGED = "acknowledged"
    LEFT = "left"
    OPTED_OUT = "opted-out"
    NO_PHONE = "no-phone"
    LANDLINE = "landline"
    REHEARSAL = "rehearsal"
    DAILY_CAP = "daily-cap"


class Postpone(StrEnum):
    QUIET_HOURS = "quiet-hours"
    UNKNOWN_ZONE = "unknown-zone"
    NOT_WRITTEN = "not-written"


@dataclass(frozen=True)
class Situation:
    """Everything that decides about one text, as the database has it now. `answers_by` is the door by which the patient
    is asked; `texts_today` counts those within DAY, without what was asked for. `remind_at` is the hour at which the
    patient asked to be reminded of this check-in. `call_over`: the call that this text is about has been made, or is no
    longer owed.
    """

    purpose: Purpose
    state: EnrolmentState
    end_reason: EndReason | None
    checkin: CheckinState | None
    zone: str
    has_phone: bool
    can_receive_texts: bool
    opted_out: bool
    synthetic: bool
    texts_today: int
    answers_by: AnswersBy = AnswersBy.PHONE
    remind_at: datetime | None = None
    call_over: bool = False

    def with_texts(self, more: int) -> Situation:
        """The same after `more` texts of this batch."""
        return replace(self, texts_today=self.texts_today + more)


@dataclass(frozen=True)
class Decision:
    """Send when both are absent; `again_at` comes with a postponement."""

    drop: Drop | None = None
    postpone: Postpone | None = None
    again_at: datetime | None = None

    @property
    def send(self) -> bool:
        return self.drop is None and self.postpone is None


SEND = Decision()
ENDED: dict[EndReason | None, Drop] = {
    EndReason.ADMITTED: Drop.ADMITTED,
    EndReason.DECEASED: Drop.DECEASED,
    EndReason.WITHDREW: Drop.WITHDREW,
}
# The second reminder goes out when the check-in has just closed: late answers are welcome.
# The other texts to whoever is followed are about a call, not about a check-in.
STILL_ASKED = {
    Purpose.CHECKIN: {CheckinState.OPEN},
    Purpose.FIRST_REMINDER: {CheckinState.OPEN},
    Purpose.SECOND_REMINDER: {CheckinState.OPEN, CheckinState.MISSED},
    Purpose.ASKED_REMINDER: {CheckinState.OPEN},
}
AT_ANY_HOUR = frozenset({Purpose.CODE, Purpose.OUTSIDE_HOURS})
"""Answers to what the patient did a moment ago: they are awake."""
ABOUT_CALLS = frozenset({Purpose.CALL_ANNOUNCED, Purpose.CALL_TRIED})
"""To the invited too: they are called because they never came in, and know our number least."""
REPLACED = frozenset({Purpose.CHECKIN, Purpose.FIRST_REMINDER})
"""In whose place the reminder goes that the patient asked for; the second one announces a call and always goes."""


def decide(situation: Situation, *, now: datetime, reaches_people: bool) -> Decision:
    """Send, drop or postpone. `reaches_people` is the provider's: it never gets a synthetic patient's text."""
    reason = _drop(situation, reaches_people)
    if reason is not None:
        return Decision(drop=reason)
    return SEND if situation.purpose in AT_ANY_HOUR else _hours(situation.zone, now)


def _drop(situation: Situation, reaches_people: bool) -> Drop | None:
    if situation.synthetic and reaches_people:
        return Drop.REHEARSAL
    followed = _followed(situation)
    if followed is not None:
        return followed
    if not situation.has_phone:
        return Drop.NO_PHONE
    if not situation.can_receive_texts:
        return Drop.LANDLINE
    if situation.opted_out:
        return Drop.OPTED_OUT
    capped = situation.purpose not in UNCAPPED and situation.texts_today >= DAILY_CAP
    return Drop.DAILY_CAP if capped else None


def _followed(situation: Situation) -> Drop | None:
    state, invited = situation.state, situation.purpose is Purpose.INVITATION
    if state is EnrolmentState.PAUSED:
        return Drop.PAUSED
    if state is EnrolmentState.DISCHARGED:
        return ENDED.get(situation.end_reason, Drop.DISCHARGED)
    if situation.purpose in ABOUT_CALLS and state in (EnrolmentState.INVITED, EnrolmentState.ACTIVE):
        return _called(situation)
    if state is EnrolmentState.INVITED:
        return None if invited else Drop.NOT_FOLLOWED
    if state is EnrolmentState.ACTIVE:
        return Drop.ALREADY_ACTIVE if invited else _asked(situation)
    return Drop.NOT_FOLLOWED


def _called(situation: Situation) -> Drop | None:
    if situation.call_over:
        return Drop.CALL_OVER
    return None if situation.answers_by is AnswersBy.PHONE else Drop.ASKED_OTHERWISE


def _asked(situation: Situation) -> Drop | None:
    if situation.purpose not in STILL_ASKED:
        return None
    if situation.checkin is CheckinState.ANSWERED:
        return Drop.ANSWERED
    if situation.answers_by is not AnswersBy.PHONE:
        return Drop.ASKED_OTHERWISE
    if situation.remind_at is not None and situation.purpose in REPLACED:
        return Drop.ASKED_LATER
    return None if situation.checkin in STILL_ASKED[situation.purpose] else Drop.CHECKIN_OVER


def _hours(zone: str, now: datetime) -> Decision:
    """Never at night where the patient is. A zone that cannot be read could be anywhere: wait; expiry decides."""
    try:
        again_at = clock.next_opening(now, contacts.WRITTEN_FROM, contacts.WRITTEN_UNTIL, zone)
    except clock.UnknownZone:
        return Decision(postpone=Postpone.UNKNOWN_ZONE, again_at=now + timedelta(hours=1))
    return SEND if again_at == now else Decision(postpone=Postpone.QUIET_HOURS, again_at=again_at)
