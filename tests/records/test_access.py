"""What a member of staff may see, and the log of what they opened."""

from __future__ import annotations

import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from records import access
from records.access import NotYours
from records.models import AccessEntry, Enrolment
from tests.factories import NOW, make_enrolment, make_staff, make_team


def test_staff_see_the_enrolments_of_their_own_teams_only(session: Session) -> None:
    north, south = make_team(session), make_team(session)
    theirs, other = make_enrolment(session, team=north), make_enrolment(session, team=south)
    member = make_staff(session, teams=[north])
    session.commit()

    assert list(session.scalars(sa.select(Enrolment).where(access.scope(member)))) == [theirs]
    assert access.enrolment_for(session, staff=member, public_id=theirs.public_id) is theirs
    for hidden in (other.public_id, uuid.uuid4()):
        with pytest.raises(NotYours):
            access.enrolment_for(session, staff=member, public_id=hidden)


def test_somebody_of_two_teams_sees_both_and_somebody_of_none_sees_nothing(session: Session) -> None:
    north, south = make_team(session), make_team(session)
    make_enrolment(session, team=north)
    make_enrolment(session, team=south)
    both, none = make_staff(session, teams=[north, south]), make_staff(session, teams=[])

    def count(member: object) -> int:
        return len(session.scalars(sa.select(Enrolment).where(access.scope(member))).all())

    assert (count(both), count(none)) == (2, 0)


def test_opening_a_file_is_logged(session: Session) -> None:
    enrolment, member = make_enrolment(session), make_staff(session)
    access.log_access(
        session, staff=member, enrolment_id=enrolment.id, page="patient", now=NOW, from_address="192.0.2.1"
    )
    session.commit()

    entry = session.scalars(sa.select(AccessEntry)).one()
    assert (entry.staff_id, entry.enrolment_id, entry.page, entry.at) == (member.id, enrolment.id, "patient", NOW)
