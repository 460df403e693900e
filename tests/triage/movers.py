"""Moving the first answers that there are, and what then stands."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires.models import Response
from records.models import Enrolment, Role
from tests.factories import NOW
from tests.triage.scene import Scene
from triage import moving
from triage.models import Alert, Assessment

SOON, LATER = NOW + timedelta(minutes=30), NOW + timedelta(hours=5)


def move(scene: Scene, to: Enrolment, response: uuid.UUID | None = None, *, now=SOON, **given) -> moving.Moved:
    if response is None:
        response = scene.session.scalars(select(Response.public_id).order_by(Response.id)).first()
    values = {"staff": scene.person(Role.OPERATOR), "reason": "Même téléphone", "response": response} | given
    moved = moving.move_answer(scene.session, to_enrolment=to.public_id, now=now, **values)
    scene.session.commit()
    scene.session.expire_all()
    return moved


def alerts_of(session: Session, enrolment: Enrolment, *, standing: bool = True) -> list[Alert]:
    query = select(Alert).where(Alert.enrolment_id == enrolment.id, Alert.closed_at.is_(None) == standing)
    return list(session.scalars(query.order_by(Alert.id)))


def level_of(session: Session, response: uuid.UUID) -> str:
    query = select(Assessment.level).join(Response, Response.id == Assessment.response_id)
    return session.scalars(query.where(Response.public_id == response)).one()


def place_of(session: Session) -> tuple:
    one = session.scalars(select(Response)).one()
    return one.enrolment_id, one.patient_id, one.checkin_id, one.due_at, one.late, one.key
