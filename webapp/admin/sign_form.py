"""A physician's signature: on what was shown, and on nothing that changed meanwhile."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, ValidationError

from webapp.admin.versions import Shown
from webapp.extensions import translator
from webapp.lazy import lazy


class SignForm(FlaskForm):
    """`against` is the version beside which the differences were shown."""

    against = HiddenField()
    read = BooleanField(lazy("I have read the differences, the rules and the result of the test cases"))

    def validate_read(self, field: BooleanField) -> None:
        if not field.data:
            raise ValidationError(translator().gettext("Tick the box to sign"))

    @classmethod
    def showing(cls, shown: Shown) -> SignForm:
        form = cls()
        form.against.data = _beside(shown)
        return form

    def can_sign(self, shown: Shown) -> bool:
        """Whether it can be signed as it was read."""
        self.validate()
        if self.against.data != _beside(shown):
            self.against.data = _beside(shown)
            self.form_errors.append(
                translator().gettext("Another version came into force meanwhile. Read the differences again.")
            )
        if shown.failures:
            self.form_errors.append(translator().gettext("Test cases fail: this version cannot be signed."))
        return not self.errors


def _beside(shown: Shown) -> str:
    return str(shown.against.public_id) if shown.against else ""
