"""One's own account: the telephone at which one is paged, and another password."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField
from wtforms.validators import EqualTo, InputRequired

from records import audit, clock, crypto, phones
from records.db import db
from records.models import Staff
from records.refusals import FieldErrors
from records.staff import changing, telephones
from webapp.auth.forms import NOT_TOO_LONG
from webapp.auth.views import blueprint
from webapp.extensions import translator
from webapp.fields import PlainText
from webapp.lazy import lazy
from webapp.permissions import access

Page = str | Response | tuple[str, int]


class PhoneForm(FlaskForm):
    phone = PlainText(
        lazy("Mobile telephone"),
        longest=40,
        description=lazy("You are paged there by text. Leave it empty and nobody can page you."),
        render_kw={"inputmode": "tel", "autocomplete": "tel", "dir": "ltr"},
    )

    def __init__(self, person: Staff | None = None) -> None:
        super().__init__(prefix="own-")
        if person is not None and not self.is_submitted():
            self.phone.data = shown(person)


class PasswordForm(FlaskForm):
    old = PasswordField(
        lazy("Your present password"),
        [InputRequired(lazy("Type your present password")), NOT_TOO_LONG],
        render_kw={"autocomplete": "current-password"},
    )
    password = PasswordField(
        lazy("Your new password"),
        [InputRequired(lazy("Type a password")), NOT_TOO_LONG],
        description=lazy("At least 12 characters. Three or four words that do not belong together work well."),
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        lazy("The same password again"),
        [EqualTo("password", lazy("The two passwords differ: type the same one twice"))],
        render_kw={"autocomplete": "new-password"},
    )

    def __init__(self) -> None:
        super().__init__(prefix="new-")


def shown(person: Staff) -> str:
    """The number as it is typed; nothing where it does not open any more, so that another can be typed."""
    try:
        number = telephones.phone_of(person)
    except (crypto.SealBroken, crypto.KeyMissing):
        return ""
    return phones.national(number) if number else ""


@blueprint.get("/account")
@access("account.own")
def account() -> Page:
    return _page(PhoneForm(g.staff), PasswordForm())


@blueprint.post("/account/phone")
@access("account.own")
def own_phone() -> Page:
    form = PhoneForm()
    if form.validate() and keep_phone(g.staff, form):
        flash(translator().gettext("Your telephone is kept."), "success")
        return redirect(url_for("auth.account"))
    return _page(form, PasswordForm()), 422


def keep_phone(person: Staff, form: PhoneForm) -> bool:
    """False with the sentence beside the field."""
    actor = audit.Actor.staff(g.staff, request.remote_addr)
    try:
        telephones.set_phone(db.session(), staff=person, typed=form.phone.data or "", actor=actor, now=clock.now())
    except FieldErrors as refused:
        form.phone.errors = [*refused.texts(translator()).values()]
        return False
    db.session.commit()
    return True


@blueprint.post("/account/password")
@access("account.own")
def own_password() -> Page:
    form = PasswordForm()
    if form.validate():
        said = {"old": form.old.data or "", "new": form.password.data or ""}
        try:
            changing.change_password(
                db.session(),
                staff_session=g.staff_session,
                **said,
                now=clock.now(),
                from_address=request.remote_addr,
            )
        except FieldErrors as refused:
            db.session.commit()  # a wrong one counts
            for name, text in refused.texts(translator()).items():
                form[name].errors = [text]
        else:
            db.session.commit()
            flash(translator().gettext("Your password is changed. You are signed out everywhere else."), "success")
            return redirect(url_for("auth.account"))
    return _page(PhoneForm(g.staff), form), 422


def _page(phone: PhoneForm, password: PasswordForm) -> str:
    return render_template("auth/own.html", phone=phone, password=password)
