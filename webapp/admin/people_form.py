"""The invitation of a member of staff, and what may be done about one later."""

from __future__ import annotations

from collections.abc import Sequence

from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField, ValidationError
from wtforms.fields import SelectChoice

from records import texts
from records.models import Role, Team
from webapp.extensions import translator
from webapp.fields import Email, Offered, PlainText, Required
from webapp.formatting import apart
from webapp.lazy import lazy

ROLES = {
    Role.ENROLLER: lazy("Enroller: enrols patients"),
    Role.OPERATOR: lazy("Operator: calls patients back"),
    Role.PHYSICIAN: lazy("Physician: decides, signs the protocol"),
    Role.SUPERVISOR: lazy("Supervisor: leads a team's calls"),
    Role.ADMINISTRATOR: lazy("Administrator: staff and limits, no patients"),
}
SHORT_ROLES = {
    Role.ENROLLER: lazy("Enroller"),
    Role.OPERATOR: lazy("Operator"),
    Role.PHYSICIAN: lazy("Physician"),
    Role.SUPERVISOR: lazy("Supervisor"),
    Role.ADMINISTRATOR: lazy("Administrator"),
}


class InviteForm(FlaskForm):
    name = PlainText(lazy("Name"), [Required("Type the person's name")], longest=100, render_kw={"autocomplete": "off"})
    email = Email(
        lazy("E-mail address"),
        [Required("Type the person's e-mail address")],
        longest=254,
        description=lazy("The person signs in with it."),
        render_kw={"inputmode": "email", "autocomplete": "off", "autocapitalize": "none"},
    )
    role = RadioField(
        lazy("Role"),
        [Required("Choose a role"), Offered()],
        choices=lambda: [SelectChoice(value=code.value, label=label) for code, label in ROLES.items()],
        validate_choice=False,
    )
    teams = SelectMultipleField(lazy("Teams"), [Offered()], validate_choice=False)
    language = SelectField(
        lazy("Language of the pages"),
        [Required("Choose a language"), Offered()],
        choices=lambda: [SelectChoice(value=code, label=name) for code, name in texts.LANGUAGES.items()],
        validate_choice=False,
    )

    def __init__(self, *, offered: Sequence[Team]) -> None:
        super().__init__()
        self.offered = {str(team.public_id): team for team in offered}
        self.teams.choices = [SelectChoice(value=key, label=apart(team.name)) for key, team in self.offered.items()]

    def validate_teams(self, field: SelectMultipleField) -> None:
        if not field.data and self.role.data not in (None, Role.ADMINISTRATOR):
            raise ValidationError(translator().gettext("Choose at least one team: without one, no patient is seen"))

    def invitation(self) -> dict[str, object]:
        return {
            "name": self.name.data,
            "email": self.email.data,
            "role": self.role.data,
            "teams": [self.offered[key] for key in self.teams.data or ()],
            "language": self.language.data,
        }

    def refuse(self, errors: dict[str, str]) -> None:
        """Put a service's refusals beside their fields."""
        for name, text in errors.items():
            if name in self:
                self[name].errors = [*self[name].errors, text]
            else:
                self.form_errors.append(text)


class TeamForm(FlaskForm):
    name = PlainText(lazy("Name of the new team"), [Required("Type the team's name")], longest=100)

    def __init__(self) -> None:
        super().__init__(prefix="team-")


class DisableForm(FlaskForm):
    """Ending somebody's access cannot be taken back on this page, so one press is not enough."""

    sure = BooleanField(lazy("This person no longer works here"))

    def validate_sure(self, field: BooleanField) -> None:
        if not field.data:
            raise ValidationError(translator().gettext("Tick the box to end this person's access"))
