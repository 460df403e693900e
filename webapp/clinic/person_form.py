"""What is asked about a patient, at enrolment and whenever it is corrected, read field by field."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

from babel.dates import get_timezone_location
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField, ValidationError
from wtforms.fields import SelectChoice
from wtforms.validators import Optional

from records import clock, texts
from records.enrolment import Application
from records.models import DayZero, Programme
from records.patients import Identity
from webapp.clinic import days
from webapp.clinic.wording import CONDITIONS, RISKS, YES_NO
from webapp.extensions import language
from webapp.fields import Day, Email, Offered, Phone, PlainText, Required
from webapp.lazy import lazy

FRENCH_ZONES = (
    "Europe/Paris",
    "America/Guadeloupe",
    "America/Martinique",
    "America/Cayenne",
    "Indian/Reunion",
    "Indian/Mayotte",
    "America/Miquelon",
    "America/St_Barthelemy",
    "America/Marigot",
    "Pacific/Noumea",
    "Pacific/Tahiti",
    "Pacific/Marquesas",
    "Pacific/Gambier",
    "Pacific/Wallis",
)
EARLIEST_BIRTH = date(1900, 1, 1)
ONSET_DAYS = 60
OTHER = "other"
STILL_TO_COME = {
    DayZero.SYMPTOMS: lazy("This day is still to come: type the day of the first symptoms"),
    DayZero.OPERATION: lazy("This day is still to come: type the day on which the operation was done"),
}


def choices(of: dict[str, object]) -> list[SelectChoice]:
    return [SelectChoice(value=str(code), label=label) for code, label in of.items()]


@lru_cache
def _zones(language: str) -> list[SelectChoice]:
    others = sorted(
        n for n in clock.zone_names() if "/" in n and n.split("/")[0] not in ("Etc", "posix", "right", "SystemV")
    )
    groups = ((lazy("France"), FRENCH_ZONES), (lazy("Elsewhere"), [n for n in others if n not in FRENCH_ZONES]))
    return [
        SelectChoice(value=name, label=f"{_city(name, language)} ({name})", optgroup=str(group))
        for group, names in groups
        for name in names
    ]


def _city(zone: str, language: str) -> str:
    return get_timezone_location(clock.zone(zone), locale=language, return_city=True)


class PersonForm(FlaskForm):
    family_name = PlainText(lazy("Family name"), [Required("Type the family name")])
    given_name = PlainText(lazy("Given name"), [Required("Type the given name")])
    birth_date = Day(
        lazy("Date of birth"),
        [Required("Type the date of birth")],
        description=lazy("Day, month and year, for example 27/03/1958"),
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )
    phone = Phone(
        lazy("Mobile phone"),
        [Required("Type the telephone number: texts are sent to it")],
        longest=40,
        description=lazy("As the patient says it, for example 06 12 34 56 78 or +262 692 12 34 56"),
        render_kw={"inputmode": "tel", "autocomplete": "off"},
    )
    email = Email(
        lazy("E-mail address (optional)"),
        longest=254,
        render_kw={"inputmode": "email", "autocomplete": "off"},
    )
    language = SelectField(
        lazy("Language of the questionnaire and the texts"),
        [Required("Choose a language"), Offered()],
        validate_choice=False,
    )
    zone = SelectField(
        lazy("Time zone of the place where the patient stays"),
        [Required("Choose a time zone"), Offered()],
        default="Europe/Paris",
        validate_choice=False,
        description=lazy("Questionnaires open at the hours of this place."),
    )
    address = PlainText(
        lazy("Present address"),
        [Required("Type where the patient stays now: an ambulance may have to find it")],
        longest=300,
        description=lazy("Street, postcode and town, door code, floor"),
    )
    emergency_name = PlainText(lazy("Emergency contact: name"), longest=100)
    emergency_phone = Phone(lazy("Emergency contact: telephone"), longest=40, render_kw={"inputmode": "tel"})
    gp_name = PlainText(lazy("General practitioner: name"), longest=100)
    gp_phone = Phone(lazy("General practitioner: telephone"), longest=40, render_kw={"inputmode": "tel"})
    conditions = SelectMultipleField(
        lazy("Conditions"),
        validators=[Offered()],
        choices=lambda: choices(CONDITIONS),
        validate_choice=False,
        description=lazy(
            "With one of the first three, a physician sets limits of the patient's own before the invitation."
        ),
    )
    risk_tier = RadioField(
        lazy("Risk"), [Required("Choose the risk"), Offered()], choices=lambda: choices(RISKS), validate_choice=False
    )
    onset_on = Day(
        lazy("Day of the first symptoms"),
        description=lazy("Day 0 of the illness, for example 5/3/2026"),
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )
    onset_unknown = BooleanField(lazy("The day of the first symptoms is not known"))
    lives_alone = RadioField(
        lazy("Does the patient live alone?"),
        [Required("Say whether the patient lives alone"), Offered()],
        choices=lambda: choices(YES_NO),
        validate_choice=False,
    )
    has_oximeter = RadioField(
        lazy("Does the patient have an oximeter?"),
        [Required("Say whether the patient has an oximeter"), Offered()],
        choices=lambda: choices(YES_NO),
        validate_choice=False,
    )
    duplicate = RadioField(lazy("Is it one of these persons?"), [Optional()], choices=[], validate_choice=False)

    def __init__(
        self,
        *,
        programme: Programme,
        today: date,
        enrolled_on: date | None = None,
        rehearsal: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._ask_for(programme)
        self.today, self.enrolled_on, self.rehearsal = today, enrolled_on or today, rehearsal
        self.language.choices = choices(dict(texts.LANGUAGES))
        self.zone.choices = _zones(language())

    def _ask_for(self, programme: Programme) -> None:
        """Only what the programme counts from and has a use for."""
        self.day_zero = DayZero(programme.day_zero)
        self.risk_tier.choices = choices(days.risks(programme))
        if self.day_zero == DayZero.OPERATION:
            self.onset_on.label.text = lazy("Day of the operation")
            self.onset_on.description = lazy("Day 0 of the follow-up, for example 5/3/2026")
        if self.day_zero == DayZero.START:
            del self.onset_on
        if self.day_zero != DayZero.SYMPTOMS:
            del self.onset_unknown
        if not programme.asks_oximeter:
            del self.has_oximeter
        if not programme.holds_conditions:
            self.conditions.description = ""

    def validate(self, extra_validators: object = None) -> bool:
        super().validate(extra_validators)
        for field in (self.phone, self.emergency_phone, self.gp_phone):
            field.understand(self.zone.data or "", rehearsal=self.rehearsal)
        self._one_onset()
        return not self.errors

    def identity(self) -> Identity:
        return Identity(
            family_name=self.family_name.data,
            given_name=self.given_name.data,
            birth_date=self.birth_date.data,
            phone=self.phone.e164,
            email=self.email.data or None,
        )

    def application(self, consent: str) -> Application:
        return Application(
            identity=self.identity(),
            consent=consent,
            language=self.language.data,
            zone=self.zone.data,
            address=self.address.data or "",
            emergency_name=self.emergency_name.data or "",
            emergency_phone=self.emergency_phone.e164 or "",
            gp_name=self.gp_name.data or "",
            gp_phone=self.gp_phone.e164 or "",
            conditions=tuple(self.conditions.data or ()),
            risk_tier=self.risk_tier.data,
            onset_on=self.onset_on.data if self.onset_on is not None else None,
            lives_alone=self.lives_alone.data == "yes",
            has_oximeter=self.has_oximeter is not None and self.has_oximeter.data == "yes",
        )

    def validate_birth_date(self, field: Day) -> None:
        if field.data and not EARLIEST_BIRTH <= field.data <= self.today:
            raise ValidationError(str(lazy("This date of birth cannot be right: check the year")))

    def validate_onset_on(self, field: Day) -> None:
        if field.data is None:
            return
        if field.data > self.today:
            raise ValidationError(str(STILL_TO_COME[self.day_zero]))
        if (self.enrolled_on - field.data).days > ONSET_DAYS:
            raise ValidationError(str(lazy("This day is more than 60 days ago: check the month and the year")))

    def _one_onset(self) -> None:
        if self.onset_on is None or self.onset_on.errors:
            return
        if self.onset_unknown is None:
            if not self.onset_on.typed:
                self.onset_on.errors = [lazy("Type the day of the operation")]
            return
        if not self.onset_on.typed and not self.onset_unknown.data:
            self.onset_on.errors = [lazy("Type the day of the first symptoms, or tick that it is not known")]
        elif self.onset_on.typed and self.onset_unknown.data:
            self.onset_on.errors = [lazy("Either type the day or tick that it is not known, not both")]
