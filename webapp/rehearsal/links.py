"""One synthetic patient's link, for whoever wants to try the phone's side."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import case, exists, select
from sqlalchemy.orm import Session

from questionnaires.models import Checkin, CheckinState
from records import doors, patients
from records.models import Enrolment, EnrolmentState, Patient
from triage.models import Callback, CallbackState
from webapp.config import Settings


def patient_link(session: Session, settings: Settings, *, now: datetime) -> tuple[str, date] | None:
    """The address of a link and the birthday it asks for, of a followed rehearsal patient: asked right now if there is
    one, French-speaking and not waiting for a call if there is one. None without such patients, and in production.
    """
    if settings.production:
        return None
    asked = (Checkin.state == CheckinState.OPEN) & (Checkin.opens_at <= now) & (Checkin.closes_at > now)
    waiting = exists().where(Callback.enrolment_id == Enrolment.id, Callback.state == CallbackState.OPEN)
    found = session.execute(
        select(Enrolment, Checkin)
        .join(Patient, Patient.id == Enrolment.patient_id)
        .outerjoin(Checkin, (Checkin.enrolment_id == Enrolment.id) & asked)
        .where(Patient.rehearsal, Enrolment.state == EnrolmentState.ACTIVE)
        .order_by(
            Checkin.id.is_(None),
            waiting,
            case((Patient.language == "fr", 0), else_=1),
            Checkin.closes_at.desc(),
            Enrolment.id,
        )
        .limit(1)
    ).first()
    if found is None:
        return None
    enrolment, checkin = found
    token = doors.make_link("checkin", checkin.public_id) if checkin else doors.make_link("invite", enrolment.public_id)
    return f"{settings.public_url}/q/{token}", patients.reveal(enrolment.patient).birth_date
