"""Why something was not done, in a sentence for the person who asked. Whoever raises one has changed nothing."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from records import refusals


class Refused(refusals.Refused):
    """`message` is a msgid that says what to do; its parameters are `values`."""

    message: ClassVar[str]

    def __init__(self, **values: object) -> None:
        super().__init__(refusals.Sentence(self.message, values))


class NotFound(Refused):
    """Absent, or of another team; which of the two is not told."""

    message = "This call-back is not among those of your team. Go back to the queue."


class CallbackClosed(Refused):
    message = "This call-back has been closed in the meantime. Go back to the queue."


class TakenBy(Refused):
    """Somebody else holds the call-back until `until`."""

    message = "%(name)s is looking after this call-back. Choose another one, or take it over."

    def __init__(self, name: str, until: datetime) -> None:
        self.name, self.until = name, until
        super().__init__(name=name)


class ClaimEnded(Refused):
    """One's own claim ran out, or was given up in another window, and nobody else has the call-back now."""

    message = "Your claim on this call-back has ended, and nobody else has it. Claim it again to go on."


class AllBusy(Refused):
    """Somebody waits, and others were writing into each of those call-backs at that moment."""

    message = "Patients are waiting, but colleagues are working on each of them at this moment. Try again."


class NothingToHandOver(Refused):
    message = "None of these call-backs is yours any more. Look at the list again."


class NoSuchColleague(Refused):
    message = "This person cannot take call-backs over: choose a colleague of your team who works call-backs."


class ColleagueElsewhere(Refused):
    message = (
        "%(name)s does not work in the team of one of these call-backs. Choose somebody else, or other call-backs."
    )

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name=name)


class ColleagueAway(Refused):
    message = (
        "%(name)s is not signed in, so nobody would look after these call-backs. Choose somebody who is at work,"
        " or leave them to the queue."
    )

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name=name)


class ClockWrong(Refused):
    """The process that was asked has another time than the database: what it thinks of claims means nothing."""

    message = "This server’s clock is wrong, so nothing was changed. Try again; if it stays so, tell your supervisor."


class InFuture(Refused):
    message = "This time lies in the future. Enter when it happened."


class BeforeOpening(Refused):
    message = "This time is before the call-back was opened. Enter when it happened."


class UnknownCode(Refused):
    message = "“%(code)s” is not one of the choices. Choose one from the list."


class NeedsReached(Refused):
    message = "Write down a call in which you reached the patient, then close the call-back."


class CalledBefore(Refused):
    message = "The patient was reached before this came in. Call again and write it down, then close the call-back."


class NotVerified(Refused):
    message = "First ask for the patient's name and date of birth. Say whether both were right, then write it down."


class NeedsAttempt(Refused):
    message = "Write down at least one call that you tried, then close the call-back."


class NeedsContactTried(Refused):
    message = (
        "Call the patient, and the emergency contact if there is one, and write both calls down. A welfare check is "
        "for when neither answers."
    )


class NeedsLimits(Refused):
    message = "Set the patient's own limits first, under Follow-up. Then close the call-back with this decision."


class NeedsRepeat(Refused):
    message = (
        "A red is an entry error only once the value was repeated: have the patient measure or answer again, and fill "
        "in the questionnaire by telephone."
    )


class TierIsHigh(Refused):
    message = "This patient is at high risk already. Choose another outcome."


class PhysicianOnly(Refused):
    message = "Only a physician decides this. Hand the call-back over to the physician."


class PhysicianDecides(Refused):
    """The whole call-back was handed over, or its reasons are for the physician."""

    message = "A physician must decide what happens next. Write down your calls, and hand the call-back over."


class NothingSeen(Refused):
    message = "Choose at least one of the reasons that you have dealt with."


class AlertUnknown(Refused):
    message = "A reason that you chose is no longer open here. Look at the call-back again."


class BadDetails(Refused):
    message = "Enter in how many hours the patient is to be asked again: a whole number from 1 to 24."


class AtNight(Refused):
    message = (
        "At that hour no text goes out: where the patient is it would be %(hour)s, and texts go out from %(first)s to "
        "%(last)s. The nearest number of hours is %(hours)s."
    )


class NotFollowed(Refused):
    message = "This patient is not being followed now, so no check-in can be asked. Choose another outcome."


class NoteTooLong(Refused):
    message = "The note is too long: write at most %(most)s characters."


class DraftTooLong(Refused):
    message = "Not saved: this is too long. Shorten it to %(most)s characters; what you typed stays on this page."


class ProtocolUnsigned(Refused):
    message = "No physician has signed the protocol yet. A physician must sign it before a real patient is invited."


class SignerNotPhysician(Refused):
    message = "Only a physician can sign a protocol."


class SignerIsAuthor(Refused):
    message = "You wrote this version. Another physician must sign it."


class AlreadySigned(Refused):
    message = "This version has been signed already."


class ReasonMissing(Refused):
    message = "Write the reason for this change."


class LimitsMissing(Refused):
    message = "Enter at least one limit."


class EndsInPast(Refused):
    message = "The last day of these limits is over. Choose a later day, or none."


class EndsTooLate(Refused):
    message = "The last day of these limits is more than a year ahead. Choose an earlier day, or none."


class InPast(Refused):
    message = "This time is over. Enter a later one."


class RedToday(Refused):
    message = (
        "This is red: plan the next try for today. If nobody answers, call the emergency contact, or hand it up to a "
        "physician."
    )


class SilenceToday(Refused):
    message = (
        "This silence may be grave and nobody was reached: plan the next try for today. If nobody answers, call the "
        "emergency contact, or hand it up to a physician."
    )


class RedSoon(Refused):
    message = (
        "This is red and nobody was reached: plan the next try within the hour. If nobody answers, call the emergency "
        "contact, or hand it up to a physician."
    )


class NothingPlanned(Refused):
    """No try was put off, or what came in since has woken it."""

    message = "No later try is planned any more. Look at the call-back again: something may have come in."


class CentreClosed(Refused):
    """Nobody would be there to call."""

    message = "The centre is closed at that hour. Choose a time from %(opens)s and before %(closes)s."


class LimitsByPhysician(Refused):
    message = "Only a physician sets a patient's own limits."


class SnoozeByPhysician(Refused):
    message = "Only a physician puts off a rule for a patient."


class BadSnoozeHours(Refused):
    message = "Enter for how many hours the rule is put off: a whole number from 1 to 24."


class AlreadySnoozed(Refused):
    message = "A rule is put off for this patient already. End that first."


class AnsweredMeanwhile(Refused):
    message = "New answers have come in meanwhile. Look at them, then decide again."


class NotSnoozable(Refused):
    """Not one of `triage.snoozable.offered`."""

    message = (
        "This rule cannot be put off: only an orange one that reads no score can, and only while nothing is red or in "
        "doubt."
    )


class SnoozeNotFound(Refused):
    """Absent, or of another team; which of the two is not told."""

    message = "This is not among the patients of your team. Go back to the patient."


class NoIncident(Refused):
    message = "There is no such incident. Go back to the list of incidents."


class TooLongAgo(Refused):
    message = "An incident is raised for the last two days at most. Write when it began."
