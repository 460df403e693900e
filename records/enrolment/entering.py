"""Taking a patient into a programme, inviting, and beginning."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from records import audit, clock, codes
from records.comorbidities import hold_for
from records.enrolment.application import Application, check
from records.enrolment.details import write
from records.enrolment.states import OPEN, require, subject_of
from records.models import Consent, Enrolment, EnrolmentState, Patient, Programme, Staff, Team
from records.patients import keeping, seal_for
from records.refusals import Refused, Sentence

ALREADY = Sentence("This patient is followed in this programme already: open that follow-up, or end it first.")
CLOSED = Sentence(
    "This programme or team takes nobody in at present. Choose another one, or ask a supervisor to open it again."
)
AGAIN_AFTER = timedelta(minutes=10)
TOO_SOON = Sentence(
    "The invitation left less than 10 minutes ago. Wait until it can have arrived, or dictate the code meanwhile."
)


class InvitedJustNow(Refused):
    """The last invitation is too fresh to be sent again."""

    def __init__(self) -> None:
        super().__init__(TOO_SOON)


class ClosedToNew(Refused):
    """The programme or the team takes nobody in at present."""

    def __init__(self) -> None:
        super().__init__(CLOSED)


class AlreadyFollowed(Refused):
    """The patient has an open enrolment in this programme."""


def enrol(
    session: Session,
    *,
    application: Application,
    programme: Programme,
    team: Team,
    actor: audit.Actor,
    now: datetime,
    patient: Patient | None = None,
    rehearsal: bool = False,
) -> Enrolment:
    """A new enrolment: `enrolled`, `held` for a physician's own limits, or `refused` when the patient said no.

    With `patient` it is a further episode of somebody known, whose identity is brought up to date. Raises FieldErrors,
    AgeRefused, AlreadyFollowed, ClosedToNew. `rehearsal` is for a synthetic person; a known patient keeps their own
    mark.
    """
    if programme.closed_at is not None or team.closed_at is not None:
        raise ClosedToNew
    rehearses = patient.rehearsal if patient else rehearsal
    checked = check(application, programme, now=now, rehearsal=rehearses)
    if patient is None:
        patient = keeping.keep(
            session, identity=checked.identity, language=checked.language, now=now, rehearsal=rehearsal
        )
    else:
        _meet_again(session, patient, checked, programme, now)
    enrolment = _new(checked, patient, programme, team, now)
    enrolment.enrolled_by_id = _staff_id(session, actor)
    write(enrolment, checked)
    session.add(enrolment)
    session.flush()
    details = {
        "state": enrolment.state,
        "hold": enrolment.hold_reason,
        "programme": programme.slug,
        "team": str(team.public_id),
        "patient": str(patient.public_id),
        "consent": checked.consent,
    }
    audit.append(session, actor=actor, action="enrolment.made", subject=subject_of(enrolment), now=now, details=details)
    return enrolment


def _meet_again(
    session: Session, patient: Patient, application: Application, programme: Programme, now: datetime
) -> None:
    """Lock the patient, so that two clinicians cannot open two episodes; a refusal changes nothing known."""
    session.get_one(Patient, patient.id, with_for_update={"of": Patient, "key_share": True})
    if session.scalar(
        select(Enrolment.id).where(
            Enrolment.patient_id == patient.id, Enrolment.programme_id == programme.id, Enrolment.state.in_(OPEN)
        )
    ):
        raise AlreadyFollowed(ALREADY)
    if not application.refuses:
        keeping.rewrite(session, patient=patient, identity=application.identity, language=application.language, now=now)


def _new(application: Application, patient: Patient, programme: Programme, team: Team, now: datetime) -> Enrolment:
    hold = hold_for(application.conditions, programme)
    state = EnrolmentState.HELD if hold else EnrolmentState.ENROLLED
    return Enrolment(
        public_id=uuid.uuid4(),
        patient=patient,
        programme=programme,
        team=team,
        state=EnrolmentState.REFUSED if application.refuses else state,
        hold_reason=hold,
        consent=application.consent,
        consent_at=None if application.consent == Consent.REFUSED else now,
        enrolled_at=now,
        updated_at=now,
    )


def _staff_id(session: Session, actor: audit.Actor) -> int | None:
    if actor.kind != "staff":
        return None
    return session.scalar(select(Staff.id).where(Staff.public_id == actor.public_id))


def invite(session: Session, *, enrolment: Enrolment, actor: audit.Actor, now: datetime) -> None:
    """Open the patient's entrance: a typed code, and a link that others derive. Raises WrongState.

    Views call triage.followup.invite, which refuses a real patient while no physician has signed the protocol.
    """
    require(session, enrolment, "invite")
    enrolment.state, enrolment.invited_at, enrolment.updated_at = EnrolmentState.INVITED, now, now
    code = codes.new()
    enrolment.code_digest = codes.digest(code)
    place = {"table": "enrolments", "column": "code"}
    enrolment.code = seal_for(enrolment.patient, code, **place, public_id=enrolment.public_id)
    audit.append(session, actor=actor, action="enrolment.invited", subject=subject_of(enrolment), now=now)


def invite_again(session: Session, *, enrolment: Enrolment, actor: audit.Actor, now: datetime) -> None:
    """Owe another invitation, to the number known now; the typed code stays. Raises WrongState, InvitedJustNow.

    Not within AGAIN_AFTER of the last one, unless who the patient is, their number say, was corrected since.
    """
    require(session, enrolment, "invite-again")
    assert enrolment.invited_at is not None
    corrected = enrolment.patient.updated_at > enrolment.invited_at
    if now - enrolment.invited_at < AGAIN_AFTER and not corrected:
        raise InvitedJustNow
    enrolment.invited_at, enrolment.updated_at = now, now
    audit.append(session, actor=actor, action="enrolment.invited-again", subject=subject_of(enrolment), now=now)


def activate(session: Session, *, enrolment: Enrolment, actor: audit.Actor, now: datetime) -> None:
    """The patient has come in: the follow-up begins today, in their zone, and check-ins are due. Raises WrongState."""
    require(session, enrolment, "activate")
    today = clock.local_day(now, enrolment.zone)
    enrolment.state, enrolment.activated_at, enrolment.updated_at = EnrolmentState.ACTIVE, now, now
    enrolment.ends_on = today + timedelta(days=enrolment.programme.duration_days - 1)
    enrolment.next_checkin_at = now
    details = {"ends_on": enrolment.ends_on.isoformat()}
    audit.append(
        session, actor=actor, action="enrolment.activated", subject=subject_of(enrolment), now=now, details=details
    )
