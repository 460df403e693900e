"""Answers that were given under the wrong patient go to the right one, and both are looked at anew.

In one transaction: the answers, with their corrections, leave one file and stand in the other; what the rules had said
of them is kept as it was (MovedAnswer.before). They are assessed for the right patient by the protocol in force and
come before a caller whatever their level. In the file they leave, the alerts that came of them are closed with a
decision that says why, the check-in that they had answered is a silence again, and later answers which looked back on
them are assessed without them. Nothing falls silently: of what looked back only what is newly worse is raised.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires.models import Response
from records import access, audit, patients
from records import enrolment as enrolments
from records.audit import Actor
from records.models import Enrolment, EnrolmentState, Staff
from triage.callbacks.attempts import check_note
from triage.models import Assessment, Callback, CallbackState, Disposition, MovedAnswer
from triage.moving import checkins, reassessing
from triage.moving.alerts import close_alerts
from triage.moving.refusals import AlreadyThere, AnswersNotFound, PatientElsewhere, RefusedPart, RehearsalApart
from triage.outcome_models import Snooze
from triage.refusals import ReasonMissing


@dataclass(frozen=True, slots=True)
class Moved:
    """`answers` counts those that were moved, corrections included; 0 when they had been moved there before."""

    from_enrolment: uuid.UUID
    to_enrolment: uuid.UUID
    answers: int


def move_answer(
    session: Session,
    *,
    response: uuid.UUID,
    to_enrolment: uuid.UUID,
    staff: Staff,
    reason: str,
    now: datetime,
    from_enrolment: uuid.UUID | None = None,
    from_address: str | None = None,
) -> Moved:
    """Move `response`, and all that stands with it as first answer or correction, to another enrolment of `staff`'s
    teams. The same move again changes nothing. With `from_enrolment`, where `staff` saw them, nothing that a colleague
    has moved elsewhere meanwhile is moved on.

    Raises ReasonMissing, NoteTooLong, AnswersNotFound, PatientElsewhere, RefusedPart, RehearsalApart, AlreadyThere.
    """
    if not reason.strip():
        raise ReasonMissing
    check_note(reason)
    here = source_of(session, staff=staff, response=response)
    target = _target(session, staff, to_enrolment)
    if here.patient.rehearsal != target.patient.rehearsal:
        raise RehearsalApart
    _lock(session, here, target)
    found = _group(session, response)
    _lock_calls(session, here, target)
    here = session.get_one(Enrolment, found[0].enrolment_id)
    if here.id == target.id:
        return _again(session, found[0], target)
    if from_enrolment not in (None, here.public_id):
        raise AnswersNotFound
    was = reassessing.looking_back(session, found, here, target, now=now)
    moved = [_move(session, one, here, target, staff, reason.strip(), now) for one in found]
    place = checkins.place(session, response=found[0], to=target)
    checkins.put(session, responses=found, place=place)
    dispositions = close_alerts(session, moved=moved, responses=found, staff=staff, reason=reason, now=now)
    reassessing.assess_anew(session, moved=moved, responses=found, to=target, now=now)
    reassessing.raise_newly_worse(session, was, mark=moved[0].public_id, now=now)
    checkins.settle(session, moved=moved, response=found[0], place=place, now=now)
    _audit(session, (here, target), found, dispositions, Actor.staff(staff, from_address), now)
    return Moved(here.public_id, target.public_id, len(found))


def _lock(session: Session, *both: Enrolment) -> None:
    for enrolment in sorted(both, key=lambda one: one.id):
        enrolments.lock(session, enrolment)


def _lock_calls(session: Session, *both: Enrolment) -> None:
    """What a submission of either patient locks too, in its order: after the answers themselves, which a correction
    locks first, what is put off and call-backs; check-ins and the audit's heads come last.
    """
    ids = [enrolment.id for enrolment in both]
    snoozes = select(Snooze.id).where(Snooze.enrolment_id.in_(ids), Snooze.ended_at.is_(None))
    session.execute(snoozes.order_by(Snooze.id).with_for_update())
    callbacks = select(Callback.id).where(Callback.enrolment_id.in_(ids), Callback.state == CallbackState.OPEN)
    session.execute(callbacks.order_by(Callback.id).with_for_update())


def source_of(session: Session, *, staff: Staff, response: uuid.UUID) -> Enrolment:
    """In whose file the answers stand. Raises AnswersNotFound, also for those of another team."""
    query = select(Enrolment).join(Response, Response.enrolment_id == Enrolment.id)
    found = session.scalar(query.where(Response.public_id == response, access.scope(staff)))
    if found is None:
        raise AnswersNotFound
    return found


def _target(session: Session, staff: Staff, public_id: uuid.UUID) -> Enrolment:
    found = session.scalar(select(Enrolment).where(Enrolment.public_id == public_id, access.scope(staff)))
    if found is None:
        raise PatientElsewhere
    if found.state == EnrolmentState.REFUSED:
        raise RefusedPart
    return found


def _group(session: Session, public_id: uuid.UUID) -> list[Response]:
    """The first answers and their corrections that stand in the same file, oldest first."""
    one = session.scalars(select(Response).where(Response.public_id == public_id)).one()
    first = one.amends_id or one.id
    query = select(Response).where(
        (Response.id == first) | (Response.amends_id == first), Response.enrolment_id == one.enrolment_id
    )
    locked = query.order_by(Response.id).with_for_update(of=Response)
    return list(session.scalars(locked.execution_options(populate_existing=True)))


def _again(session: Session, response: Response, target: Enrolment) -> Moved:
    query = select(MovedAnswer).where(MovedAnswer.response_id == response.id).order_by(MovedAnswer.id.desc()).limit(1)
    last = session.scalar(query)
    if last is None:
        raise AlreadyThere
    return Moved(session.get_one(Enrolment, last.from_enrolment_id).public_id, target.public_id, 0)


def _move(
    session: Session, one: Response, here: Enrolment, target: Enrolment, staff: Staff, reason: str, now: datetime
) -> MovedAnswer:
    assessed = session.scalars(select(Assessment).where(Assessment.response_id == one.id)).one()
    public_id = uuid.uuid4()
    moved = MovedAnswer(
        public_id=public_id,
        response_id=one.id,
        from_enrolment_id=here.id,
        to_enrolment_id=target.id,
        from_checkin_id=one.checkin_id,
        staff_id=staff.id,
        reason=patients.seal_for(
            here.patient, reason.replace("\0", "\ufffd"), table="moved_answers", column="reason", public_id=public_id
        ),
        before=checkins.as_it_was(session, one) | {"assessment": reassessing.as_it_was(assessed)},
        at=now,
    )
    session.add(moved)
    one.enrolment_id, one.patient_id, one.checkin_id = target.id, target.patient_id, None
    one.key = _free_key(session, one, target)
    session.flush()
    return moved


def _free_key(session: Session, one: Response, target: Enrolment) -> uuid.UUID:
    """A phone that two patients share may have used the same key for both."""
    taken = select(Response.id).where(
        Response.patient_id == target.patient_id, Response.key == one.key, Response.id != one.id
    )
    with session.no_autoflush:
        return uuid.uuid5(one.key, str(one.public_id)) if session.scalar(taken) is not None else one.key


def has_left(session: Session, *, enrolment: Enrolment, response: uuid.UUID) -> bool:
    """Whether these answers stood in this file once and do no more."""
    query = select(MovedAnswer.id).join(Response, Response.id == MovedAnswer.response_id)
    return (
        session.scalar(
            query.where(
                Response.public_id == response,
                MovedAnswer.from_enrolment_id == enrolment.id,
                Response.enrolment_id != enrolment.id,
            ).limit(1)
        )
        is not None
    )


def reason_of(moved: MovedAnswer, here: Enrolment) -> str:
    """In clear; `here` is the enrolment that the answers left."""
    about = moved.public_id
    return patients.reveal_text(here.patient, moved.reason, table="moved_answers", column="reason", public_id=about)


def of_enrolment(session: Session, *, enrolment: Enrolment) -> list[MovedAnswer]:
    """What left this file or came into it, newest first."""
    either = (MovedAnswer.from_enrolment_id == enrolment.id) | (MovedAnswer.to_enrolment_id == enrolment.id)
    return list(session.scalars(select(MovedAnswer).where(either).order_by(MovedAnswer.id.desc())))


def _audit(
    session: Session,
    both: tuple[Enrolment, Enrolment],
    responses: list[Response],
    dispositions: list[Disposition],
    actor: Actor,
    now: datetime,
) -> None:
    """On both chains, in the order of the enrolments, so that two moves never wait for each other in a circle."""
    here, target = both
    details = {
        "responses": [str(one.public_id) for one in responses],
        "from": str(here.public_id),
        "to": str(target.public_id),
        "dispositions": [str(one.public_id) for one in dispositions],
    }
    for enrolment in sorted(both, key=lambda one: one.id):
        subject = ("enrolment", enrolment.public_id)
        audit.append(session, actor=actor, action="answers.moved", subject=subject, now=now, details=details)
