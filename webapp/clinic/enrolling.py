"""Enrolling a patient: the form, persons who may be known already, and what happens next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask import Response, flash, g, make_response, redirect, render_template, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from records import access as records_access
from records import clock, patients, phones, programmes, teams
from records import enrolment as enrolments
from records.db import db
from records.models import Consent, Enrolment, EnrolmentState, Patient, Programme, Team
from records.patients import Duplicate, Identity
from records.refusals import FieldErrors, Refused
from triage import followup
from triage.refusals import ProtocolUnsigned
from webapp.clinic.blueprint import actor, blueprint
from webapp.clinic.enrolment_form import OTHER, EnrolmentForm, choices
from webapp.clinic.wording import STATES
from webapp.extensions import translator
from webapp.permissions import access


@dataclass(frozen=True)
class Known:
    """Somebody who may be the person on the form. Of another team's patient only the likeness is told."""

    patient: Patient
    why: str
    name: str
    birth_date: date | None
    states: list[object]
    url: str | None


@blueprint.get("/patients/new")
@access("patient.enrol")
def new_patient() -> Response:
    return _show(_form(clock.now()))


@blueprint.post("/patients/new")
@access("patient.enrol")
def enrol() -> AnyResponse:
    now = clock.now()
    form = _form(now)
    if not form.validate():
        return _show(form, 422)
    known = _known(form)
    if known and not _is_decided(form, known):
        return _show(form, 422, known)
    try:
        made = _take_in(form, _chosen(form, known), now)
        db.session.commit()
    except (FieldErrors, Refused) as refused:
        db.session.rollback()
        return _show(_refuse(form, refused), 422, _known(form))
    return redirect(url_for("clinic.patient", public_id=made.public_id))


def _show(form: EnrolmentForm, code: int = 200, known: Sequence[Known] = ()) -> Response:
    return make_response(render_template("clinic/new_patient.html", form=form, duplicates=known), code)


def _form(now: datetime) -> EnrolmentForm:
    form = EnrolmentForm(today=clock.local_day(now, _programme().zone), teams=teams.of_staff(g.staff))
    if len(form.team.choices) == 1 and not form.is_submitted():
        form.team.data = form.team.choices[0].value
    return form


def _programme() -> Programme:
    return programmes.by_slug(db.session, slug=programmes.COVID_19) or db.session.scalars(select(Programme)).one()


def _known(form: EnrolmentForm) -> list[Known]:
    if form.consent.data == Consent.REFUSED:
        return []
    return [_describe(found) for found in patients.likely_duplicates(db.session, identity=_identity(form))]


def _describe(found: Duplicate) -> Known:
    query = select(Enrolment).where(Enrolment.patient_id == found.patient.id, records_access.scope(g.staff))
    ours = db.session.scalars(query.order_by(Enrolment.enrolled_at.desc())).all()
    t = translator()
    why = found.sentence.text(t)
    if not ours:
        return Known(found.patient, why, t.gettext("A patient of another team; ask a supervisor"), None, [], None)
    person = patients.reveal(found.patient)
    url = url_for("clinic.patient", public_id=ours[0].public_id)
    states = [STATES[EnrolmentState(enrolment.state)] for enrolment in ours]
    return Known(found.patient, why, person.name, person.birth_date, states, url)


def _is_decided(form: EnrolmentForm, known: Sequence[Known]) -> bool:
    """Whether the clinician has said who it is; asks otherwise."""
    t = translator()
    again = {
        str(person.patient.public_id): t.gettext("%(name)s: enrol again (a new episode)", name=person.name)
        for person in known
        if person.url
    }
    form.duplicate.choices = choices(again | {OTHER: t.gettext("Somebody else: enrol as a new patient")})
    if form.duplicate.data in (*again, OTHER):
        return True
    form.duplicate.errors = [t.gettext("This person may be known already: say who it is")]
    return False


def _chosen(form: EnrolmentForm, known: Sequence[Known]) -> Patient | None:
    return next((person.patient for person in known if str(person.patient.public_id) == form.duplicate.data), None)


def _identity(form: EnrolmentForm) -> Identity:
    return Identity(
        family_name=form.family_name.data,
        given_name=form.given_name.data,
        birth_date=form.birth_date.data,
        phone=form.phone.e164,
        email=form.email.data or None,
    )


def _application(form: EnrolmentForm) -> enrolments.Application:
    return enrolments.Application(
        identity=_identity(form),
        consent=form.consent.data,
        language=form.language.data,
        zone=form.zone.data,
        address=form.address.data or "",
        emergency_name=form.emergency_name.data or "",
        emergency_phone=form.emergency_phone.e164 or "",
        gp_name=form.gp_name.data or "",
        gp_phone=form.gp_phone.e164 or "",
        conditions=tuple(form.conditions.data or ()),
        risk_tier=form.risk_tier.data,
        onset_on=form.onset_on.data,
        lives_alone=form.lives_alone.data == "yes",
        has_oximeter=form.has_oximeter.data == "yes",
    )


def _take_in(form: EnrolmentForm, patient: Patient | None, now: datetime) -> Enrolment:
    """Enrol, and invite at once whoever may be invited."""
    team = next(team for team in g.staff.teams if str(team.public_id) == form.team.data)
    made = _enrol(form, patient, team, now)
    t = translator()
    flash(t.gettext("The patient is enrolled."), "success")
    if made.state == EnrolmentState.ENROLLED:
        try:
            followup.invite(db.session, enrolment=made, actor=actor(), now=now)
            flash(t.gettext("The invitation leaves in a moment as a text to %(phone)s.", phone=_shown(form)), "info")
        except ProtocolUnsigned as refused:
            flash(refused.text(t), "error")
    if form.phone.e164 and not phones.can_receive_texts(form.phone.e164):
        flash(t.gettext("This number receives no texts: dictate the code below, or call with the questions."), "error")
    return made


def _enrol(form: EnrolmentForm, patient: Patient | None, team: Team, now: datetime) -> Enrolment:
    return enrolments.enrol(
        db.session,
        application=_application(form),
        programme=_programme(),
        team=team,
        actor=actor(),
        now=now,
        patient=patient,
    )


def _shown(form: EnrolmentForm) -> str:
    return phones.national(form.phone.e164) if form.phone.e164 else ""


def _refuse(form: EnrolmentForm, refused: FieldErrors | Refused) -> EnrolmentForm:
    """Each refusal beside its field; what is about no field above the form."""
    if isinstance(refused, FieldErrors):
        for name, sentence in refused.texts(translator()).items():
            form[name].errors = [sentence]
    else:
        form.form_errors.append(refused.text(translator()))
    return form
