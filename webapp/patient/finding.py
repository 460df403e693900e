"""What a patient's address stands for: the enrolment behind a link, the check-in that is due, one's own answers."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires.models import Checkin, CheckinState, QuestionnaireInForce, QuestionnaireVersion
from records import doors
from records.fields import is_readable
from records.models import Enrolment, EnrolmentState, Programme

STILL_LATE = timedelta(hours=24)
NOT_INVITED = (EnrolmentState.ENROLLED, EnrolmentState.HELD, EnrolmentState.REFUSED)


def as_uuid(text: object) -> uuid.UUID | None:
    """The UUID that a text writes, None for any other thing."""
    try:
        return uuid.UUID(text) if isinstance(text, str) and len(text) <= 45 else None
    except ValueError:
        return None


def behind(session: Session, *, token: str) -> Enrolment | None:
    """The enrolment that a link opens; None for a broken link and for who was never invited.

    A link of an episode that ended opens the one that goes on, or its answers would leave a silence there.
    """
    try:
        kind, public_id = doors.read_link(token)
    except doors.LinkBroken:
        return None
    query = select(Enrolment).where(Enrolment.state.not_in(NOT_INVITED))
    if kind == "invite":
        query = query.where(Enrolment.public_id == public_id)
    else:
        query = query.join(Checkin, Checkin.enrolment_id == Enrolment.id).where(Checkin.public_id == public_id)
    found = session.scalar(query)
    return _goes_on(session, found) or found if found and found.state == EnrolmentState.DISCHARGED else found


def _goes_on(session: Session, ended: Enrolment) -> Enrolment | None:
    followed = (EnrolmentState.INVITED, EnrolmentState.ACTIVE, EnrolmentState.PAUSED)
    same = (Enrolment.patient_id == ended.patient_id, Enrolment.programme_id == ended.programme_id)
    return session.scalar(select(Enrolment).where(*same, Enrolment.state.in_(followed)))


def due(session: Session, *, enrolment: Enrolment, now: datetime) -> Checkin | None:
    """The check-in that answers given now are for: the open one, else the last one while it can still be late."""
    last = session.scalar(
        select(Checkin)
        .where(Checkin.enrolment_id == enrolment.id, Checkin.opens_at <= now)
        .order_by(Checkin.opens_at.desc(), Checkin.id.desc())
        .limit(1)
    )
    if last is None or last.state not in (CheckinState.OPEN, CheckinState.MISSED):
        return None
    return last if last.opens_at > now - STILL_LATE else None


def own_checkin(session: Session, *, enrolment: Enrolment, public_id: uuid.UUID | None) -> Checkin | None:
    if public_id is None:
        return None
    return session.scalar(select(Checkin).where(Checkin.public_id == public_id, Checkin.enrolment_id == enrolment.id))


def asked(
    session: Session, *, enrolment: Enrolment, current: QuestionnaireVersion, told: Mapping[str, object]
) -> QuestionnaireVersion | None:
    """The version that a page says it was made from, when it is one of the questionnaire asked now, or of another that
    the programme has asked.
    """
    url, version = told.get("questionnaire") or current.url, told.get("version")
    if not isinstance(version, str) or not isinstance(url, str) or not is_readable(version + url):
        return None
    found = select(QuestionnaireVersion).where(QuestionnaireVersion.url == url, QuestionnaireVersion.version == version)
    if url != current.url:
        was = (QuestionnaireInForce.programme_id == enrolment.programme_id) & (
            QuestionnaireInForce.version_id == QuestionnaireVersion.id
        )
        found = found.where(select(QuestionnaireInForce.id).where(was).exists())
    return session.scalar(found)


def any_programme(session: Session) -> Programme | None:
    """Whose telephone to show to somebody who is not known yet."""
    return session.scalar(select(Programme).order_by(Programme.id).limit(1))
