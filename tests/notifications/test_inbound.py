"""Texts that people send: STOP is obeyed and told, anything else is told too, nothing is answered twice over."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications import inbound
from notifications.models import Inbound
from notifications.providers import OutcomeKind
from questionnaires.models import Checkin
from records import contacts, patients, phones
from records.models import AuditEntry, Enrolment, EnrolmentState
from tests import factories
from tests.factories import NOW
from tests.notifications.conftest import OPENS, Scripted, answers, make_checkin, only
from triage.models import Alert, Callback

OURS = "+33644600000"
Beat = Callable[..., dict[str, int]]


def write(session: Session, phone: str, body: str, *, sid: str = "SM1", **options: bool) -> str | None:
    reply = inbound.receive(session, provider_id=sid, from_phone=phone, to_phone=OURS, body=body, now=NOW, **options)
    session.commit()
    return reply


def phone_of(enrolment: Enrolment) -> str:
    phone = patients.reveal(enrolment.patient).phone
    assert phone is not None
    return phone


@pytest.fixture
def enrolment(session: Session) -> Enrolment:
    made = factories.make_enrolment(session, language="en")
    session.commit()
    return made


def alerts(session: Session) -> list[tuple[str, int, int]]:
    return [(alert.kind, alert.rank, alert.enrolment_id) for alert in session.scalars(select(Alert).order_by(Alert.id))]


def test_stop_is_remembered_told_at_once_and_confirmed(session: Session, enrolment: Enrolment) -> None:
    reply = write(session, phone_of(enrolment), "Arrêt")
    assert contacts.opted_out(session, phone=phone_of(enrolment))
    assert alerts(session) == [("opted-out", 30, enrolment.id)]
    assert reply is not None
    assert "no more texts" in reply


def test_stop_reaches_everybody_behind_the_phone_whom_somebody_follows(session: Session) -> None:
    shared = phones.fictional(4242)
    states = [
        EnrolmentState.ACTIVE,
        EnrolmentState.INVITED,
        EnrolmentState.PAUSED,
        EnrolmentState.DISCHARGED,
    ]
    made = [factories.make_enrolment(session, state, phone=shared) for state in states]
    factories.make_enrolment(session)
    session.commit()
    write(session, shared, "STOP")
    assert {enrolment for _, _, enrolment in alerts(session)} == {one.id for one in made[:3]}


def test_after_stop_nothing_is_sent_and_after_start_it_is(session: Session, provider: Scripted, beat: Beat) -> None:
    enrolment = factories.make_enrolment(session)
    make_checkin(session, enrolment)
    session.commit()
    write(session, phone_of(enrolment), "STOP")
    beat(OPENS)
    assert provider.taken == []
    write(session, phone_of(enrolment), "START", sid="SM2")
    make_checkin(session, enrolment, slot="extra-1")
    session.commit()
    beat(OPENS)
    assert len(provider.taken) == 1


def test_a_second_stop_tells_the_staff_nothing_new(session: Session, enrolment: Enrolment) -> None:
    write(session, phone_of(enrolment), "STOP")
    write(session, phone_of(enrolment), "STOP", sid="SM2")
    assert len(alerts(session)) == 1


@pytest.mark.parametrize("body", ["j'ai du mal à respirer", "AIDE", "stop 40", ""])
def test_anything_else_is_told_to_the_staff_sealed_and_answered_with_15(
    session: Session, enrolment: Enrolment, body: str
) -> None:
    reply = write(session, phone_of(enrolment), body)
    assert reply is not None
    assert "15" in reply
    assert phones.national(enrolment.programme.phone) in reply
    assert alerts(session) == [("wrote", 30, enrolment.id)]
    kept = session.scalars(select(Inbound)).one()
    assert body.encode() not in bytes(kept.body or b"-") or not body
    assert inbound.body_of(session, public_id=kept.public_id) == body
    assert not contacts.opted_out(session, phone=phone_of(enrolment))


def test_the_same_text_delivered_twice_counts_once_and_gets_the_same_reply(
    session: Session, enrolment: Enrolment
) -> None:
    first = write(session, phone_of(enrolment), "bonjour")
    assert write(session, phone_of(enrolment), "bonjour") == first
    assert len(alerts(session)) == 1
    assert len(session.scalars(select(Inbound)).all()) == 1


def test_two_texts_are_two_reasons_in_one_call_back(session: Session, enrolment: Enrolment) -> None:
    write(session, phone_of(enrolment), "bonjour")
    write(session, phone_of(enrolment), "toujours là", sid="SM2")
    assert len(alerts(session)) == 2
    assert len(session.scalars(select(Callback)).all()) == 1


def test_a_stranger_is_answered_and_not_kept(session: Session, enrolment: Enrolment) -> None:
    reply = write(session, "+33698765432", "qui êtes-vous")
    assert reply is not None
    assert "15" in reply
    assert alerts(session) == []
    kept = session.scalars(select(Inbound)).one()
    assert (kept.patient_id, kept.body) == (None, None)


def test_no_reply_of_ours_follows_the_providers_own(session: Session, enrolment: Enrolment) -> None:
    assert write(session, phone_of(enrolment), "STOP", provider_replied=True) is None
    assert contacts.opted_out(session, phone=phone_of(enrolment))


def test_an_endless_text_is_cut(session: Session, enrolment: Enrolment) -> None:
    write(session, phone_of(enrolment), "a" * 100_000)
    kept = session.scalars(select(Inbound)).one()
    assert len(inbound.body_of(session, public_id=kept.public_id) or "") == inbound.LONGEST_BODY


def test_leaving_is_audited(session: Session, enrolment: Enrolment) -> None:
    before = len(session.scalars(select(AuditEntry)).all())
    write(session, phone_of(enrolment), "STOP")
    assert len(session.scalars(select(AuditEntry)).all()) == before + 1


def test_a_number_that_the_provider_refuses_as_opted_out_is_told_to_the_staff(
    session: Session, checkin: Checkin, provider: Scripted, beat: Beat
) -> None:
    provider.next.append(answers(OutcomeKind.REFUSED, "twilio-21610", opted_out=True))
    beat(OPENS)
    assert only(session).status == "refused"
    assert alerts(session) == [("opted-out", 30, checkin.enrolment_id)]
    enrolment = session.get(Enrolment, checkin.enrolment_id)
    assert enrolment is not None
    assert contacts.opted_out(session, phone=phone_of(enrolment))
