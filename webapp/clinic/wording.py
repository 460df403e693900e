"""The words of the clinic's codes, to be translated when they are shown."""

from __future__ import annotations

from records import comorbidities
from records.enrolment import NextStep
from records.models import Consent, EndReason, EnrolmentState, PauseReason, RiskTier
from records.texts import Translator
from triage.models import AttemptOutcome, DispositionKind
from webapp import formatting
from webapp.lazy import lazy

STATES = {
    EnrolmentState.ENROLLED: lazy("Enrolled, to be invited"),
    EnrolmentState.HELD: lazy("Waiting for a physician"),
    EnrolmentState.REFUSED: lazy("Refused to take part"),
    EnrolmentState.INVITED: lazy("Invited, not yet active"),
    EnrolmentState.ACTIVE: lazy("Followed"),
    EnrolmentState.PAUSED: lazy("Paused"),
    EnrolmentState.DISCHARGED: lazy("Follow-up ended"),
}
ENDS = {
    EndReason.COMPLETED: lazy("Follow-up completed"),
    EndReason.ADMITTED: lazy("Admitted to hospital"),
    EndReason.DECEASED: lazy("Deceased"),
    EndReason.WITHDREW: lazy("The patient withdrew"),
    EndReason.TRANSFERRED: lazy("Transferred to another service"),
}
CONDITIONS = {code: lazy(sentence.message) for code, sentence in comorbidities.NAMES.items()}
RISKS = {
    RiskTier.STANDARD: lazy("Standard: once a day, twice on the days that matter most"),
    RiskTier.HIGH: lazy("High: twice a day throughout"),
}
CONSENT = {
    Consent.ORAL: lazy("The patient agrees, by word of mouth"),
    Consent.WRITTEN: lazy("The patient agrees, in writing"),
    Consent.REFUSED: lazy("The patient refuses"),
}
PAUSES = {
    PauseReason.ASKED: lazy("The patient asked for it"),
    PauseReason.ELSEWHERE: lazy("Followed elsewhere for a while"),
    PauseReason.IN_HOSPITAL: lazy("In hospital for a while"),
    PauseReason.TECHNICAL: lazy("Technical reason"),
    PauseReason.OTHER: lazy("Another reason"),
}
YES_NO = {"yes": lazy("Yes"), "no": lazy("No")}
OUTCOMES = {
    AttemptOutcome.REACHED: lazy("Reached"),
    AttemptOutcome.NO_ANSWER: lazy("No reply"),
    AttemptOutcome.BUSY: lazy("Line busy"),
    AttemptOutcome.VOICEMAIL: lazy("Voicemail"),
    AttemptOutcome.WRONG_NUMBER: lazy("Wrong number"),
}
DISPOSITIONS = {
    DispositionKind.ADVICE: lazy("Advice given, follow-up goes on"),
    DispositionKind.EXTRA_CHECKIN: lazy("Ask again with an extra questionnaire"),
    DispositionKind.GP: lazy("Sent to the general practitioner"),
    DispositionKind.TO_PHYSICIAN: lazy("Hand over to the physician"),
    DispositionKind.RISK_UP: lazy("Risk tier up: closer follow-up"),
    DispositionKind.LIMITS_CHANGED: lazy("Limits of the patient changed"),
    DispositionKind.HOSPITAL_ADVISED: lazy("Advised to go to hospital"),
    DispositionKind.AMBULANCE: lazy("Ambulance sent (SAMU)"),
    DispositionKind.WELFARE_CHECK: lazy("Welfare check asked for"),
    DispositionKind.ADMITTED: lazy("Admitted to hospital: follow-up ends"),
    DispositionKind.DECEASED: lazy("Deceased: follow-up ends"),
    DispositionKind.ENTRY_ERROR: lazy("Entry error: the value was wrong"),
    DispositionKind.UNREACHABLE: lazy("Could not be reached"),
    DispositionKind.TECHNICAL: lazy("Technical problem, no health reason"),
    DispositionKind.WRONG_PATIENT: lazy("Answers of somebody else: moved to their file"),
}
PURPOSES = {
    "invitation": lazy("Invitation"),
    "checkin": lazy("Questionnaire of the day"),
    "first-reminder": lazy("First reminder"),
    "second-reminder": lazy("Second reminder"),
    "asked-reminder": lazy("Reminder at the hour the patient asked for"),
    "code": lazy("Code for the patient’s own page"),
    "call-announced": lazy("Announcement of a call"),
    "call-tried": lazy("Word of a call that reached nobody"),
}
STATUSES = {
    "queued": lazy("waiting"),
    "claimed": lazy("waiting"),
    "sending": lazy("being sent"),
    "unknown": lazy("fate not known yet"),
    "accepted": lazy("accepted by the operator"),
    "sent": lazy("sent"),
    "delivered": lazy("delivered"),
    "undelivered": lazy("not delivered"),
    "refused": lazy("refused by the operator"),
    "expired": lazy("too late, not sent"),
    "dropped": lazy("no longer needed, not sent"),
    "unknown-final": lazy("fate not known"),
    "unreported": lazy("sent, arrival not known"),
}


def next_step(step: NextStep, zone: str, t: Translator) -> str:
    """Who acts next and by when."""
    when = formatting.moment(step.due_at, zone)
    match step.what:
        case "set-limits":
            return t.gettext("Next: a physician sets limits of the patient's own, by %(when)s.", when=when)
        case "invite":
            return t.gettext("Next: the patient is invited, by %(when)s.", when=when)
        case "activate":
            return t.gettext("Next: the patient opens the link of the text, by %(when)s.", when=when)
        case "call":
            return t.gettext("Next: the centre calls; the patient has not begun since %(when)s.", when=when)
        case "review":
            return t.gettext("Next: the pause is looked at again, on %(when)s.", when=when)
    return t.gettext("Next: the patient is asked again, at %(when)s.", when=when)
