"""Correcting what is known of a patient: the enrolment form filled with what is stored, safe for two people at once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime

from flask import Response, flash, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import Field, HiddenField

from questionnaires import rescheduling
from records import access as records_access
from records import clock, phones
from records import enrolment as enrolments
from records.db import db
from records.enrolment import Application, ChangedMeanwhile
from records.models import Enrolment, EnrolmentState
from records.refusals import FieldErrors, Refused
from webapp import kept
from webapp.clinic.blueprint import actor, blueprint, yours
from webapp.clinic.known import Known, known_persons, refuse
from webapp.clinic.person_form import OTHER, PersonForm, choices
from webapp.extensions import translator
from webapp.formatting import day, enumerated
from webapp.permissions import KEEPS, access

KEEPS["clinic.change_details"] = kept.page

WRITTEN_TO = frozenset({"phone", "language"})


class DetailsForm(PersonForm):
    """`version` marks what was stored when the page was opened."""

    version = HiddenField()


@blueprint.get("/patients/<uuid:public_id>/details")
@access("patient.follow")
def details(public_id: uuid.UUID) -> AnyResponse:
    enrolment = yours(public_id)
    if enrolment.state == EnrolmentState.REFUSED:
        flash(enrolments.WrongState("change", enrolment.state).text(translator()), "error")
        return redirect(url_for("clinic.patient", public_id=public_id))
    stored = enrolments.application_of(enrolment)
    return _show(enrolment, _form(enrolment, data=_values(stored) | {"version": enrolments.version_of(stored)}))


@blueprint.post("/patients/<uuid:public_id>/details")
@access("patient.follow")
def change_details(public_id: uuid.UUID) -> AnyResponse:
    enrolment = yours(public_id)
    form = _form(enrolment)
    if kept.is_back():
        return _show(enrolment, form)
    if not form.validate():
        return _show(enrolment, form, 422)
    known = _newly_alike(enrolment, form)
    if known and not _is_decided(form):
        return _show(enrolment, form, 422, known)
    try:
        changed = _store(enrolment, form)
        db.session.commit()
    except (FieldErrors, Refused) as refused:
        db.session.rollback()
        return _again(yours(public_id), form, refused)
    _tell(enrolment, changed)
    return redirect(url_for("clinic.patient", public_id=public_id))


def _form(enrolment: Enrolment, **given: object) -> DetailsForm:
    zone = enrolment.programme.zone
    return DetailsForm(
        programme=enrolment.programme,
        today=clock.local_day(clock.now(), zone),
        enrolled_on=clock.local_day(enrolment.enrolled_at, zone),
        rehearsal=enrolment.patient.rehearsal,
        **given,
    )


def _values(stored: Application) -> dict[str, object]:
    """What the fields hold for it; numbers are international, so that another zone does not make them others."""
    who = stored.identity
    plain = {name: getattr(stored, name) for name in ("language", "zone", "address", "risk_tier", "onset_on")}
    called = {name: getattr(stored, name) for name in ("emergency_name", "emergency_phone", "gp_name", "gp_phone")}
    said = {"lives_alone": stored.lives_alone, "has_oximeter": stored.has_oximeter}
    return {
        **{name: getattr(who, name) for name in ("family_name", "given_name", "birth_date", "phone", "email")},
        **plain,
        **called,
        **{name: "yes" if value else "no" for name, value in said.items()},
        "conditions": list(stored.conditions),
        "onset_unknown": stored.onset_on is None,
    }


def _show(
    enrolment: Enrolment,
    form: DetailsForm,
    code: int = 200,
    known: Sequence[Known] = (),
    others: Sequence[tuple[object, str]] = (),
) -> Response:
    """The form, and the note that the file was opened."""
    g.page_address = ("clinic.details", {"public_id": enrolment.public_id})
    name = enrolments.application_of(enrolment).identity.name
    filled = {"form": form, "enrolment": enrolment, "name": name, "duplicates": known, "others": others}
    answer = make_response(render_template("clinic/details.html", **filled), code)
    opened = {"staff": g.staff, "enrolment_id": enrolment.id, "page": "details", "from_address": request.remote_addr}
    records_access.log_access(db.session, **opened, now=clock.now())
    db.session.commit()
    return answer


def _newly_alike(enrolment: Enrolment, form: DetailsForm) -> list[Known]:
    """Whom the corrected person resembles and the stored one did not: somebody known to be another is not asked of."""
    patient, before = enrolment.patient, enrolments.application_of(enrolment).identity
    if form.identity() == before:
        return []
    alike = {known.patient.id for known in known_persons(before, besides=patient)}
    return [known for known in known_persons(form.identity(), besides=patient) if known.patient.id not in alike]


def _is_decided(form: DetailsForm) -> bool:
    """Two files are never joined here: either it is somebody else, or the correction is wrong."""
    t = translator()
    form.duplicate.choices = choices({OTHER: t.gettext("Somebody else: both files stay apart")})
    if form.duplicate.data == OTHER:
        return True
    form.duplicate.errors = [t.gettext("Another file may be of the same person: check, then say that it is not")]
    return False


def _store(enrolment: Enrolment, form: DetailsForm) -> list[str]:
    return rescheduling.change_details(
        db.session,
        enrolment=enrolment,
        application=form.application(enrolment.consent),
        actor=actor(),
        now=clock.now(),
        version=form.version.data or "",
    )


def _again(enrolment: Enrolment, form: DetailsForm, refused: FieldErrors | Refused) -> Response:
    """What was typed stays; what somebody else stored meanwhile is told beside it, and sending again replaces it."""
    refuse(form, refused)
    if not isinstance(refused, ChangedMeanwhile):
        return _show(enrolment, form, 422)
    stored = enrolments.application_of(enrolment)
    form.version.data = enrolments.version_of(stored)
    return _show(enrolment, form, 409, others=_differences(form, stored))


def _differences(form: DetailsForm, stored: Application) -> list[tuple[object, str]]:
    typed = _values(form.application(stored.consent))
    return [
        (form[name].label.text, _in_words(form[name], value))
        for name, value in _values(stored).items()
        if (typed[name] or None) != (value or None)
    ]


def _in_words(field: Field, value: object) -> str:
    t = translator()
    if isinstance(value, date) and not isinstance(value, datetime):
        return day(value)
    if isinstance(value, bool):
        return t.gettext("Yes") if value else t.gettext("No")
    if not value:
        return t.gettext("none")
    labels = {choice.value: str(choice.label) for choice in field.iter_choices()} if hasattr(field, "choices") else {}
    chosen = value if isinstance(value, list) else [value]
    return enumerated(labels.get(str(one), str(one)) for one in chosen)


def _tell(enrolment: Enrolment, changed: Sequence[str]) -> None:
    t = translator()
    if not changed:
        flash(t.gettext("Nothing was different, so nothing was changed."), "info")
        return
    flash(t.gettext("The changes are stored."), "success")
    if enrolment.state == EnrolmentState.INVITED and WRITTEN_TO & set(changed):
        flash(t.gettext("Send the invitation again, so that it reaches the patient."), "info")
    phone = enrolments.application_of(enrolment).identity.phone
    if "phone" in changed and phone and not phones.can_receive_texts(phone):
        flash(t.gettext("This number receives no texts: dictate the code, or call with the questions."), "error")
