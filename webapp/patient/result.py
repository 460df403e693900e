"""What happens next, in plain words: after one's own answers, and nobody else's."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import abort, g, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as Redirect

from questionnaires import responses
from questionnaires.findings import Finding
from questionnaires.models import Response
from records import clock
from records.db import db
from records.models import Enrolment
from triage import moving, protocols, snoozes
from triage.conditions.shapes import facts_of
from triage.documents import facts_in_use
from triage.facts import NUMERIC
from triage.levels import Level
from triage.models import Assessment, ProtocolVersion
from triage.wording import Wording
from webapp.extensions import language
from webapp.patient import finding, promise, unlikely
from webapp.patient.blueprint import LANGUAGE, blueprint
from webapp.patient.signs import signs
from webapp.permissions import access

CORRECTION = timedelta(minutes=10)


@blueprint.get(f"{LANGUAGE}/checkin/result/<uuid:response>")
@access("patient")
def result(response: uuid.UUID) -> str | Redirect:
    """404 for any response but the session's own; for what was moved out of this file as somebody else's, back to what
    is asked now.
    """
    enrolment = g.patient_session.enrolment
    answered = responses.by_public_id(db.session, enrolment_id=enrolment.id, public_id=response)
    if answered is None and moving.has_left(db.session, enrolment=enrolment, response=response):
        return redirect(url_for("patient.page"))
    if answered is None:
        abort(404)
    return show(enrolment, answered)


def show(enrolment: Enrolment, answered: Response, *, errors: Sequence[Finding] = ()) -> str:
    """`errors` are of what was measured again, which is asked until it can be read, or left alone."""
    again, screens = (None, []) if "measured" in request.args else unlikely.asked_of(answered, errors)
    shown = {"again": again, "screens": screens, "errors": errors}
    return render_template("patient/result.html", **_told(enrolment, answered), **shown)


def _told(enrolment: Enrolment, answered: Response) -> dict[str, object]:
    """Everything the page shows; the hours are those at which the answers came in."""
    assessment = db.session.scalars(select(Assessment).where(Assessment.response_id == answered.id)).one()
    version = db.session.get_one(ProtocolVersion, assessment.protocol_version_id)
    document = protocols.compiled(db.session, version_id=version.id, digest=version.digest).document
    wording = Wording(document, assessment.facts, assessment.limits, assessment.explanation, language())
    at, red = answered.received_at, assessment.level == Level.RED.code
    hours = promise.call(enrolment.programme, Level.RED if red else Level.ORANGE, at)
    hours["on_call"] = red and not hours["watched"] and promise.on_call_is_told(enrolment, at)
    promising = hours["today"] and not assessment.snoozed
    return hours | {
        "answered": answered,
        "assessment": assessment,
        "reasons": wording.to_patient() if promising else figures(wording),
        "known": known(assessment, wording, clock.now()),
        "signs": signs(document, assessment.limits, language()),
        "enrolment": enrolment,
        "programme": enrolment.programme,
        "correct": is_recent(answered, clock.now()),
    }


@dataclass(frozen=True)
class Known:
    """A sign for which nobody calls before `until`, for a physician has put its rule off; None once that is over.
    `promised`: the sentences of the rule may speak of a call.
    """

    until: datetime | None
    promised: bool


def known(assessment: Assessment, wording: Wording, now: datetime) -> Known | None:
    """None for whatever alerts as always."""
    snooze = snoozes.at_the_time(db.session, assessment=assessment)
    if snooze is None:
        return None
    promised = figures(wording) != wording.comparisons()
    return Known(snooze.until_at if snooze.ended_at is None and snooze.until_at > now else None, promised)


def figures(wording: Wording) -> list[str]:
    """The reasons while nobody calls at once: sentences about measures promise a call, their figures do not."""
    kinds = {fact.name: fact.kind for fact in facts_in_use(wording.document)}
    unmeasured = [rule for rule in wording.told() if not any(kinds[name] in NUMERIC for name in facts_of(rule.when))]
    sentences = [rule.to_patient[wording.language].format_map(wording.places()) for rule in unmeasured]
    return sentences + wording.comparisons()


def is_recent(answered: Response, now: datetime) -> bool:
    return now - answered.received_at < CORRECTION


def correctable(text: str | None, *, enrolment: Enrolment, now: datetime) -> Response | None:
    """The first answers, which a correction goes beside under their key, while they may be corrected from this page."""
    public_id = finding.as_uuid(text)
    if public_id is None:
        return None
    answered = responses.by_public_id(db.session, enrolment_id=enrolment.id, public_id=public_id)
    return first_of(answered) if answered is not None and is_recent(answered, now) else None


def first_of(answered: Response) -> Response:
    return db.session.get_one(Response, answered.amends_id) if answered.amends_id else answered
