"""The two forms of the staff door."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, EqualTo, InputRequired, Length

from webapp.lazy import lazy

NOT_TOO_LONG = Length(max=1024, message=lazy("That is too long"))


class SignInForm(FlaskForm):
    email = StringField(
        lazy("E-mail address"),
        [DataRequired(lazy("Type your e-mail address")), NOT_TOO_LONG],
        render_kw={"type": "email", "autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(
        lazy("Password"),
        [InputRequired(lazy("Type your password")), NOT_TOO_LONG],
        render_kw={"autocomplete": "current-password"},
    )
    next = HiddenField()


class SetUpForm(FlaskForm):
    password = PasswordField(
        lazy("Choose a password"),
        [InputRequired(lazy("Type a password")), NOT_TOO_LONG],
        description=lazy("At least 12 characters. Three or four words that do not belong together work well."),
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        lazy("The same password again"),
        [EqualTo("password", lazy("The two passwords differ: type the same one twice"))],
        render_kw={"autocomplete": "new-password"},
    )
