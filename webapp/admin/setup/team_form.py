"""Who joins a team, and where its patients go."""

from __future__ import annotations

from collections.abc import Sequence

from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, ValidationError
from wtforms.fields import SelectChoice

from records.models import Staff, Team
from webapp.extensions import translator
from webapp.fields import Offered, Required
from webapp.formatting import apart
from webapp.lazy import lazy


class MemberForm(FlaskForm):
    person = SelectField(lazy("Person"), [Required("Choose a person"), Offered()], validate_choice=False)

    def __init__(self, *, people: Sequence[Staff]) -> None:
        super().__init__(prefix="member-")
        self.person.choices = [SelectChoice(value=str(one.public_id), label=apart(one.name)) for one in people]


class MoveForm(FlaskForm):
    """Everybody at once, so one press is not enough."""

    to = SelectField(lazy("To which team?"), [Required("Choose a team"), Offered()], validate_choice=False)
    sure = BooleanField(lazy("Everybody whom this team follows goes over, with the calls that wait"))

    def __init__(self, *, teams: Sequence[Team]) -> None:
        super().__init__(prefix="move-")
        self.to.choices = [SelectChoice(value=str(one.public_id), label=apart(one.name)) for one in teams]

    def validate_sure(self, field: BooleanField) -> None:
        if not field.data:
            raise ValidationError(translator().gettext("Tick the box to move everybody"))
