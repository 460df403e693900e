"""Sheets of paper: when one was filled in, by the clock on the patient's wall, and which check-in it answers."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires.models import Checkin
from records import clock
from records.refusals import FieldErrors, Sentence

AHEAD = Sentence("This moment is still to come. Check the day and the hour on the sheet.")
BEFORE = Sentence("The patient was not followed yet on this day. Check the day on the sheet.")
SKIPPED = Sentence(
    "This hour did not exist: the clocks were put forward that night. Ask the patient, or type the next hour."
)
TWICE = Sentence("This hour came twice: the clocks were put back that night. Say which of the two.")


def filled_at(
    day: date, at: time, zone: str, *, enrolled_at: datetime, now: datetime, second: bool | None = None
) -> datetime:
    """The instant that the sheet's day and hour mean where the patient is. `second` tells the two passings of one hour
    apart. Raises FieldErrors on `filled_on`, `filled_hour` or `passing`.
    """
    if day < clock.local_day(enrolled_at, zone):
        raise FieldErrors({"filled_on": BEFORE})
    if day > clock.local_day(now, zone):
        raise FieldErrors({"filled_on": AHEAD})
    moments = clock.passings(day, at, zone)
    if not moments:
        raise FieldErrors({"filled_hour": SKIPPED})
    if len(moments) == 2 and second is None:
        raise FieldErrors({"passing": TWICE})
    moment = moments[-1] if second else moments[0]
    if moment > now:
        raise FieldErrors({"filled_hour": AHEAD})
    return moment


def checkin_of(session: Session, *, enrolment_id: int, moment: datetime, day: date, now: datetime) -> Checkin | None:
    """The check-in that a sheet filled in at `moment`, the patient's `day`, answers, whatever its state: the last of
    that day that had opened, the day's first when none had, or the one of the evening before that was still asked after
    midnight. None on a day without any.
    """
    near = select(Checkin).where(
        Checkin.enrolment_id == enrolment_id,
        Checkin.opens_at <= now,
        Checkin.local_on.between(day - timedelta(days=1), day),
    )
    found = list(session.scalars(near.order_by(Checkin.opens_at, Checkin.id)))
    running = [checkin for checkin in found if checkin.opens_at <= moment < checkin.closes_at]
    of_day = [checkin for checkin in found if checkin.local_on == day]
    opened = [checkin for checkin in of_day if checkin.opens_at <= moment]
    return next(iter([*running[-1:], *opened[-1:], *of_day[:1]]), None)
