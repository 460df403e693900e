"""Rules that a physician has put off for a patient, as the patient's page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from records.db import db
from records.models import Enrolment
from triage import snoozes
from triage.models import Assessment
from triage.outcome_models import Snooze
from triage.snoozed import SnoozeEnd
from triage.wording import Wording
from webapp import formatting
from webapp.clinic import rules
from webapp.clinic.history import Act
from webapp.extensions import language, translator
from webapp.lazy import lazy

ENDS = {
    SnoozeEnd.TIME: lazy("The rule put off counts again: its hour is over"),
    SnoozeEnd.OTHER_RULE: lazy("The rule put off counts again: another rule fired"),
    SnoozeEnd.WORSE: lazy("The rule put off counts again: a value is worse"),
    SnoozeEnd.DOUBT: lazy("The rule put off counts again: something could not be assessed"),
    SnoozeEnd.MISSED: lazy("The rule put off counts again: a questionnaire was missed"),
    SnoozeEnd.CHANGED: lazy("The rule put off counts again: the rule or its limit was changed"),
    SnoozeEnd.MEANWHILE: lazy("The rule put off counts again: other answers came in at the same moment"),
    SnoozeEnd.NOT_ASKED: lazy("The rule put off counts again: the follow-up was paused or has ended"),
    SnoozeEnd.LIFTED: lazy("The rule put off counts again: ended by hand"),
}


@dataclass(frozen=True)
class PutOff:
    """`standing` is the one that counts now, with its rule and reason in words; `acts` are those of all."""

    standing: Snooze | None
    rule: str
    reason: str
    acts: list[Act]


class Words:
    """The rules of one assessment, as their sentences for the caller say them with its values."""

    def __init__(self, assessed: Assessment) -> None:
        document = rules.document_of(assessed.protocol_version_id)
        self.wording = Wording(document, assessed.facts, assessed.limits, assessed.explanation, language())
        self.rules = {rule.id: rule for rule in document.rules}

    def rule(self, rule: str) -> str:
        return self.rules[rule].to_caller[self.wording.language].format_map(self.wording.places())


def of(enrolment: Enrolment, now: datetime) -> PutOff:
    found = snoozes.all_of(db.session, enrolment=enrolment)
    standing = snoozes.standing(db.session, enrolment_id=enrolment.id, now=now)
    reason = snoozes.reason_of(standing, enrolment) if standing else ""
    acts = [act for one in found for act in _acts(one, enrolment)]
    return PutOff(standing, _rule(standing) if standing else "", reason, acts)


def _rule(snooze: Snooze) -> str:
    """Of answers that were moved since, what they say is another patient's."""
    assessed = db.session.get_one(Assessment, snooze.assessment_id)
    if assessed.enrolment_id != snooze.enrolment_id:
        return translator().gettext("of answers that were moved to another file since")
    return Words(assessed).rule(snooze.rule)


def _acts(snooze: Snooze, enrolment: Enrolment) -> list[Act]:
    until = formatting.moment(snooze.until_at, enrolment.programme.zone)
    what = translator().gettext("Rule put off until %(when)s: %(rule)s", when=until, rule=_rule(snooze))
    told = [Act(snooze.from_at, snooze.author.name, what, snoozes.reason_of(snooze, enrolment))]
    if snooze.ended_at is not None:
        by = snooze.ended_by.name if snooze.ended_by else ""
        told.append(Act(snooze.ended_at, by, ENDS[SnoozeEnd(snooze.ended_why or "")], None))
    return told
