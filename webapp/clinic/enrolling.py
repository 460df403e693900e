"""Enrolling a patient: the form, persons who may be known already, and what happens next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask import Response, flash, g, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from records import clock, phones, programmes, teams
from records import enrolment as enrolments
from records.db import db
from records.models import Consent, Enrolment, EnrolmentState, Patient, Programme, Team
from records.refusals import FieldErrors, Refused
from triage import followup
from triage.refusals import ProtocolUnsigned
from webapp import choosing, kept
from webapp.clinic.blueprint import actor, blueprint
from webapp.clinic.enrolment_form import EnrolmentForm
from webapp.clinic.known import Known, known_persons, refuse
from webapp.clinic.person_form import OTHER, choices
from webapp.extensions import language, translator
from webapp.permissions import KEEPS, access

KEEPS["clinic.enrol"] = kept.page


@blueprint.get("/patients/new")
@access("patient.enrol")
def new_patient() -> Response:
    programme = choosing.programme()
    return _show(_form(programme, clock.now()), programme) if programme else _choose()


@blueprint.post("/patients/new")
@access("patient.enrol")
def enrol() -> AnyResponse:
    now, programme = clock.now(), choosing.programme()
    if programme is None:
        return _choose()
    form = _form(programme, now)
    if kept.is_back():
        return _show(form, programme)
    if not form.validate():
        return _show(form, programme, 422)
    known = _known(form)
    if known and not _is_decided(form, known):
        return _show(form, programme, 422, known)
    try:
        made = _take_in(form, programme, _chosen(form, known), now)
        db.session.commit()
    except (FieldErrors, Refused) as refused:
        db.session.rollback()
        return _show(refuse(form, refused), programme, 422, _known(form))
    return redirect(url_for("clinic.patient", public_id=made.public_id))


def _choose() -> Response:
    """Which programme comes first: what is asked about the patient depends on it."""
    known = [(one.slug, choosing.name(one.name, language())) for one in _open_programmes()]
    return make_response(render_template("clinic/choose_programme.html", programmes=known))


def _open_programmes() -> list[Programme]:
    return [one for one in programmes.loaded(db.session) if one.closed_at is None]


def _show(form: EnrolmentForm, programme: Programme, code: int = 200, known: Sequence[Known] = ()) -> Response:
    name = choosing.name(programme.name, language())
    return make_response(render_template("clinic/new_patient.html", form=form, programme=name, duplicates=known), code)


def _form(programme: Programme, now: datetime) -> EnrolmentForm:
    today = clock.local_day(now, programme.zone)
    open_teams = [team for team in teams.of_staff(g.staff) if team.closed_at is None]
    form = EnrolmentForm(programme=programme, today=today, teams=open_teams)
    if len(form.team.choices) == 1 and not form.is_submitted():
        form.team.data = form.team.choices[0].value
    return form


def _known(form: EnrolmentForm) -> list[Known]:
    if form.consent.data == Consent.REFUSED:
        return []
    return known_persons(form.identity())


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


def _take_in(form: EnrolmentForm, programme: Programme, patient: Patient | None, now: datetime) -> Enrolment:
    """Enrol, and invite at once whoever may be invited."""
    team = next(team for team in g.staff.teams if str(team.public_id) == form.team.data)
    made = _enrol(form, programme, patient, team, now)
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


def _enrol(form: EnrolmentForm, programme: Programme, patient: Patient | None, team: Team, now: datetime) -> Enrolment:
    return enrolments.enrol(
        db.session,
        application=form.application(form.consent.data),
        programme=programme,
        team=team,
        actor=actor(),
        now=now,
        patient=patient,
    )


def _shown(form: EnrolmentForm) -> str:
    return phones.national(form.phone.e164) if form.phone.e164 else ""
