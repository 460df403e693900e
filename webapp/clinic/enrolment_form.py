"""The enrolment form: the person, the consent and the team. The programme's own rules are the service's."""

from __future__ import annotations

from typing import Any

from wtforms import RadioField, SelectField

from records.models import Consent, Team
from webapp.clinic.person_form import PersonForm, choices
from webapp.clinic.wording import CONSENT
from webapp.fields import Offered, Required
from webapp.lazy import lazy

OF_A_REFUSAL = ("family_name", "given_name", "birth_date", "consent", "team", "csrf_token")
"""All that is asked and kept of somebody who refuses."""


class EnrolmentForm(PersonForm):
    consent = RadioField(
        lazy("Consent"),
        [Required("Say whether the patient agrees or refuses"), Offered()],
        choices=lambda: choices(CONSENT),
        validate_choice=False,
        description=lazy(
            "After the explanation: daily questions, calls, hours of the centre, 15 in an emergency. Of a refusal only "
            "the name and the date of birth are kept."
        ),
    )
    team = SelectField(
        lazy("Team"), [Required("Choose the team that follows the patient"), Offered()], validate_choice=False
    )

    def __init__(self, *, teams: list[Team], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.team.choices = choices({str(team.public_id): team.name for team in teams})

    def validate(self, extra_validators: object = None) -> bool:
        super().validate(extra_validators)
        if self.consent.data == Consent.REFUSED:
            self._ask_only_who_refused()
        return not self.errors

    def _ask_only_who_refused(self) -> None:
        for field in self:
            if field.short_name not in OF_A_REFUSAL:
                field.errors = []
