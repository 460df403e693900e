"""An unlikely value is asked for once more, after its alert stands: most are errors of measuring or typing.

Nothing waits for the reply. It is stored beside the first answers with that one value in place of the other; both are
kept, both are assessed, and no alert is taken back.
"""

from __future__ import annotations

import uuid
from typing import Any

from flask import abort, g, redirect, request, url_for
from werkzeug.wrappers import Response

from questionnaires import responses
from questionnaires.answers import RawAnswers, raw_from_form, validate
from questionnaires.enablement import enabled
from questionnaires.models import Door
from questionnaires.models import Response as Answered
from questionnaires.schema import Questionnaire
from records import clock
from records.audit import Actor
from records.db import db
from triage import intake
from webapp.extensions import language
from webapp.patient.blueprint import LANGUAGE, blueprint
from webapp.patient.result import first_of, show
from webapp.patient.unlikely import extreme, questionnaire_of
from webapp.permissions import access


@blueprint.post(f"{LANGUAGE}/checkin/result/<uuid:response>")
@access("patient")
def measure_again(response: uuid.UUID) -> Response | tuple[str, int]:
    """What cannot be read is asked again in place. Taken also when the page was left open for long."""
    enrolment = g.patient_session.enrolment
    found = responses.by_public_id(db.session, enrolment_id=enrolment.id, public_id=response)
    if found is None:
        abort(404)
    first = first_of(found)
    questionnaire = questionnaire_of(first)
    again = extreme(questionnaire, first.answers)
    raw = raw_from_form(request.form.to_dict(flat=False))
    wanted = RawAnswers({link_id: entry for link_id, entry in raw.entries.items() if link_id in again}, {})
    read = validate(questionnaire, wanted)
    values = {link_id: value for link_id, value in (read.answers | read.dropped).items() if link_id in again}
    errors = [finding for finding in read.errors if finding.link_id in again and finding.link_id in wanted.entries]
    if errors or not values:
        return show(enrolment, first, errors=errors), 422
    receipt = _store(first, questionnaire, dict(first.answers) | values, list(values))
    db.session.commit()
    return redirect(url_for("patient.result", response=receipt.response, measured="again"), 303)


def _store(
    first: Answered, questionnaire: Questionnaire, answers: dict[str, Any], measured: list[str]
) -> intake.Receipt:
    """Of what was `measured` again the instructions stood on the page."""
    enrolment, now = g.patient_session.enrolment, clock.now()
    on = enabled(questionnaire, answers)
    off = {link_id: values for link_id, values in answers.items() if link_id not in on}
    submission = intake.Submission(
        enrolment_id=enrolment.id,
        key=first.key,
        version_id=first.version_id,
        answers={link_id: values for link_id, values in answers.items() if link_id in on},
        dropped={"disabled": off} if off else None,
        language=language(),
        door=Door.PHONE,
        informant=first.informant,
        completed_at=now,
        how_to=sorted({*(first.how_to or []), *measured}),
    )
    actor = Actor.patient(enrolment.patient, request.remote_addr)
    return intake.submit(db.session, submission=submission, actor=actor, now=now)
