"""The clinic's rooms: what every page of them shares."""

from __future__ import annotations

import uuid

from flask import Blueprint, g, request

from records import access
from records.audit import Actor
from records.db import db
from records.models import Enrolment
from triage.refusals import NoIncident, NotFound, SnoozeNotFound
from webapp import errors, kept
from webapp.extensions import LANGUAGE, translator

blueprint = Blueprint("clinic", __name__, url_prefix=LANGUAGE)


@blueprint.errorhandler(access.NotYours)
@blueprint.errorhandler(NotFound)
@blueprint.errorhandler(SnoozeNotFound)
@blueprint.errorhandler(NoIncident)
def not_found(refused: access.NotYours | NotFound | SnoozeNotFound | NoIncident) -> object:
    """Another team's patient and nobody's look the same. What was typed is given back, as when the patient has gone
    over to another team meanwhile.
    """
    db.session.rollback()
    return errors.page(404, refused.text(translator()), typed=kept.words())


def yours(public_id: uuid.UUID) -> Enrolment:
    """The enrolment, if the person signed in may see it. Raises access.NotYours."""
    return access.enrolment_for(db.session, staff=g.staff, public_id=public_id)


def actor() -> Actor:
    return Actor.staff(g.staff, request.remote_addr)
