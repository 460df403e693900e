"""What the enrolment form holds, and what it must satisfy."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from records import clock, phones
from records.comorbidities import Comorbidity
from records.fields import MISSING, Fields
from records.models import Consent, DayZero, Programme, RiskTier
from records.patients import Identity, Typing, years_between
from records.patients.checking import check_identity, check_language, check_phone
from records.refusals import Refused, Sentence

ADULT_YEARS = 18
OLDEST_ONSET = timedelta(days=60)
LONGEST_ADDRESS = 500

TOO_YOUNG = Sentence(
    "This programme is not for people under 18: its limits are those of adults. Refer the patient to a paediatrician."
)
UNKNOWN_ZONE = Sentence("Choose one of the time zones of the list.")
UNKNOWN_CHOICE = Sentence("Choose from the list.")
ONSET_AHEAD = Sentence("The first symptoms cannot be in the future.")
ONSET_LONG_AGO = Sentence("The first symptoms are more than 60 days ago. Check the date.")
OPERATION_AHEAD = Sentence("The operation cannot be in the future: enrol the patient once it is done.")
OPERATION_LONG_AGO = Sentence("The operation was more than 60 days ago. Check the date.")
TOO_EARLY_OR_LATE = {
    DayZero.SYMPTOMS: (ONSET_AHEAD, ONSET_LONG_AGO),
    DayZero.OPERATION: (OPERATION_AHEAD, OPERATION_LONG_AGO),
}
CONSENT_NEEDED = Sentence("Say whether the patient agrees to be followed.")


class AgeRefused(Refused):
    """The programme is for adults only."""

    def __init__(self) -> None:
        super().__init__(TOO_YOUNG)


@dataclass(frozen=True)
class Application:
    """Everything asked when a patient is enrolled. `onset_on` is the programme's day zero, None where it is unknown or
    not asked for; telephone numbers are as typed.
    """

    identity: Identity = field(repr=False)
    consent: str
    language: str = "fr"
    zone: str = "Europe/Paris"
    address: str = field(default="", repr=False)
    emergency_name: str = field(default="", repr=False)
    emergency_phone: str = field(default="", repr=False)
    gp_name: str = field(default="", repr=False)
    gp_phone: str = field(default="", repr=False)
    conditions: tuple[str, ...] = ()
    risk_tier: str = RiskTier.STANDARD
    onset_on: date | None = None
    lives_alone: bool = False
    has_oximeter: bool = False

    @property
    def refuses(self) -> bool:
        return self.consent == Consent.REFUSED


def check(
    application: Application,
    programme: Programme,
    *,
    now: datetime,
    rehearsal: bool,
    enrolled_at: datetime | None = None,
) -> Application:
    """The application tidied up. Raises FieldErrors for every field at once, then AgeRefused.

    `enrolled_at`, when it is not now, is the day from which the first symptoms or the operation may not lie too far
    back. What the programme does not ask for is not kept.
    """
    fields = Fields()
    zone_known = application.zone in clock.zone_names()
    if not zone_known:
        fields.refuse("zone", UNKNOWN_ZONE)
    today = clock.local_day(now, application.zone if zone_known else "UTC")
    typing = Typing(today, phones.region_of(application.zone), rehearsal)
    if application.consent not in set(Consent):
        fields.refuse("consent", CONSENT_NEEDED)
    check_language(fields, application.language)
    check_fields = _check_refusal if application.refuses else _check_all
    checked = check_fields(fields, application, typing)
    if not application.refuses:
        enrolled_on = clock.local_day(enrolled_at or now, application.zone if zone_known else "UTC")
        checked = _check_for(fields, checked, programme, today, enrolled_on)
    fields.raise_any()
    if years_between(checked.identity.birth_date, today) < ADULT_YEARS:
        raise AgeRefused
    return checked


def _check_refusal(fields: Fields, application: Application, typing: Typing) -> Application:
    """The record of a refusal keeps who refused and nothing else."""
    identity = check_identity(fields, replace(application.identity, phone=None, email=None), typing, reachable=False)
    return Application(identity, application.consent, application.language, application.zone)


def _check_all(fields: Fields, application: Application, typing: Typing) -> Application:
    return replace(
        application,
        identity=check_identity(fields, application.identity, typing),
        **_check_surroundings(fields, application, typing),
        **_check_clinical(fields, application),
    )


def _check_surroundings(fields: Fields, application: Application, typing: Typing) -> dict[str, Any]:
    return {
        "address": fields.lines("address", application.address, LONGEST_ADDRESS),
        "emergency_name": fields.line("emergency_name", application.emergency_name, 100, required=False),
        "emergency_phone": check_phone(fields, "emergency_phone", application.emergency_phone, typing, required=False),
        "gp_name": fields.line("gp_name", application.gp_name, 100, required=False),
        "gp_phone": check_phone(fields, "gp_phone", application.gp_phone, typing, required=False),
    }


def _check_clinical(fields: Fields, application: Application) -> dict[str, Any]:
    if application.risk_tier not in set(RiskTier):
        fields.refuse("risk_tier", UNKNOWN_CHOICE if application.risk_tier else MISSING)
    if any(code not in set(Comorbidity) for code in application.conditions):
        fields.refuse("conditions", UNKNOWN_CHOICE)
    return {"conditions": tuple(sorted(set(application.conditions)))}


def _check_for(
    fields: Fields, application: Application, programme: Programme, today: date, enrolled_on: date
) -> Application:
    """What this programme counts from and asks for."""
    asked = replace(application, has_oximeter=application.has_oximeter and programme.asks_oximeter)
    if programme.day_zero == DayZero.START:
        return replace(asked, onset_on=None)
    ahead, long_ago = TOO_EARLY_OR_LATE[DayZero(programme.day_zero)]
    onset = application.onset_on
    if onset is None and programme.day_zero == DayZero.OPERATION:
        fields.refuse("onset_on", MISSING)
    elif onset is not None and onset > today:
        fields.refuse("onset_on", ahead)
    elif onset is not None and enrolled_on - onset > OLDEST_ONSET:
        fields.refuse("onset_on", long_ago)
    return asked
