"""Letters to the general practitioner: looked at, written once, printed again as they were."""

from __future__ import annotations

import uuid
from datetime import timedelta

from flask import Response, flash, g, make_response, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from questionnaires.models import Response as Answers
from records import access as records_access
from records import clock, patients, texts
from records.db import db
from records.models import Enrolment
from triage import letters
from triage.letters import Content
from triage.models import Disposition, DispositionKind
from triage.refusals import Refused
from webapp import kept
from webapp.clinic import letter_paper, letter_words, measures, rules
from webapp.clinic.action_forms import NOTE
from webapp.clinic.blueprint import blueprint, yours
from webapp.extensions import translator
from webapp.fields import Note
from webapp.lazy import lazy
from webapp.permissions import KEEPS, access

KEEPS["clinic.write_letter"] = kept.page

OF_LATE = timedelta(days=2)


class LetterForm(FlaskForm):
    words = Note(lazy("In your own words (optional)"), longest=NOTE)


@blueprint.get("/patients/<uuid:public_id>/dispositions/<uuid:disposition>/letter")
@access("callback.work")
def letter(public_id: uuid.UUID, disposition: uuid.UUID) -> Response:
    enrolment = yours(public_id)
    found = letters.of_decision(db.session, disposition=disposition, enrolment=enrolment)
    return _show(enrolment, found, LetterForm(words=_note(found, enrolment)), 200)


@blueprint.post("/patients/<uuid:public_id>/dispositions/<uuid:disposition>/letter")
@access("callback.work")
def write_letter(public_id: uuid.UUID, disposition: uuid.UUID) -> AnyResponse:
    enrolment, form = yours(public_id), LetterForm()
    found = letters.of_decision(db.session, disposition=disposition, enrolment=enrolment)
    if kept.is_back():
        return _show(enrolment, found, form, 200)
    if not form.validate():
        return _show(enrolment, found, form, 422)
    try:
        content = _draft(enrolment, found, form.words.data or "")
        about = {"disposition": found, "enrolment": enrolment, "staff": g.staff, "from_address": request.remote_addr}
        letters.write(db.session, **about, content=content, now=clock.now())
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        form.form_errors.append(refused.text(translator()))
        return _show(yours(public_id), found, form, 422)
    flash(translator().gettext("The letter is written: print it, or save it as a file."), "success")
    return redirect(url_for("clinic.letter", public_id=public_id, disposition=disposition), 303)


@blueprint.get("/letters/<uuid:letter>.pdf")
@access("patient.read")
def letter_pdf(letter: uuid.UUID) -> Response:
    found, enrolment = letters.find(db.session, letter=letter, staff=g.staff)
    answer = make_response(letter_paper.paper(letters.read(found, enrolment)))
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers["Content-Disposition"] = 'inline; filename="letter.pdf"'
    _log(enrolment)
    return answer


def _log(enrolment: Enrolment) -> None:
    opened = {"staff": g.staff, "enrolment_id": enrolment.id, "page": "letter", "from_address": request.remote_addr}
    records_access.log_access(db.session, **opened, now=clock.now())
    db.session.commit()


def _note(disposition: Disposition, enrolment: Enrolment) -> str:
    if disposition.note is None:
        return ""
    about = {"table": "dispositions", "column": "note", "public_id": disposition.public_id}
    return patients.reveal_text(enrolment.patient, disposition.note, **about)


def _draft(enrolment: Enrolment, disposition: Disposition, words: str) -> Content:
    language = letters.language_of(enrolment)
    values = _values(enrolment, disposition, language)
    about = {"disposition": disposition, "enrolment": enrolment, "language": language, "now": clock.now()}
    return letters.draft(db.session, **about, values=values, words=words)


def _values(enrolment: Enrolment, disposition: Disposition, language: str) -> list[tuple[str, str]]:
    """Of the last answers before the decision, if they are not older than two days."""
    document = rules.document_in_force(enrolment.programme_id, clock.now())
    query = select(Answers).where(
        Answers.enrolment_id == enrolment.id,
        Answers.received_at <= disposition.at,
        Answers.received_at > disposition.at - OF_LATE,
    )
    last = db.session.scalar(query.order_by(Answers.due_at.desc(), Answers.id.desc()).limit(1))
    if last is None or document is None:
        return []
    given = [(measure, measure.value(last.answers)) for measure in measures.of(document)]
    told: list[tuple[str, str]] = [
        (measure.label(language), f"{measure.show(value, language)} {measure.unit}".strip())
        for measure, value in given
        if value is not None
    ]
    t = texts.translator(language)
    for text in measures.others(document, last.answers, language):
        label, _, value = text.partition(" – ")
        told.append((label, value or t.gettext("Yes")))
    return told


def _show(enrolment: Enrolment, disposition: Disposition, form: LetterForm, code: int) -> Response:
    content = _draft(enrolment, disposition, form.words.data or "")
    said = letter_words.DECIDED[DispositionKind(disposition.kind)]
    written = letters.of_dispositions(db.session, [disposition.id])
    g.page_address = ("clinic.letter", {"public_id": enrolment.public_id, "disposition": disposition.public_id})
    shown = {"content": content, "decided": said.text(texts.translator(content.language)), "written": written}
    text = render_template(
        "clinic/letter.html", enrolment=enrolment, disposition=disposition, form=form, zone=content.zone, **shown
    )
    _log(enrolment)
    return make_response(text, code)
