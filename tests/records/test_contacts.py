"""What was tried to reach a patient, and who asked not to be written to."""

from __future__ import annotations

import uuid
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from records import contacts
from records.models import AuditEntry, Contact, EnrolmentState
from tests.factories import NOW, make_enrolment

SHARED = "+33639987777"


def note(session: Session, enrolment_id: int, **overrides: object) -> None:
    values = {
        "source": uuid.uuid4(),
        "about": None,
        "channel": "sms",
        "purpose": "checkin",
        "outcome": "sent",
        "at": NOW,
    }
    contacts.note(session, enrolment_id=enrolment_id, **(values | overrides))


def test_the_same_source_again_changes_its_row(session: Session) -> None:
    enrolment = make_enrolment(session)
    source, about = uuid.uuid4(), uuid.uuid4()
    note(session, enrolment.id, source=source, about=about)
    note(session, enrolment.id, source=source, about=about, outcome="delivered", at=NOW + timedelta(minutes=1))
    session.commit()

    assert [(row.outcome, row.at) for row in session.scalars(sa.select(Contact))] == [
        ("delivered", NOW + timedelta(minutes=1))
    ]


def test_every_other_source_is_a_try_of_its_own(session: Session) -> None:
    enrolment, about = make_enrolment(session), uuid.uuid4()
    note(session, enrolment.id, about=about, purpose="first")
    note(session, enrolment.id, about=about, purpose="second")

    assert set(session.scalars(sa.select(Contact.purpose))) == {"first", "second"}


def test_stop_holds_for_everybody_behind_a_shared_telephone(session: Session) -> None:
    one, other = make_enrolment(session, phone=SHARED), make_enrolment(session, phone=SHARED)
    ended = make_enrolment(session, EnrolmentState.DISCHARGED, phone=SHARED)
    make_enrolment(session)
    session.commit()

    reached = contacts.opt_out(session, phone=SHARED, now=NOW, source="sms")
    session.commit()

    assert reached == [one.patient, other.patient, ended.patient]
    assert contacts.opted_out(session, phone=SHARED)
    assert not contacts.opted_out(session, phone="+33639981111")
    told = session.scalars(
        sa.select(AuditEntry.subject_id).where(sa.func.convert_from(AuditEntry.canonical, "UTF8").like("%opted-out%"))
    )
    assert set(told) == {one.public_id, other.public_id}


def test_stop_and_start_again_are_told_once(session: Session) -> None:
    enrolment = make_enrolment(session, phone=SHARED)

    assert contacts.opt_in(session, phone=SHARED, now=NOW, source="sms") == []
    assert contacts.opt_out(session, phone=SHARED, now=NOW, source="sms") == [enrolment.patient]
    assert contacts.opt_out(session, phone=SHARED, now=NOW, source="sms") == []
    assert contacts.opt_in(session, phone=SHARED, now=NOW, source="sms") == [enrolment.patient]
    assert not contacts.opted_out(session, phone=SHARED)


def test_a_number_that_nobody_has_can_say_stop_too(session: Session) -> None:
    assert contacts.opt_out(session, phone="+33612345678", now=NOW, source="sms") == []
    assert contacts.opted_out(session, phone="+33612345678")


def test_who_opted_out_is_not_written_in_clear(session: Session) -> None:
    contacts.opt_out(session, phone=SHARED, now=NOW, source="sms")

    row = str(session.execute(sa.text("SELECT o::text FROM opt_outs o")).scalar_one())
    assert SHARED[1:] not in row
    assert SHARED.encode().hex() not in row
