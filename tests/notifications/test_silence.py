"""A text of which no more is heard is asked about, ever more rarely, until it ends or nobody can know any more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from notifications import asking, receipts, silence
from notifications.handover import Delivery
from notifications.models import Message, MessageStatus
from notifications.providers import LookUp, LookUpKind
from notifications.settling import LOOKED_UP_AT_AGES
from questionnaires.models import Checkin
from records import contacts, driver, patients
from records.models import Contact, Enrolment
from tests import factories
from tests.notifications.conftest import OPENS, URL, Killed, Scripted, make_checkin, only

Beat = Callable[..., dict[str, int]]
FIRST = OPENS + LOOKED_UP_AT_AGES[0]
LAST = OPENS + LOOKED_UP_AT_AGES[-1]
QUARTER = timedelta(minutes=15)


def found(status: MessageStatus, reason: str | None = None) -> LookUp:
    return LookUp(LookUpKind.FOUND, status=status, reason=reason)


@pytest.fixture
def silent(session: Session, checkin: Checkin, beat: Beat) -> Message:
    """A text that the provider has accepted, of an answered check-in, so that nothing more is owed."""
    beat(OPENS)
    checkin.state = "answered"
    session.commit()
    return only(session)


def told(session: Session) -> tuple[str, datetime]:
    contact = session.scalars(sa.select(Contact)).one()
    return contact.outcome, contact.at


def test_a_receipt_that_was_lost_is_asked_for_and_told_to_triage(
    session: Session, silent: Message, provider: Scripted, beat: Beat
) -> None:
    provider.known = found(MessageStatus.DELIVERED)
    assert beat(FIRST - timedelta(seconds=1)) == {}
    assert beat(FIRST) == {"ended-delivered": 1}
    assert only(session).status == "delivered"
    assert told(session) == ("delivered", FIRST)
    assert beat(LAST) == {}
    assert provider.looked == [silent.provider_id]


def test_it_is_asked_for_ever_more_rarely_and_ends_as_not_known(
    session: Session, sessions: sessionmaker[Session], silent: Message, provider: Scripted
) -> None:
    for step in range(4 * 73):
        silence.end_silence(Delivery(sessions, provider, URL, lambda now=OPENS + step * QUARTER: now))
    assert len(provider.looked) == len(LOOKED_UP_AT_AGES)
    message = only(session)
    assert (message.status, message.reason, message.status_at) == ("unreported", "no-receipt", LAST)
    assert told(session) == ("sent", OPENS)

    values = {"message_public_id": message.public_id, "error_code": None, "now": LAST + QUARTER}
    receipts.apply(session, provider_status="sent", **values)
    assert message.status == "unreported"
    receipts.apply(session, provider_status="delivered", **values)
    session.commit()
    assert (only(session).status, told(session)[0]) == ("delivered", "delivered")


@pytest.mark.parametrize(
    ("kind", "hours", "reason"),
    [
        (LookUpKind.ABSENT, 72, "not-at-provider"),
        (LookUpKind.IMPOSSIBLE, 72, "no-look-up"),
        (LookUpKind.UNABLE, 96, "provider-unreachable"),
    ],
)
def test_a_provider_that_does_not_know_is_believed_when_no_receipt_can_come_any_more(
    session: Session, silent: Message, provider: Scripted, beat: Beat, kind: LookUpKind, hours: int, reason: str
) -> None:
    provider.known = LookUp(kind)
    beat(FIRST)
    beat(OPENS + timedelta(hours=hours - 1))
    assert only(session).status == "accepted"
    beat(OPENS + timedelta(hours=hours))
    assert (only(session).status, only(session).reason) == ("unreported", reason)


def test_a_text_on_its_way_is_asked_about_again_after_what_is_heard_of_it(
    session: Session, silent: Message, provider: Scripted, beat: Beat
) -> None:
    provider.known = found(MessageStatus.SENT)
    assert beat(FIRST) == {"ended-sent": 1}
    provider.known = found(MessageStatus.UNDELIVERED, "twilio-30003")
    assert beat(FIRST + timedelta(minutes=14)) == {}
    assert beat(FIRST + timedelta(minutes=15)) == {"ended-undelivered": 1}
    assert (only(session).reason, told(session)[0]) == ("twilio-30003", "failed")


def test_a_text_known_by_a_receipt_only_is_asked_about_too(
    session: Session, checkin: Checkin, provider: Scripted, beat: Beat
) -> None:
    provider.next.append(provider.loses_its_answer)
    beat(OPENS)
    public_id = only(session).public_id
    receipts.apply(
        session, message_public_id=public_id, provider_status="sent", error_code=None, provider_id="SM1", now=OPENS
    )
    session.commit()
    provider.known = found(MessageStatus.DELIVERED)
    beat(FIRST)
    assert (only(session).status, provider.looked, provider.asked) == ("delivered", ["SM1"], [])


def test_a_number_that_left_is_learnt_from_the_answer(
    session: Session, silent: Message, provider: Scripted, beat: Beat
) -> None:
    provider.known = found(MessageStatus.UNDELIVERED, "twilio-21610")
    beat(FIRST)
    phone = patients.reveal(session.get_one(Enrolment, silent.enrolment_id).patient).phone
    assert phone is not None
    assert contacts.opted_out(session, phone=phone)


def test_a_worker_killed_while_asking_leaves_the_question_to_the_next_turn(
    session: Session, silent: Message, provider: Scripted, beat: Beat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(_: str) -> LookUp:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(provider, "look", dies)
        with pytest.raises(Killed):
            beat(FIRST)
    assert beat(FIRST) == {}
    provider.known = found(MessageStatus.DELIVERED)
    assert beat(OPENS + LOOKED_UP_AT_AGES[1]) == {"ended-delivered": 1}


def test_what_one_worker_asks_about_no_other_asks_or_waits_for(
    session: Session, sessions: sessionmaker[Session], silent: Message, provider: Scripted
) -> None:
    delivery = Delivery(sessions, provider, URL, lambda: FIRST)
    with sessions.begin() as other:
        other.get_one(Message, silent.id, with_for_update=True)
        assert silence.end_silence(delivery) == {}
    provider.known = found(MessageStatus.DELIVERED)
    assert silence.end_silence(delivery) == {"ended-delivered": 1}
    assert silence.end_silence(delivery) == {}
    assert len(provider.looked) == 1


def test_a_provider_that_cannot_be_asked_is_not_asked_about_everything(
    session: Session, silent: Message, provider: Scripted, beat: Beat
) -> None:
    for _ in range(5):
        make_checkin(session, factories.make_enrolment(session))
    session.commit()
    beat(OPENS)
    session.execute(sa.update(Checkin).values(state="answered"))
    session.commit()
    provider.known = LookUp(LookUpKind.UNABLE)
    beat(FIRST, lanes=2)
    assert len(provider.looked) == 2
    provider.known, provider.looked = found(MessageStatus.DELIVERED), []
    beat(FIRST)
    assert provider.looked == []
    assert beat(OPENS + LOOKED_UP_AT_AGES[1]) == {"ended-delivered": 6}


def test_the_search_for_silent_and_for_doubtful_texts_reads_their_own_index(session: Session, silent: Message) -> None:
    session.execute(sa.text("SET LOCAL enable_seqscan = off"))
    values = {"now": FIRST, "limit": 50, "ages": [], "again": FIRST}
    for statement, index in ((asking.SILENT, "ix_messages_silent"), (asking.DOUBTFUL, "ix_messages_unknown")):
        plan = driver.all_rows(driver.under(session), f"EXPLAIN {statement}", values)
        assert f"Scan using {index}" in str(plan)
