"""Which check-in moved answers answer: the one they leave is asked again or missed, one that waits is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from questionnaires.models import Checkin, CheckinState, Door, Response
from records.models import Enrolment, EnrolmentState
from triage.models import MovedAnswer


def as_it_was(session: Session, response: Response) -> dict[str, Any]:
    """The place of the answers in the file they leave, from which a move back restores it."""
    checkin = session.get(Checkin, response.checkin_id) if response.checkin_id else None
    return {
        "response": {
            "checkin": checkin.id if checkin else None,
            "checkin_state": checkin.state if checkin else None,
            "late": response.late,
            "due_at": response.due_at.isoformat(),
            "key": str(response.key),
        }
    }


@dataclass(frozen=True, slots=True)
class Place:
    """Where answers stand in a file: the check-in, when they were due, whether they came late, and whether they answer
    that check-in.
    """

    checkin: Checkin | None
    due_at: datetime
    late: bool
    answers: bool


def place(session: Session, *, response: Response, to: Enrolment) -> Place:
    """Where they stood in this file before they were moved out of it; else a check-in that was open when they were
    given and that nobody has answered; else none.
    """
    return _before(session, response, to) or _found(session, response, to)


def put(session: Session, *, responses: Sequence[Response], place: Place) -> None:
    for one in responses:
        one.checkin_id = place.checkin.id if place.checkin else None
        one.due_at, one.late = place.due_at, place.late
    session.flush()


def settle(session: Session, *, moved: Sequence[MovedAnswer], response: Response, place: Place, now: datetime) -> None:
    """Empty the check-in that was left, and close the one that is answered now."""
    left = {one.from_checkin_id for one in moved if one.from_checkin_id}
    for checkin_id in sorted(left | ({place.checkin.id} if place.checkin else set())):
        checkin = session.get_one(
            Checkin, checkin_id, with_for_update={"of": Checkin, "key_share": True}, populate_existing=True
        )
        if checkin_id in left:
            _empty(session, checkin, now)
        elif place.answers and checkin.state in (CheckinState.OPEN, CheckinState.MISSED):
            checkin.state, checkin.closed_at = CheckinState.ANSWERED, response.received_at
    session.flush()


def given_at(response: Response) -> datetime:
    """When the answers were given, as far as somebody of staff vouches for it."""
    if response.door == Door.PAPER and response.completed_at is not None:
        return response.completed_at
    return response.received_at


def _empty(session: Session, checkin: Checkin, now: datetime) -> None:
    """Nobody has answered it after all, unless other answers did: it is asked for the rest of its time, or was missed
    and is raised by the worker like any silence.
    """
    if checkin.state != CheckinState.ANSWERED:
        return
    others = select(func.min(Response.received_at)).where(Response.checkin_id == checkin.id, Response.late.is_(False))
    answered_at = session.scalar(others)
    if answered_at is not None:
        checkin.closed_at = answered_at
        return
    followed = session.get_one(Enrolment, checkin.enrolment_id).state == EnrolmentState.ACTIVE
    if followed and checkin.closes_at > now:
        checkin.state, checkin.closed_at = CheckinState.OPEN, None
    else:
        checkin.state, checkin.closed_at = CheckinState.MISSED, now
    checkin.silence_raised_at = None


def _before(session: Session, response: Response, to: Enrolment) -> Place | None:
    query = select(MovedAnswer).where(MovedAnswer.response_id == response.id, MovedAnswer.from_enrolment_id == to.id)
    last = session.scalar(query.order_by(MovedAnswer.id.desc()).limit(1))
    if last is None:
        return None
    was = last.before["response"]
    checkin = session.get_one(Checkin, was["checkin"]) if was["checkin"] else None
    answered = was["checkin_state"] == CheckinState.ANSWERED and not was["late"]
    return Place(checkin, datetime.fromisoformat(was["due_at"]), was["late"], answered)


def _found(session: Session, response: Response, to: Enrolment) -> Place:
    """What was filled in before a check-in opened does not answer it (see intake)."""
    moment = given_at(response)
    query = select(Checkin).where(
        Checkin.enrolment_id == to.id,
        Checkin.state.in_((CheckinState.OPEN, CheckinState.MISSED)),
        Checkin.opens_at <= moment,
        Checkin.closes_at > moment,
    )
    checkin = session.scalar(query.order_by(Checkin.opens_at.desc()).limit(1))
    if checkin is None:
        return Place(None, moment, late=False, answers=False)
    late = response.received_at >= checkin.closes_at
    older = response.completed_at is not None and response.completed_at < checkin.opens_at
    return Place(checkin, checkin.opens_at, late, not late and not older)
