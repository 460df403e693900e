"""Receipts come late, twice and out of order; the message ends at the highest rank and every receipt is kept."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from notifications import receipts, statuses
from notifications.models import Message, MessageStatus, Receipt
from questionnaires.models import Checkin
from records import contacts, patients, staff
from records.audit import SYSTEM
from records.models import Contact, Enrolment, Role, Staff
from tests.notifications.conftest import OPENS, SILENT, Scripted, only
from triage import jobs, reasons
from triage.callbacks.clock import clock_of
from triage.callbacks.story import What
from triage.models import Alert, Callback

Beat = Callable[..., dict[str, int]]
ANEW = {"populate_existing": True}
WORDS = ["queued", "sending", "sent", "delivered", "undelivered", "failed", "received", "novelty"]


@pytest.fixture
def sent(session: Session, checkin: Checkin, beat: Beat) -> Message:
    """A text that the provider has accepted."""
    beat(OPENS)
    return only(session)


def report(session: Session, message: Message, word: str, *, code: str | None = None, minutes: int = 1) -> bool:
    ours = receipts.apply(
        session,
        message_public_id=message.public_id,
        provider_status=word,
        error_code=code,
        now=OPENS + timedelta(minutes=minutes),
    )
    session.commit()
    return ours


def kept(session: Session) -> list[tuple[str, bool]]:
    return [(row.provider_status, row.applied) for row in session.scalars(select(Receipt).order_by(Receipt.id))]


def test_a_delivery_is_written_down_and_told_to_triage(session: Session, sent: Message) -> None:
    assert report(session, sent, "delivered")
    message = only(session)
    assert (message.status, message.status_at) == ("delivered", OPENS + timedelta(minutes=1))
    (told,) = session.scalars(select(Contact)).all()
    assert (told.outcome, told.at) == ("delivered", OPENS + timedelta(minutes=1))


def test_a_failed_delivery_keeps_its_code(session: Session, sent: Message) -> None:
    report(session, sent, "undelivered", code="30005")
    message = only(session)
    assert (message.status, message.reason) == ("undelivered", "twilio-30005")
    assert session.scalars(select(Contact.outcome)).one() == "failed"


def test_a_repeated_receipt_changes_nothing_and_is_kept(session: Session, sent: Message) -> None:
    report(session, sent, "delivered", minutes=1)
    report(session, sent, "delivered", minutes=2)
    report(session, sent, "sent", minutes=3)
    assert only(session).status_at == OPENS + timedelta(minutes=1)
    assert kept(session) == [("delivered", True), ("delivered", False), ("sent", False)]


def test_a_receipt_for_a_message_that_is_not_ours_leaves_no_trace(session: Session, sent: Message) -> None:
    assert not receipts.apply(
        session, message_public_id=uuid.uuid4(), provider_status="delivered", error_code=None, now=OPENS
    )
    session.commit()
    assert kept(session) == []


def test_a_word_that_nobody_knows_is_kept_and_moves_nothing(session: Session, sent: Message) -> None:
    report(session, sent, "novelty" * 50)
    assert only(session).status == "accepted"
    assert [(len(word), applied) for word, applied in kept(session)] == [(40, False)]


def test_a_receipt_ends_the_doubt_about_a_message(
    session: Session, checkin: Checkin, provider: Scripted, beat: Beat
) -> None:
    provider.next.append(provider.loses_its_answer)
    beat(OPENS)
    message = only(session)
    receipts.apply(
        session,
        message_public_id=message.public_id,
        provider_status="sent",
        error_code=None,
        provider_id="SM1",
        now=OPENS,
    )
    session.commit()
    assert (only(session).status, only(session).provider_id) == ("sent", "SM1")
    assert beat(OPENS + timedelta(minutes=5)) == {}
    assert provider.asked == []


def test_a_receipt_that_says_stop_opts_the_number_out_and_tells_the_staff_once(session: Session, sent: Message) -> None:
    report(session, sent, "failed", code="21610")
    report(session, sent, "failed", code="21610")
    enrolment = session.get(Enrolment, sent.enrolment_id)
    assert enrolment is not None
    phone = patients.reveal(enrolment.patient).phone
    assert phone is not None
    assert contacts.opted_out(session, phone=phone)
    assert [alert.kind for alert in session.scalars(select(Alert))] == ["opted-out"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=6))
def test_any_order_of_receipts_ends_in_the_highest_rank(session: Session, sent: Message, words: list[str]) -> None:
    session.execute(delete(Receipt))
    session.execute(update(Message).values(status="accepted"))
    for word in words:
        report(session, sent, word)
    found = [MessageStatus.ACCEPTED, *(status for word in words if (status := statuses.from_provider(word)))]
    assert only(session).status == max(found, key=statuses.RANK.__getitem__)
    assert [word for word, _ in kept(session)] == words


def silence(session: Session, checkin: Checkin) -> Alert:
    """The check-in is missed, and the silence raised with what is known by then."""
    session.execute(update(Checkin).values(state="missed", closed_at=SILENT))
    jobs.raise_silences(session, now=SILENT)
    session.commit()
    return standing(session)


def standing(session: Session) -> Alert:
    return session.scalars(select(Alert).where(Alert.kind == "silence"), execution_options=ANEW).one()


def test_a_late_receipt_amends_the_cause_of_a_silence_that_stands(session: Session, sent: Message, checkin: Checkin):
    assert silence(session, checkin).cause == "unknown"
    before = session.scalars(select(Callback)).one().version
    report(session, sent, "undelivered", minutes=250)
    assert standing(session).cause == "not-delivered"
    report(session, sent, "delivered", minutes=260)
    alert = standing(session)
    assert alert.cause == "delivered-not-opened"
    assert "A text was delivered; the questions were not opened" in reasons.words({"reasons": alert.reasons}, "en")
    assert session.scalars(select(Callback), execution_options=ANEW).one().version == before + 2, "viewers see it"
    person = invited(session, checkin)
    now = OPENS + timedelta(minutes=300)
    told = clock_of(session, callback=session.scalars(select(Callback.public_id)).one(), staff=person, now=now)
    moments = [(one.at, one.details["was"]) for one in told.story.moments if one.what == What.AMENDED]
    assert moments == [
        (OPENS + timedelta(minutes=250), "cause-unknown"),
        (OPENS + timedelta(minutes=260), "cause-not-delivered"),
    ]


@pytest.mark.parametrize(
    ("opened_at", "closed_at", "cause"), [(OPENS, None, "opened"), (None, SILENT, "unknown"), (None, None, "opted-out")]
)
def test_a_receipt_changes_neither_what_the_patient_did_nor_what_a_person_closed(
    session: Session, sent: Message, checkin: Checkin, opened_at: object, closed_at: object, cause: str
):
    session.execute(update(Checkin).values(opened_at=opened_at))
    silence(session, checkin)
    session.execute(update(Alert).values(closed_at=closed_at, cause=cause))
    if cause == "opted-out":
        contacts.opt_out(
            session, phone=patients.reveal(of(session, checkin).patient).phone or "", now=SILENT, source="x"
        )
    session.commit()
    report(session, sent, "delivered", minutes=250)
    assert standing(session).cause == cause


def of(session: Session, checkin: Checkin) -> Enrolment:
    return session.get_one(Enrolment, checkin.enrolment_id)


def invited(session: Session, checkin: Checkin) -> Staff:
    about = {"name": "Alix Renard", "role": Role.OPERATOR, "teams": [of(session, checkin).team], "language": "en"}
    made, _ = staff.invite(session, email="a@centre.example", **about, actor=SYSTEM, now=OPENS)
    session.commit()
    return made
