"""Whose own limits a physician has to set or set again, as a condition on enrolments."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Interval, and_, exists, literal, or_
from sqlalchemy.dialects.postgresql import array

from records.models import Enrolment, HoldReason
from triage.models import Alert, AlertKind, PatientLimit

AHEAD = timedelta(hours=24)
AGAIN_AFTER = timedelta(hours=24)
_OWN = (PatientLimit.enrolment_id == Enrolment.id, PatientLimit.withdrawn_at.is_(None))
_IS_THIS = Alert.kind == AlertKind.LIMITS_DUE


def are_due(now: datetime) -> ColumnElement[bool]:
    """True for whom no own limit lasts another day though a condition calls for one, every day until one does; and
    once for each own limit that comes to its end, for it may have been meant to. At most once in 24 hours.
    """
    recent = exists().where(Alert.enrolment_id == Enrolment.id, _IS_THIS, Alert.raised_at > now - AGAIN_AFTER)
    return and_(or_(_lacks(now), _comes_to_its_end(now)), ~recent)


def _lacks(now: datetime) -> ColumnElement[bool]:
    lasting = exists().where(*_OWN, or_(PatientLimit.until_at.is_(None), PatientLimit.until_at > now + AHEAD))
    return and_(Enrolment.conditions.op("?|")(array([reason.value for reason in HoldReason])), ~lasting)


def _comes_to_its_end(now: datetime) -> ColumnElement[bool]:
    told_of_it = exists().where(
        Alert.enrolment_id == PatientLimit.enrolment_id,
        _IS_THIS,
        Alert.raised_at >= PatientLimit.until_at - literal(AHEAD, Interval()),
    )
    return exists().where(*_OWN, PatientLimit.until_at <= now + AHEAD, ~told_of_it)
