"""How far somebody was who leaves the questions without sending: the place alone, told by the phone as it goes."""

from __future__ import annotations

from typing import Any

from flask import Response, g, request

from questionnaires.opened import note_left
from records import clock
from records.db import db
from webapp.extensions import csrf
from webapp.patient import api, finding, reception
from webapp.patient.blueprint import WITHOUT_SESSION, blueprint
from webapp.permissions import access

PATH = "/api/left"
LONGEST_BYTES = 500
WITHOUT_SESSION["patient.left"] = lambda: Response(status=401)


# Exempt as `patient.receive_json` is, and checked as that: what a page sends while it closes can carry no token. It can
# only write one small number on the sender's own check-in, the same one once.
@blueprint.post(PATH)
@csrf.exempt
@access("patient")
def left() -> Response:
    """204 whether or not it changed anything: nobody is there any more to read a sentence."""
    if not api.from_our_page(request):
        return Response(status=403)
    if (request.content_length or 0) > LONGEST_BYTES:
        return Response("too large", status=413)
    told: dict[str, Any] | None = api.object_of(request)
    if told is None:
        return Response(status=400)
    enrolment, question = g.patient_session.enrolment, told.get("question")
    checkin = finding.as_uuid(told.get("checkin"))
    ours = told.get("owner") == reception.owner_of(enrolment)
    if ours and checkin is not None and type(question) is int:
        about = {"enrolment_id": enrolment.id, "checkin": checkin, "question": question, "now": clock.now()}
        if note_left(db.session, **about):
            db.session.commit()
    return Response(status=204)
