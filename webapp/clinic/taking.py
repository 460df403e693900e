"""A questionnaire that somebody of the centre fills in: what its page shows, and what becomes of what was typed.

Nothing typed is lost: what is missing, doubtful or refused is asked again with everything in it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from flask import g, render_template, request
from flask_wtf import FlaskForm
from sqlalchemy import select

from questionnaires import screens, versions
from questionnaires.answers import RawAnswers, raw_from_form
from questionnaires.emergency import emergencies
from questionnaires.findings import Finding
from questionnaires.languages import spoken
from questionnaires.messages import message
from questionnaires.models import Checkin, Door, Response
from questionnaires.schema import Questionnaire
from records import clock, patients
from records import enrolment as enrolments
from records.access import log_access
from records.db import db
from records.models import Enrolment, EnrolmentState
from records.texts import LANGUAGES, direction
from triage import intake
from webapp import kept
from webapp.clinic.blueprint import actor
from webapp.extensions import language
from webapp.patient import danger, finding, forms, reception

NOT_BEGUN = frozenset({EnrolmentState.ENROLLED, EnrolmentState.HELD, EnrolmentState.REFUSED})
"""Nobody answers before being invited: until then nothing would assess it, or the patient has said no."""
LIST = "list"
"""The value of `to` on pages that were opened from the list of whom to ask, and lead back to it."""


@dataclass(frozen=True)
class Taken:
    """What was typed into one page. `doubtful` are the values to be asked about once more."""

    sent: reception.Sent
    raw: RawAnswers
    doubtful: list[Finding]

    @property
    def is_whole(self) -> bool:
        return not self.sent.validated.errors and not self.doubtful


def came_from() -> str | None:
    return LIST if request.values.get("to") == LIST else None


def asked_in(enrolment: Enrolment, questionnaire: Questionnaire) -> str:
    """The language of the questions: as chosen on the page, else the one of the person who reads them out."""
    chosen = request.form.get(kept.SHOW) or request.values.get("asked") or language()
    return chosen if chosen in dict(choices(enrolment, questionnaire)) else spoken(questionnaire, language())


def choices(enrolment: Enrolment, questionnaire: Questionnaire) -> list[tuple[str, str]]:
    """(code, own name) of the languages worth offering: the reader's and the patient's."""
    wanted = dict.fromkeys(spoken(questionnaire, each) for each in (language(), enrolment.patient.language))
    return [(code, LANGUAGES.get(code, code)) for code in wanted]


def read(enrolment: Enrolment) -> Taken:
    """Reads the answers of this request; never raises on what was sent."""
    told = request.form.to_dict() | {"language": request.form.get("asked", "")}
    raw = raw_from_form(request.form.to_dict(flat=False))
    sent = reception.read(enrolment, raw, told)
    return Taken(sent, raw, [found for found in sent.validated.to_confirm if not _was_asked(found, raw)])


def _was_asked(found: Finding, raw: RawAnswers) -> bool:
    """Asked once, with these very texts: no range stands in the way of storing."""
    return request.form.getlist(f"asked-{found.link_id}") == typed(found, raw)


def typed(found: Finding, raw: RawAnswers) -> list[str]:
    return list(raw.entries[found.link_id].texts) if found.link_id in raw.entries else []


def store(
    taken: Taken, *, door: Door, informant: str, checkin: Checkin | None, completed_at: datetime | None = None
) -> intake.Receipt:
    """Stores and assesses, in the name of the person signed in; the caller commits."""
    sent = taken.sent
    submission = intake.Submission(
        enrolment_id=sent.enrolment.id,
        key=reception.key_of(request.form.get("key"), sent),
        version_id=sent.version.id,
        answers=sent.validated.answers,
        dropped=sent.validated.not_in_force(),
        language=sent.language,
        door=door,
        informant=informant,
        completed_at=completed_at,
        checkin=checkin.public_id if checkin else None,
        recorded_by_id=g.staff.id,
    )
    return intake.submit(db.session, submission=submission, actor=actor(), now=clock.now())


def newest(enrolment: Enrolment) -> Response | None:
    return db.session.scalar(
        select(Response).where(Response.enrolment_id == enrolment.id).order_by(Response.id.desc()).limit(1)
    )


def came_meanwhile(enrolment: Enrolment) -> list[Response]:
    """Answers stored since this page was opened, by whatever door; none when those of this very page are among them."""
    seen = request.form.get("seen", "")
    after = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 18 else 0
    found = db.session.scalars(
        select(Response).where(Response.enrolment_id == enrolment.id, Response.id > after).order_by(Response.id)
    ).all()
    key = finding.as_uuid(request.form.get("key"))
    return [] if any(response.key == key for response in found) else list(found)


def already(enrolment: Enrolment, *, checkin: Checkin | None, moment: datetime) -> list[Response]:
    """Answers to the same check-in, or of the same moment: the sheet may have been typed before."""
    same = Response.completed_at == moment
    if checkin is not None:
        same = same | (Response.checkin_id == checkin.id)
    found = db.session.scalars(select(Response).where(Response.enrolment_id == enrolment.id, same)).all()
    key = finding.as_uuid(request.form.get("key"))
    return [] if any(response.key == key for response in found) else list(found)


def begin(enrolment: Enrolment) -> None:
    """Whoever was invited and agrees begins with these answers. In a transaction of its own: beginning locks the audit
    chain, which comes last in every other.
    """
    if enrolment.state != EnrolmentState.INVITED:
        return
    try:
        enrolments.activate(db.session, enrolment=enrolment, actor=actor(), now=clock.now())
        db.session.commit()
    except enrolments.WrongState:  # begun or ended meanwhile: answers are taken all the same
        db.session.rollback()


def page(
    template: str,
    enrolment: Enrolment,
    form: FlaskForm,
    *,
    checkin: Checkin | None,
    taken: Taken | None = None,
    judged: bool = False,
    **shown: object,
) -> str:
    """The page with whatever was typed so far; `judged` when the answers' own errors are to be shown."""
    now = clock.now()
    _, questionnaire = versions.in_force(db.session, programme_id=enrolment.programme_id, now=now)
    if taken is not None:
        questionnaire = taken.sent.questionnaire
    spoken_in = asked_in(enrolment, questionnaire)
    facts = reception.facts_of(enrolment)
    ruled = danger.ruled(questionnaire, enrolment, now=now)
    asked = screens.screens(questionnaire, spoken_in, facts)
    questions = forms.build(asked)
    if taken is not None and judged:
        forms.show_errors(questions, taken.sent.validated.errors, language())
    doubtful = taken.doubtful if taken is not None and judged else []
    last = newest(enrolment)
    text = render_template(
        template,
        record=form,
        form=questions,
        screens=asked,
        client=screens.to_client(ruled, spoken_in, facts),
        likely={found.link_id: message(found, language()) for found in doubtful},
        typed={found.link_id: typed(found, taken.raw) for found in doubtful if taken},
        emergency=taken is not None and bool(emergencies(ruled, taken.sent.validated.answers)),
        counted={item.link_id for item in questionnaire.questions if item.unit and item.unit.code == "/min"},
        enrolment=enrolment,
        person=patients.reveal(enrolment.patient),
        zone=enrolment.programme.zone,
        asked_in=spoken_in,
        asked_direction=direction(spoken_in),
        choices=choices(enrolment, questionnaire),
        checkin=checkin,
        version=questionnaire.version,
        address=questionnaire.url,
        key=request.form.get("key") or str(uuid.uuid4()),
        seen=request.form.get("seen") or (last.id if last else 0),
        last=last,
        back=came_from(),
        **shown,
    )
    opened = {"staff": g.staff, "enrolment_id": enrolment.id, "page": "answers", "from_address": request.remote_addr}
    log_access(db.session, **opened, now=now)
    db.session.commit()
    return text
