"""Which door a patient is asked by: changed at any time of a follow-up, by anybody, and written down once."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from records import enrolment as enrolments
from records.audit import Actor
from records.models import AnswersBy, AuditEntry, Enrolment, EnrolmentState
from records.refusals import FieldErrors
from tests.factories import NOW, make_enrolment


def switch(session: Session, enrolment: Enrolment, door: str, reason: str = "asked") -> bool:
    how = {"actor": Actor.patient(enrolment.patient), "now": NOW, "reason": reason}
    return enrolments.switch_door(session, enrolment=enrolment, answers_by=door, **how)


@pytest.mark.parametrize("state", [EnrolmentState.INVITED, EnrolmentState.ACTIVE, EnrolmentState.PAUSED])
def test_a_door_is_changed_in_every_state_and_the_rest_stays(session: Session, state: str) -> None:
    enrolment = make_enrolment(session, state)
    next_checkin_at = enrolment.next_checkin_at

    assert switch(session, enrolment, AnswersBy.PAPER, "no-network")
    assert not switch(session, enrolment, AnswersBy.PAPER), "so it is already"

    assert (enrolment.answers_by, enrolment.state, enrolment.next_checkin_at) == ("paper", state, next_checkin_at)
    entries = [entry.canonical for entry in session.scalars(select(AuditEntry))]
    (told,) = [entry for entry in entries if b'"enrolment.door"' in entry]
    assert b'"from":"phone","reason":"no-network","to":"paper"' in told


def test_a_follow_up_that_has_ended_asks_nobody_by_any_door(session: Session) -> None:
    enrolment = make_enrolment(session, EnrolmentState.DISCHARGED)

    with pytest.raises(enrolments.WrongState):
        switch(session, enrolment, AnswersBy.STAFF)


@pytest.mark.parametrize(
    ("door", "reason", "field"), [("pigeon", "asked", "answers_by"), (AnswersBy.STAFF, "he said so", "reason")]
)
def test_a_door_or_a_reason_of_no_list_is_refused_on_its_field(
    session: Session, door: str, reason: str, field: str
) -> None:
    enrolment = make_enrolment(session)

    with pytest.raises(FieldErrors) as refused:
        switch(session, enrolment, door, reason)

    assert list(refused.value.errors) == [field]
    assert enrolment.answers_by == AnswersBy.PHONE
