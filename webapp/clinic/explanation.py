"""Why one set of answers got its level: what the rules saw, asked and found, and what would have changed it."""

from __future__ import annotations

import uuid

from flask import Response, abort, g, make_response, render_template, request
from sqlalchemy import select

from records import access as records_access
from records import clock, patients
from records.db import db
from records.models import Staff
from triage import explained, snoozes
from webapp import formatting
from webapp.clinic.blueprint import blueprint, yours
from webapp.extensions import language
from webapp.permissions import access


@blueprint.get("/patients/<uuid:public_id>/assessments/<uuid:assessment>")
@access("patient.read")
def explanation(public_id: uuid.UUID, assessment: uuid.UUID) -> Response:
    """404 for an assessment of another patient. The access log notes it like the patient's page."""
    enrolment = yours(public_id)
    assessed = explained.find(db.session, assessment=assessment, enrolment=enrolment)
    if assessed is None:
        abort(404)
    zone = enrolment.programme.zone
    shown = explained.explained(
        db.session, assessed, language=language(), moment=lambda at: formatting.moment(at, zone)
    )
    reason = snoozes.reason_of(shown.snooze, enrolment) if shown.snooze else ""
    answer = make_response(
        render_template(
            "clinic/explanation.html",
            shown=shown,
            title=shown.wording.document.title[shown.wording.language],
            co_authors=_names(shown.version.co_author_ids),
            person=patients.reveal(enrolment.patient),
            enrolment=enrolment,
            zone=zone,
            snooze_reason=reason,
        )
    )
    opened = {"staff": g.staff, "enrolment_id": enrolment.id, "page": "assessment", "from_address": request.remote_addr}
    records_access.log_access(db.session, **opened, now=clock.now())
    db.session.commit()
    return answer


def _names(ids: list[int]) -> list[str]:
    return list(db.session.scalars(select(Staff.name).where(Staff.id.in_(ids)).order_by(Staff.name))) if ids else []
