"""These answers are of somebody else: finding the right patient, looking at both, and moving the answers."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from flask import Response, flash, g, make_response, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from markupsafe import Markup
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from questionnaires import responses
from questionnaires.models import Response as Answers
from records import access as records_access
from records import clock, patients
from records.db import db
from records.models import Enrolment
from records.patients import Identity
from triage import moving
from triage.levels import Level
from triage.models import Assessment
from triage.moving import AnswersNotFound, PatientElsewhere
from triage.refusals import Refused
from webapp import errors, kept
from webapp.clinic import measures, rules, searching
from webapp.clinic.action_forms import NOTE, as_uuid
from webapp.clinic.blueprint import blueprint, yours
from webapp.clinic.wording import STATES
from webapp.extensions import language, translator
from webapp.fields import Note, Required
from webapp.lazy import lazy
from webapp.permissions import KEEPS, access

KEEPS["clinic.move_answers"] = kept.page

MOST = 20


class MoveForm(FlaskForm):
    reason = Note(
        lazy("How do you know that these answers are of this patient?"), [Required("Type the reason")], longest=NOTE
    )


VALUE = Markup('{} – <bdi dir="ltr">{} {}</bdi>')
"""A figure and its unit turn round in a right-to-left line, unless they are held."""


@dataclass(frozen=True)
class Side:
    """One of the two patients, with what would tell whether the answers are theirs."""

    enrolment: Enrolment
    identity: Identity
    last: Answers | None
    said: list[Markup | str]
    level: Level | None

    @property
    def name(self) -> str:
        return f"{self.identity.family_name.upper()} {self.identity.given_name}"


@blueprint.errorhandler(AnswersNotFound)
def answers_not_found(refused: AnswersNotFound) -> object:
    db.session.rollback()
    return errors.page(404, refused.text(translator()), typed=kept.words())


@blueprint.get("/patients/<uuid:public_id>/answers/<uuid:response>/move")
@access("answers.move")
def move(public_id: uuid.UUID, response: uuid.UUID) -> AnyResponse:
    enrolment = yours(public_id)
    answered = _answers(enrolment, response)
    text = searching.shown(request.args.get("search", ""), by=g.staff.public_id)
    wanted = as_uuid(request.args.get("to", ""))
    if wanted is None:
        return _show(enrolment, answered, text=text, found=_search(text, enrolment))
    return _compare(enrolment, answered, wanted, MoveForm(), 200)


@blueprint.post("/patients/<uuid:public_id>/answers/<uuid:response>/move/find")
@access("answers.move")
def find_right(public_id: uuid.UUID, response: uuid.UUID) -> AnyResponse:
    search = searching.hidden(request.form.get("text", ""), by=g.staff.public_id)
    return redirect(url_for("clinic.move", public_id=public_id, response=response, search=search or None), 303)


@blueprint.post("/patients/<uuid:public_id>/answers/<uuid:response>/move")
@access("answers.move")
def move_answers(public_id: uuid.UUID, response: uuid.UUID) -> AnyResponse:
    enrolment, form = yours(public_id), MoveForm()
    wanted = as_uuid(request.form.get("to", ""))
    if wanted is None:
        return redirect(url_for("clinic.move", public_id=public_id, response=response), 303)
    if kept.is_back():
        return _compare(enrolment, _answers(enrolment, response), wanted, form, 200)
    if not form.validate():
        return _compare(enrolment, _answers(enrolment, response), wanted, form, 422)
    try:
        said = {"response": response, "to_enrolment": wanted, "reason": form.reason.data}
        about = {"staff": g.staff, "from_enrolment": public_id, "from_address": request.remote_addr}
        moving.move_answer(db.session, **said, **about, now=clock.now())
        db.session.commit()
    except AnswersNotFound:
        raise
    except Refused as refused:
        db.session.rollback()
        form.form_errors.append(refused.text(translator()))
        enrolment = yours(public_id)
        return _show(enrolment, _answers(enrolment, response), form=form, code=422)
    t = translator()
    flash(t.gettext("The answers are moved. This patient is to be called: both files were looked at anew."), "success")
    return redirect(url_for("clinic.patient", public_id=wanted), 303)


def _answers(enrolment: Enrolment, response: uuid.UUID) -> Answers | None:
    """None when they are gone from this file, as after a second click; then the move itself says what stands."""
    return responses.by_public_id(db.session, enrolment_id=enrolment.id, public_id=response)


def _search(text: str, here: Enrolment) -> list[Side]:
    if not text:
        return []
    found = patients.search(db.session, text=text, scope=records_access.scope(g.staff))
    return [_side(one) for one in found[:MOST] if one.id != here.id]


def _side(enrolment: Enrolment) -> Side:
    last = next(iter(responses.history(db.session, enrolment_id=enrolment.id, limit=1)), None)
    return Side(enrolment, patients.reveal(enrolment.patient), last, _said(enrolment, last), _level(last))


def _level(answered: Answers | None) -> Level | None:
    if answered is None:
        return None
    found = db.session.scalar(select(Assessment.level).where(Assessment.response_id == answered.id))
    return Level.from_code(found) if found else None


def _said(enrolment: Enrolment, answered: Answers | None) -> list[Markup | str]:
    document = rules.document_in_force(enrolment.programme_id, clock.now())
    if answered is None or document is None:
        return []
    given = [(measure, measure.value(answered.answers)) for measure in measures.of(document)]
    told = [
        VALUE.format(measure.label(language()), measure.show(value, language()), measure.unit)
        for measure, value in given
        if value is not None
    ]
    return [*told, *measures.others(document, answered.answers, language())]


def _compare(enrolment: Enrolment, answered: Answers | None, wanted: uuid.UUID, form: MoveForm, code: int) -> Response:
    try:
        right = records_access.enrolment_for(db.session, staff=g.staff, public_id=wanted)
    except records_access.NotYours:
        form.form_errors.append(PatientElsewhere().text(translator()))
        return _show(enrolment, answered, form=form, code=404)
    return _show(enrolment, answered, form=form, right=_side(right), code=code)


def _show(
    enrolment: Enrolment,
    answered: Answers | None,
    *,
    text: str = "",
    found: list[Side] | None = None,
    form: MoveForm | None = None,
    right: Side | None = None,
    code: int = 200,
) -> Response:
    if answered is None:
        raise AnswersNotFound
    g.page_address = ("clinic.move", {"public_id": enrolment.public_id, "response": answered.public_id})
    here = Side(enrolment, patients.reveal(enrolment.patient), answered, _said(enrolment, answered), _level(answered))
    page = render_template(
        "clinic/move.html",
        here=here,
        text=text,
        found=found,
        form=form or MoveForm(),
        right=right,
        states=STATES,
        zone=enrolment.programme.zone,
    )
    for side in (here, right):
        if side is not None:
            records_access.log_access(
                db.session,
                staff=g.staff,
                enrolment_id=side.enrolment.id,
                page="move",
                now=clock.now(),
                from_address=request.remote_addr,
            )
    db.session.commit()
    return make_response(page, code)
